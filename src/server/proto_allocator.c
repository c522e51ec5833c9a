/* Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, Allocator. */
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "model/requests.h"
#include "os/koid.h"
#include "os/memory_kind.h"
#include "server/bind.h"
#include "server/closer.h"
#include "server/dispatch.h"
#include "server/proto.h"
#include "server/registrar.h"
#include "server/server_end.h"

/* The Allocator's information about its client goes to the nodes that it makes. */
static bool name_node(const struct binding *allocator, struct node *node)
{
    return allocator->client_name == NULL ||
           collection_replace_client(node, allocator->client_name, allocator->client_id);
}

/* Gives a new channel the root of a new collection. NULL, or why not. */
static const char *begin_collection(const struct binding *allocator, struct binding *binding)
{
    const char *why = NULL;
    struct collection *collection = collection_new(
        &allocator->server->collections, allocator->account, binding->name.koid, binding, &why);
    if (collection == NULL) {
        binding_close(binding);
        return why;
    }
    binding_take_node(binding, collection->root);
    if (binding->protocol == MODEL_PROTOCOL_COLLECTION) {
        collection_bind_node(collection->root, binding);
    }
    if (!name_node(allocator, collection->root)) {
        binding_fail(
            binding,
            "no memory for the client's name, or more than max_message_bytes_per_uid allows");
        return NULL;
    }
    collection_tell(collection, collection->root, COLLECTION_EVENT_CREATED);
    log_debug("%s: created", binding_describe(binding));
    return NULL;
}

static const char *allocate_shared_collection(struct request *request)
{
    const struct model_allocator_allocate_shared_collection_request *table = request->table;
    if (!table->has.token_request) {
        return request_lacks(request, "token_request");
    }
    const char *why = NULL;
    int fd = message_take_fd(request->message, table->token_request);
    struct binding *token = token_serve(request->binding, fd, &why);
    if (token != NULL) {
        why = begin_collection(request->binding, token);
    }
    return why == NULL ? NULL : request_refuse(request, "%s", why);
}

static const char *allocate_non_shared_collection(struct request *request)
{
    const struct model_allocator_allocate_non_shared_collection_request *table = request->table;
    if (!table->has.collection_request) {
        return request_lacks(request, "collection_request");
    }
    const char *why = NULL;
    int fd = message_take_fd(request->message, table->collection_request);
    struct binding *collection =
        server_end_serve(request->binding, MODEL_PROTOCOL_COLLECTION, fd, &why);
    if (collection != NULL) {
        why = begin_collection(request->binding, collection);
    }
    return why == NULL ? NULL : request_refuse(request, "%s", why);
}

/* The token's channel whose client end `fd` is, or NULL: nobody knows that token. */
static struct binding *find_token(const struct server *server, int fd)
{
    struct socket_name name;
    if (socket_name_of_peer(fd, &name) != SOCKET_NAME_OK) {
        return NULL;
    }
    struct binding *token = map_get(&server->tokens, name.koid);
    return token != NULL && socket_name_equal(&token->name, &name) ? token : NULL;
}

static const char *bind_shared_collection(struct request *request)
{
    const struct model_allocator_bind_shared_collection_request *table = request->table;
    if (!table->has.token || !table->has.buffer_collection_request) {
        return request_lacks(request, table->has.token ? "buffer_collection_request" : "token");
    }
    struct binding *allocator = request->binding;
    int fd = message_take_fd(request->message, table->token);
    int server_end = message_take_fd(request->message, table->buffer_collection_request);
    const char *why = NULL;
    struct binding *collection =
        server_end_park(allocator, MODEL_PROTOCOL_COLLECTION, server_end, &why);
    if (collection == NULL) {
        closer_close(allocator->uid, fd);
        return request_refuse(request, "%s", why);
    }
    struct binding *token = find_token(allocator->server, fd);
    if (token != NULL) {
        bind_begin(allocator, token, collection, fd);
        return NULL;
    }
    log_warning("%s: BindSharedCollection: a token that is not known: was it synced before it "
                "was passed on, and is its collection still there?",
                binding_describe(allocator));
    binding_close(collection);
    closer_close(allocator->uid, fd);
    return NULL;
}

/* Whether a handle that calls itself `koid` (0: it doesn't say) can be one that this daemon gave
 * out of that buffer: a client's own child VMO has a number of its own. */
static bool koid_fits(uint64_t koid, const struct buffer_set *set, uint32_t index,
                      enum buffer_kind kind)
{
    bool is_strong = koid == buffer_set_koid(set, index);
    return koid == 0 || is_strong || (kind == BUFFER_WEAK && koid_is_own(koid));
}

