/* What `exec` tells about a handle: its signals and its properties. */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "cli/exec_op.h"
#include "model/names.h"
#include "json/json.h"

static const struct model_name signal_rows[] = {
    {"READABLE",      ZX_CHANNEL_READABLE   },
    {"WRITABLE",      ZX_CHANNEL_WRITABLE   },
    {"PEER_CLOSED",   ZX_CHANNEL_PEER_CLOSED},
    {"SIGNALED",      ZX_EVENT_SIGNALED     },
    {"ZERO_CHILDREN", ZX_VMO_ZERO_CHILDREN  }, /* of a VMO, the same bit */
    {"USER_0",        ZX_USER_SIGNAL_0      },
    {"USER_1",        ZX_USER_SIGNAL_1      },
    {"USER_2",        ZX_USER_SIGNAL_2      },
    {"USER_3",        ZX_USER_SIGNAL_3      },
    {"USER_4",        ZX_USER_SIGNAL_4      },
    {"USER_5",        ZX_USER_SIGNAL_5      },
    {"USER_6",        ZX_USER_SIGNAL_6      },
    {"USER_7",        ZX_USER_SIGNAL_7      },
};

static const struct model_names signal_names = {
    .bits = true, .names = signal_rows, .count = sizeof(signal_rows) / sizeof(signal_rows[0])};

static const struct model_name type_rows[] = {
    {"VMO",       ZX_OBJ_TYPE_VMO      },
    {"CHANNEL",   ZX_OBJ_TYPE_CHANNEL  },
    {"EVENT",     ZX_OBJ_TYPE_EVENT    },
    {"EVENTPAIR", ZX_OBJ_TYPE_EVENTPAIR},
};

static const struct model_names type_names = {.names = type_rows,
                                              .count = sizeof(type_rows) / sizeof(type_rows[0])};

static const struct model_name cache_policy_rows[] = {
    {"CACHED",          ZX_CACHE_POLICY_CACHED         },
    {"UNCACHED",        ZX_CACHE_POLICY_UNCACHED       },
    {"UNCACHED_DEVICE", ZX_CACHE_POLICY_UNCACHED_DEVICE},
    {"WRITE_COMBINING", ZX_CACHE_POLICY_WRITE_COMBINING},
};

static const struct model_names cache_policy_names = {
    .names = cache_policy_rows, .count = sizeof(cache_policy_rows) / sizeof(cache_policy_rows[0])};

/* The active signals by name; those that have none are the library's own business. */
static json_t *signals_to_json(zx_signals_t signals, zx_obj_type_t type)
{
    json_t *list = json_array();
    for (size_t i = 0; i < signal_names.count; i++) {
        const struct model_name *row = &signal_rows[i];
        bool of_vmo = strcmp(row->name, "ZERO_CHILDREN") == 0;
        bool shared = row->value == ZX_VMO_ZERO_CHILDREN;
        if ((signals & row->value) != 0 && (!shared || of_vmo == (type == ZX_OBJ_TYPE_VMO))) {
            (void)json_array_append_new(list, json_string(row->name));
        }
    }
    return list;
}

static zx_status_t get_basic(zx_handle_t handle, zx_info_handle_basic_t *ret)
{
    return zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, ret, sizeof(*ret), NULL, NULL);
}

void exec_op_wait(struct exec *exec, const struct request *request)
{
    const struct entry *entry = exec_find_handle(exec, request, "h");
    uint64_t signals = 0;
    zx_time_t deadline = 0;
    if (entry == NULL || !request_bits(request, "signals", &signal_names, &signals) ||
        !request_deadline(request, &deadline)) {
        return;
    }
    zx_handle_t handle = ZX_HANDLE_INVALID;
    if (!reply_status(request->reply, entry_borrow_handle(entry, &handle))) {
        return;
    }
    zx_signals_t observed = 0;
    zx_info_handle_basic_t basic = {0};
    zx_status_t status = get_basic(handle, &basic);
    if (status == ZX_OK) {
        status = zx_object_wait_one(handle, (zx_signals_t)signals, deadline, &observed);
    }
    entry_return_handle(entry, handle);
    if (status == ZX_ERR_TIMED_OUT) {
        reply_timed_out(request->reply);
    } else if (reply_status(request->reply, status)) {
        reply_set(request->reply, "observed", signals_to_json(observed, basic.type));
    }
}

/* A VMO's name is what some process chose: bytes that are no text are escaped. */
static void set_vmo_name(struct reply *reply, const zx_info_vmo_t *info)
{
    char name[sizeof(info->name) + 1] = {0};
    memcpy(name, info->name, sizeof(info->name));
    struct strbuf escaped = {0};
    json_t *text = json_string(name);
    if (text == NULL) {
        strbuf_add_escaped(&escaped, name);
        text = json_string(strbuf_text(&escaped));
    }
    reply_set(reply, "name", text);
    strbuf_deinit(&escaped);
}

static bool tell_vmo(struct reply *reply, zx_handle_t handle)
{
    zx_info_vmo_t info;
    zx_status_t status = zx_object_get_info(handle, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL);
    if (!reply_status(reply, status)) {
        return false;
    }
    reply_set_u64(reply, "size_bytes", info.size_bytes);
    /* Absent where the handle may not read properties. */
    uint64_t content_size = 0;
    if (zx_object_get_property(handle, ZX_PROP_VMO_CONTENT_SIZE, &content_size,
                               sizeof(content_size)) == ZX_OK) {
        reply_set_u64(reply, "content_size", content_size);
    }
    set_vmo_name(reply, &info);
    const char *policy = model_name_of(&cache_policy_names, info.cache_policy);
    reply_set(reply, "cache_policy", json_string(policy == NULL ? "" : policy));
    struct stat st;
    int fd = sysmem_handle_fd(handle);
    if (fd >= 0 && fstat(fd, &st) == 0) {
        reply_set_u64(reply, "fd_inode", st.st_ino);
    }
    return true;
}

static bool tell(struct reply *reply, zx_handle_t handle)
{
    zx_info_handle_basic_t basic;
    if (!reply_status(reply, get_basic(handle, &basic))) {
        return false;
    }
    const char *type = model_name_of(&type_names, basic.type);
    reply_set(reply, "type",
              type == NULL ? json_integer((json_int_t)basic.type) : json_string(type));
    reply_set_u64(reply, "koid", basic.koid);
    reply_set_u64(reply, "related_koid", basic.related_koid);
    reply_set(reply, "rights",
              value_to_json(&(struct model_field){.name = "rights",
                                                  .kind = MODEL_U32,
                                                  .names = &model_rights_names},
                            basic.rights));
    return basic.type != ZX_OBJ_TYPE_VMO || tell_vmo(reply, handle);
}

void exec_op_info(struct exec *exec, const struct request *request)
{
    const struct entry *entry = exec_find_handle(exec, request, "h");
    zx_handle_t handle = ZX_HANDLE_INVALID;
    if (entry == NULL || !reply_status(request->reply, entry_borrow_handle(entry, &handle))) {
        return;
    }
    (void)tell(request->reply, handle);
    entry_return_handle(entry, handle);
}
