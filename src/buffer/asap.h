/* One buffer's close_weak_asap (spec/fuchsia.sysmem2.txt, VmoBuffer): an eventpair whose client end
 * goes to whoever has weak handles, and whose other end stays here until they are to be closed.
 * Only this module includes this.
 *
 * Nobody can send to the end that stays here, so that it never has messages in its queue: closing
 * it takes no time. All clients share one socket: one that shuts it down signals all the others,
 * who are participants of the same collection. */
#ifndef BUFFER_ASAP_H
#define BUFFER_ASAP_H

#include <stdbool.h>
#include <stdint.h>

struct asap {
    int client_fd; /* -1 until somebody asks */
    int server_fd;
    uint64_t koid; /* of the client end */
    bool signalled;
};

void asap_init(struct asap *asap);

/* A duplicate of the client end, which the caller owns, and its koid. The pair is made when there
 * is none yet: closed already, if it has been signalled. 0 or -errno (-EMFILE, -ENFILE, -ENOMEM);
 * after an error the next call tries anew. */
int asap_client_end(struct asap *asap, int *ret_fd, uint64_t *ret_koid);

/* Closes the end that is here: all client ends, also those not received yet and those not made yet,
 * see their peer closed. Harmless when repeated. */
void asap_signal(struct asap *asap);

/* Closes both ends. What clients have is signalled by that. Harmless when repeated. Only where
 * nobody else has had the client end. */
void asap_deinit(struct asap *asap);

/* Signals, and gives up the client end that is here: -1 if there is none. Its last close may take
 * as long as somebody likes who has put a duplicate into an epoll set. */
int asap_take_end(struct asap *asap);

#endif
