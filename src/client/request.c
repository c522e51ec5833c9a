#include "client/request.h"

#include "client/handles.h"
#include "wire/codec.h"

sysmem_status_t request_encode_slots(const struct model_method *method, const void *request,
                                     struct message *message)
{
    message->ordinal = method->ordinal;
    enum codec_status encoded = codec_encode(method->request, request, message);
    if (encoded == CODEC_OK) {
        return 0;
    }
    message_clear(message);
    return encoded == CODEC_NO_MEMORY ? ZX_ERR_NO_MEMORY : ZX_ERR_INVALID_ARGS;
}

sysmem_status_t request_encode(const struct model_method *method, void *request,
                               struct message *ret)
{
    message_init(ret, method->ordinal, 0);
    sysmem_status_t status = handles_attach(method->request, request, ret);
    if (status != 0) {
        message_clear(ret);
        return status;
    }
    status = request_encode_slots(method, request, ret);
    handles_forget(method->request, request);
    return status;
}
