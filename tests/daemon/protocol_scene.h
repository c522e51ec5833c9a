/* Brings a channel into a named state, sends one message on it, and says what came of it. The words
 * are those of docs/protocol.md. */
#ifndef DAEMON_PROTOCOL_SCENE_H
#define DAEMON_PROTOCOL_SCENE_H

#include <stddef.h>

#include "model/method.h"

struct protocol_scene;

/* For cmocka: *state becomes a struct protocol_scene, with a daemon. The end checks that nothing is
 * left behind. */
int protocol_set_up(void **state);
int protocol_tear_down(void **state);

/* "ok", "waits", "fails", "fails alone", or the name of an error; "no such method" and "no such
 * state". A collection of its own is made and dropped. */
const char *protocol_try(struct protocol_scene *scene, enum model_protocol protocol,
                         const char *method, const char *state);

/* How many states there are. */
size_t protocol_state_count(enum model_protocol protocol);

#endif