static const char *reply_vmo_info(struct request *request, struct buffer_set *set, uint32_t index,
                                  bool weak)
{
    const struct collection *collection = buffer_set_owner(set);
    struct model_allocator_get_vmo_info_response response = {0};
    struct message reply;
    message_init(&reply, request->method->ordinal, request->message->txid);
    SYSMEM_SET(&response, buffer_collection_id, collection->id);
    SYSMEM_SET(&response, buffer_index, index);
    uint64_t address = buffer_set_physical_address(set, index);
    if (address != 0) {
        SYSMEM_SET(&response, physical_address, address);
    }
    if (weak) {
        struct attachment attachment = {
            .fd = -1,
            .type = ZX_OBJ_TYPE_EVENTPAIR,
            .rights = ZX_DEFAULT_EVENTPAIR_RIGHTS,
        };
        int made = buffer_set_close_weak_asap(set, index, &attachment.fd, &attachment.koid);
        int slot = made < 0 ? made : message_attach(&reply, &attachment);
        if (slot < 0) {
            message_clear(&reply);
            request_reply(request, SYSMEM_ERROR_UNSPECIFIED, NULL);
            return NULL;
        }
        SYSMEM_SET(&response, close_weak_asap, (zx_handle_t)slot);
    }
    binding_reply(request->binding, request->method, 0, &response, &reply);
    return NULL;
}

static const char *get_vmo_info(struct request *request)
{
    const struct model_allocator_get_vmo_info_request *table = request->table;
    const struct attachment *sent =
        table->has.vmo ? message_attachment(request->message, table->vmo) : NULL;
    if (sent == NULL || (sent->type != ZX_OBJ_TYPE_NONE && sent->type != ZX_OBJ_TYPE_VMO)) {
        request_reply(request, SYSMEM_ERROR_PROTOCOL_DEVIATION, NULL);
        return NULL;
    }
    struct buffer_set *set = NULL;
    uint32_t index = 0;
    uint64_t koid = sent->koid;
    int fd = message_take_fd(request->message, table->vmo);
    enum buffer_kind kind =
        buffer_watcher_identify(request->binding->server->watcher, fd, koid, &set, &index);
    bool is_vmo = kind != BUFFER_FOREIGN || memory_kind_is_known(fd);
    const char *why = NULL;
    if (!is_vmo) {
        request_reply(request, SYSMEM_ERROR_PROTOCOL_DEVIATION, NULL);
    } else if (kind == BUFFER_FOREIGN || !koid_fits(koid, set, index, kind)) {
        request_reply(request, SYSMEM_ERROR_NOT_FOUND, NULL);
    } else {
        why = reply_vmo_info(request, set, index, kind == BUFFER_WEAK);
    }
    closer_close(request->binding->uid, fd); /* the last close of a large file takes long */
    return why;
}

static const char *validate_buffer_collection_token(struct request *request)
{
    const struct model_allocator_validate_buffer_collection_token_request *table = request->table;
    if (!table->has.token_server_koid) {
        return request_lacks(request, "token_server_koid");
    }
    struct model_allocator_validate_buffer_collection_token_response response = {0};
    SYSMEM_SET(&response, is_known,
               map_get(&request->binding->server->tokens, table->token_server_koid) != NULL);
    request_reply(request, 0, &response);
    return NULL;
}

static const char *set_debug_client_info(struct request *request)
{
    const struct model_allocator_set_debug_client_info_request *table = request->table;
    if (!table->has.name) {
        return request_lacks(request, "name");
    }
    char *name = strdup(table->name);
    if (name == NULL) {
        return request_refuse(request, "no memory for the name");
    }
    free(request->binding->client_name);
    request->binding->client_name = name;
    request->binding->client_id = table->has.id ? table->id : 0;
    return NULL;
}

static const char *open_debug(struct request *request)
{
    const struct model_allocator_open_debug_request *table = request->table;
    if (!table->has.server_end) {
        return request_lacks(request, "server_end");
    }
    const char *why = NULL;
    int fd = message_take_fd(request->message, table->server_end);
    struct binding *debug = server_end_serve(request->binding, MODEL_PROTOCOL_DEBUG, fd, &why);
    return debug != NULL ? NULL : request_refuse(request, "%s", why);
}

static const char *open_registry(struct request *request)
{
    const struct model_allocator_open_registry_request *table = request->table;
    if (!table->has.server_end) {
        return request_lacks(request, "server_end");
    }
    struct registrar *registrar = registrar_new(request->binding);
    if (registrar == NULL) {
        return request_refuse(request, "no memory");
    }
    const char *why = NULL;
    int fd = message_take_fd(request->message, table->server_end);
    struct binding *binding = server_end_serve(request->binding, MODEL_PROTOCOL_REGISTRY, fd, &why);
    if (binding == NULL) {
        free(registrar);
        return request_refuse(request, "%s", why);
    }
    binding->registrar = registrar;
    return NULL;
}

const struct handler allocator_handlers[] = {
    HANDLER(ALLOCATOR, "AllocateSharedCollection", allocate_shared_collection),
    HANDLER(ALLOCATOR, "AllocateNonSharedCollection", allocate_non_shared_collection),
    HANDLER(ALLOCATOR, "BindSharedCollection", bind_shared_collection),
    HANDLER(ALLOCATOR, "GetVmoInfo", get_vmo_info),
    HANDLER(ALLOCATOR, "ValidateBufferCollectionToken", validate_buffer_collection_token),
    HANDLER(ALLOCATOR, "SetDebugClientInfo", set_debug_client_info),
    HANDLER(ALLOCATOR, "OpenDebug", open_debug),
    HANDLER(ALLOCATOR, "OpenRegistry", open_registry),
    {0},
};
