/* What a two-way call came to. */
#ifndef CLIENT_REPLY_H
#define CLIENT_REPLY_H

#include <sysmem/error.h>

#include "base/arena.h"
#include "model/failure.h"
#include "model/method.h"
#include "wire/message.h"

/* Owned by whoever gets it: channel_reply_clear(). May be moved by assignment. */
struct channel_reply {
    sysmem_status_t status; /* see <sysmem/error.h> */
    void *response; /* the response table, in the arena; NULL unless status is 0 and there is one.
                     * Its handle fields hold real handles, which the reply owns until they are set
                     * to ZX_HANDLE_INVALID. */
    const struct model_failure *failure; /* what is told of the error, in the arena; or NULL */
    const struct model_method *method;
    struct arena arena;
};

/* Reads the answer to `method`. The message is consumed. ZX_ERR_IO: not understood;
 * ZX_ERR_NOT_SUPPORTED: the daemon does not know the method; ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES:
 * no room for it here. */
void channel_reply_decode(struct channel_reply *ret, const struct model_method *method,
                          struct message *message);

/* An outcome without an answer. */
void channel_reply_fail(struct channel_reply *ret, const struct model_method *method,
                        sysmem_status_t status);

/* Closes the handles that are left and frees the tables. */
void channel_reply_clear(struct channel_reply *reply);

#endif
