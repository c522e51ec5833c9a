/* Work that a client can make long: it is done bit by bit, so that no turn of the loop takes longer
 * for it. */
#ifndef SERVER_CHORE_H
#define SERVER_CHORE_H

#include <stdbool.h>

#include "server/binding.h"

/* The channel has something to do (binding_do_chore()), in this turn of the loop and later ones. */
void chore_add(struct binding *binding);

/* The channel ends (binding_end_step()), after those that were added before: where a tree fails,
 * children are closed before their parents. */
void chore_add_ending(struct binding *binding);

/* Whether this turn of the loop has served channels for so long that the others are to be chores.
 */
bool chore_turn_is_over(struct server *server);

/* Once for each turn of the loop: does what the time allows, for one channel after the other, and
 * frees some of what has died. */
void chore_run(struct server *server);

/* Ends all channels that are to end. */
void chore_end_all(struct server *server);

/* A timer has rung. Timers come before the loop sleeps and chores after it: it does not sleep now.
 */
void chore_wake(struct server *server);

#endif
