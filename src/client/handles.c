#include "client/handles.h"

#include <sysmem/handle.h>
#include <zircon/syscalls.h>

struct visit {
    sysmem_status_t (*visit)(struct visit *self, const struct model_field *field,
                             zx_handle_t *handle);
    struct message *message;
    sysmem_status_t status; /* of the first that failed */
};

static bool is_set(const struct model_field *field, const char *table)
{
    return field->has_offset == MODEL_ALWAYS || *(const bool *)(table + field->has_offset);
}

static void visit_handle(struct visit *visit, const struct model_field *field, zx_handle_t *handle)
{
    sysmem_status_t status = visit->visit(visit, field, handle);
    if (visit->status == 0) {
        visit->status = status;
    }
}

static void visit_table(struct visit *visit, const struct model_type *type, char *table);

static void visit_field(struct visit *visit, const struct model_field *field, char *table)
{
    char *items = table + field->offset;
    size_t count = 1;
    if (field->vector) {
        items = *(char **)(void *)items;
        count = *(const size_t *)(const void *)(table + field->count_offset);
    }
    for (size_t i = 0; i < count; i++) {
        if (field->kind == MODEL_HANDLE) {
            visit_handle(visit, field, (zx_handle_t *)(void *)items + i);
        } else {
            visit_table(visit, field->type, items + i * field->type->size);
        }
    }
}

/* Tables nest as deep as the schema does, which has no cycles. */
static void visit_table(struct visit *visit, const struct model_type *type, char *table)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct model_field *field = &type->fields[i];
        if ((field->kind == MODEL_HANDLE || field->kind == MODEL_TABLE) && is_set(field, table)) {
            visit_field(visit, field, table);
        }
    }
}

/* --- To descriptors --- */

static sysmem_status_t attach_one(struct visit *self, const struct model_field *field,
                                  zx_handle_t *handle)
{
    (void)field;
    struct sysmem_handle_info info;
    int fd;
    zx_handle_t from = *handle;
    *handle = ZX_HANDLE_INVALID;
    zx_status_t status = sysmem_handle_into_fd(from, &info, &fd);
    if (status != ZX_OK) {
        (void)zx_handle_close(from);
        return status;
    }
    struct attachment attachment = {
        .fd = fd, .type = info.type, .rights = info.rights, .koid = info.koid};
    int slot = message_attach(self->message, &attachment);
    if (slot < 0) {
        return ZX_ERR_NO_MEMORY;
    }
    *handle = (zx_handle_t)slot;
    return 0;
}

sysmem_status_t handles_attach(const struct model_type *type, void *table, struct message *message)
{
    struct visit attach = {.visit = attach_one, .message = message};
    if (type != NULL) {
        visit_table(&attach, type, table);
    }
    if (attach.status != 0) {
        handles_forget(type, table);
    }
    return attach.status;
}

static sysmem_status_t forget_one(struct visit *self, const struct model_field *field,
                                  zx_handle_t *handle)
{
    (void)self;
    (void)field;
    *handle = ZX_HANDLE_INVALID;
    return 0;
}

void handles_forget(const struct model_type *type, void *table)
{
    struct visit forget = {.visit = forget_one};
    if (type != NULL) {
        visit_table(&forget, type, table);
    }
}

/* --- To handles --- */

static zx_obj_type_t type_of(const struct model_field *field)
{
    switch ((enum model_handle)field->handle) {
    case MODEL_HANDLE_VMO:
        return ZX_OBJ_TYPE_VMO;
    case MODEL_HANDLE_EVENTPAIR:
        return ZX_OBJ_TYPE_EVENTPAIR;
    case MODEL_HANDLE_EVENT:
        return ZX_OBJ_TYPE_EVENT;
    case MODEL_HANDLE_CLIENT_END:
    case MODEL_HANDLE_SERVER_END:
        return ZX_OBJ_TYPE_CHANNEL;
    case MODEL_HANDLE_NONE:
        break;
    }
    return ZX_OBJ_TYPE_NONE;
}

/* The rights of a new object of a type, for a sender that does not say. */
static zx_rights_t default_rights(zx_obj_type_t type)
{
    switch (type) {
    case ZX_OBJ_TYPE_VMO:
        return ZX_DEFAULT_VMO_RIGHTS;
    case ZX_OBJ_TYPE_EVENTPAIR:
        return ZX_DEFAULT_EVENTPAIR_RIGHTS;
    case ZX_OBJ_TYPE_EVENT:
        return ZX_DEFAULT_EVENT_RIGHTS;
    default:
        return ZX_DEFAULT_CHANNEL_RIGHTS;
    }
}

static sysmem_status_t take_one(struct visit *self, const struct model_field *field,
                                zx_handle_t *handle)
{
    const struct attachment *attachment = message_attachment(self->message, *handle);
    zx_obj_type_t type = type_of(field);
    uint32_t slot = *handle;
    *handle = ZX_HANDLE_INVALID;
    if (attachment == NULL || attachment->fd < 0) {
        return ZX_ERR_IO;
    }
    if (attachment->type != ZX_OBJ_TYPE_NONE && attachment->type != type) {
        return ZX_ERR_IO;
    }
    struct sysmem_handle_info info = {
        .type = type,
        .rights = attachment->rights != 0 ? attachment->rights : default_rights(type),
        .koid = attachment->koid,
    };
    zx_handle_t made;
    zx_status_t status = sysmem_handle_from_fd(message_take_fd(self->message, slot), &info, &made);
    if (status != ZX_OK) {
        return status == ZX_ERR_WRONG_TYPE ? ZX_ERR_IO : status;
    }
    *handle = made;
    return 0;
}

sysmem_status_t handles_take(const struct model_type *type, void *table, struct message *message)
{
    struct visit take = {.visit = take_one, .message = message};
    visit_table(&take, type, table);
    if (take.status != 0) {
        handles_close(type, table);
    }
    return take.status;
}

static sysmem_status_t close_one(struct visit *self, const struct model_field *field,
                                 zx_handle_t *handle)
{
    (void)self;
    (void)field;
    (void)zx_handle_close(*handle);
    *handle = ZX_HANDLE_INVALID;
    return 0;
}

void handles_close(const struct model_type *type, void *table)
{
    struct visit close = {.visit = close_one};
    visit_table(&close, type, table);
}
