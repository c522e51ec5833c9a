/* Work that a client can make long: it is done bit by bit, so that no turn of the loop takes longer
 * for it. */
#ifndef SERVER_CHORE_H
#define SERVER_CHORE_H

#include "server/binding.h"

/* The channel has something to do (binding_do_chore()), in this turn of the loop and later ones. */
void chore_add(struct binding *binding);

/* Once for each turn of the loop: does what the time allows, for one channel after the other. */
void chore_run(struct server *server);

#endif
