/* What the asynchronous form of every two-way call is made of: the caller's callback, kept until
 * the reply has come. Source of the contract: <sysmem/channel.h>. */
#ifndef CLIENT_ASYNC_H
#define CLIENT_ASYNC_H

#include <stddef.h>

#include <sysmem/allocator.h>
#include <sysmem/channel.h>
#include <sysmem/collection.h>
#include <sysmem/node.h>
#include <sysmem/token.h>

#include "client/node.h"

struct async {
    union {
        sysmem_done_fn done;
        sysmem_bool_fn answer;
        sysmem_id_fn id;
        sysmem_node_ref_fn node_ref;
        sysmem_vmo_info_fn vmo_info;
        sysmem_allocated_fn allocated;
        sysmem_tokens_fn tokens;
        void (*any)(void); /* whichever it is: whether there is one */
    } to;
    void *arg;
    struct sysmem_node *node; /* of a call whose failure is kept; it may be gone if there is none */
    size_t count;             /* of the tokens that were asked for */
};

/* Calls a two-way method by name. `on_reply` gets a copy of `call`, which it takes with
 * async_take(), and the reply, which it owns. Handle fields of `request` are consumed in every
 * case. ZX_ERR_INVALID_ARGS also: no callback. */
sysmem_status_t async_start(const struct sysmem_node *node, const char *name, void *request,
                            channel_done_fn on_reply, const struct async *call);

/* The call that a channel_done_fn was given, by value; its memory is freed. */
struct async async_take(void *arg);

/* An on_reply for calls whose answer is a status only: calls to.done. */
void async_done_status(void *arg, struct channel_reply *reply);

#endif
