/* Tokens that a response brings. */
#ifndef CLIENT_TOKENS_H
#define CLIENT_TOKENS_H

#include <stddef.h>

#include <sysmem/error.h>
#include <sysmem/token.h>
#include <zircon/types.h>

#include "client/async.h"

/* Makes tokens of the `handles_count` handles of a reply, all or none: those that were taken are
 * ZX_HANDLE_INVALID then. ret_tokens has room for `count`, which is how many were asked for: at
 * most 64. ZX_ERR_IO: it is another number. */
sysmem_status_t tokens_take(zx_handle_t *handles, size_t handles_count, size_t count,
                            struct sysmem_token **ret_tokens);

/* Gives tokens (call->count of them when the status is 0) to call->to.tokens, which owns them. */
void tokens_deliver(const struct async *call, sysmem_status_t status,
                    struct sysmem_token *const *tokens);

#endif
