/* A thread that listens to sockets when no thread of the program does: for frames that wait until
 * a full socket takes them, and for ports. It runs while there is something to listen to. */
#ifndef ZX_PUMP_H
#define ZX_PUMP_H

#include "zx/object.h"

struct pump_watch;

/* From now on `event` is called on the pump's thread, with a reference and without locks, whenever
 * something may have changed about the socket: it became readable, writable or hung up. It is
 * called once in any case. NULL: no memory, descriptor or thread for it. */
struct pump_watch *pump_watch_new(struct object *object, int fd,
                                  void (*event)(struct object *object));

/* Has `event` be called again though nothing changed: at once, or after some milliseconds. Any
 * thread, any lock. */
void pump_again(struct pump_watch *watch);
void pump_later(void);

/* Ends it, before the descriptor is closed. NULL is fine. When no other is left, the thread and
 * what it needed are gone on return. No lock may be held. */
void pump_watch_free(struct pump_watch *watch);

#endif
