/* From a message to the handler of its method. */
#ifndef SERVER_DISPATCH_H
#define SERVER_DISPATCH_H

#include <stdint.h>

#include "base/arena.h"
#include "model/method.h"
#include "server/binding.h"
#include "wire/message.h"

/* One request, while it is handled. */
struct request {
    struct binding *binding;
    const struct model_method *method;
    struct message *message; /* what it came in: its descriptors, by slot */
    void *table;             /* the decoded request table, in the arena; NULL for an <EMPTY> one */
    struct arena arena;
    char reason[192]; /* room for request_refuse() */
};

/* Handles a request. NULL, or what the peer did wrong: then its channel closes with that reason. */
typedef const char *(*handler_fn)(struct request *request);

/* A row of a protocol's handlers; the method is found by its name when the daemon starts. */
struct handler {
    enum model_protocol protocol;
    const char *method;
    handler_fn handle;
    bool after_release; /* may follow Release */
};

#define HANDLER(protocol, method, function)                                                        \
    {                                                                                              \
        MODEL_PROTOCOL_##protocol, method, function, false                                         \
    }
#define HANDLER_AFTER_RELEASE(protocol, method, function)                                          \
    {                                                                                              \
        MODEL_PROTOCOL_##protocol, method, function, true                                          \
    }

/* Ends with a row whose method is NULL. */
extern const struct handler allocator_handlers[];
extern const struct handler node_handlers[]; /* for tokens, collections and groups */
extern const struct handler token_handlers[];
extern const struct handler collection_handlers[];
extern const struct handler group_handlers[];
extern const struct handler debug_handlers[];
extern const struct handler registry_handlers[];

/* Fills the dispatch table. Once, at start. */
void dispatch_init(void);

/* Handles a message; the caller clears it. */
void dispatch(struct binding *binding, struct message *message);

/* A refusal with names and numbers in it. */
__attribute__((format(printf, 2, 3))) const char *request_refuse(struct request *request,
                                                                 const char *format, ...);

/* The refusal of a request whose table lacks a field that must be there. */
const char *request_lacks(struct request *request, const char *field);

/* An eventpair's end out of the request, owned by the caller; -1 with the refusal of another kind
 * of descriptor. */
int request_take_eventpair(struct request *request, uint32_t slot, const char **ret_why);

/* Replies to this request without descriptors. */
void request_reply(struct request *request, uint32_t err, const void *response);

#endif
