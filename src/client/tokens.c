#include "client/tokens.h"

#include <assert.h>

#include <sysmem/usage.h>

static_assert(SYSMEM_MAX_COUNT_CREATE_CHILDREN <= SYSMEM_MAX_COUNT_DUPLICATES,
              "there is room for the children of a group");

sysmem_status_t tokens_take(zx_handle_t *handles, size_t handles_count, size_t count,
                            struct sysmem_token **ret_tokens)
{
    struct sysmem_token *tokens[SYSMEM_MAX_COUNT_DUPLICATES];
    assert(count <= SYSMEM_MAX_COUNT_DUPLICATES); /* no request has more masks */
    if (handles_count != count) {
        return ZX_ERR_IO;
    }
    for (size_t i = 0; i < count; i++) {
        zx_handle_t handle = handles[i];
        handles[i] = ZX_HANDLE_INVALID;
        sysmem_status_t status = sysmem_token_from_handle(handle, &tokens[i]);
        if (status != 0) {
            while (i-- > 0) {
                sysmem_token_free(tokens[i]);
            }
            return status;
        }
    }
    for (size_t i = 0; i < count; i++) {
        ret_tokens[i] = tokens[i];
    }
    return 0;
}

void tokens_deliver(const struct async *call, sysmem_status_t status,
                    struct sysmem_token *const *tokens)
{
    bool taken = status == 0;
    call->to.tokens(call->arg, status, taken ? tokens : NULL, taken ? call->count : 0);
}
