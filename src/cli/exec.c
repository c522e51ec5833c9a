#include "cli/exec.h"

#include <string.h>

#include "cli/exec_async.h"
#include "cli/exec_op.h"
#include "json/json.h"

/* Of an integer that json_from_text() turns into a string. */
#define MIN_LONG_DIGITS 19

/* Members that every request may have are not listed. */
struct op {
    const char *name;
    exec_op_fn run;
    const char *members; /* separated and surrounded by spaces */
};

static const struct op ops[] = {
    {"connect",          exec_op_connect,          " as "                                   },
    {"call",             exec_op_call,             " on method protocol args as omit async "},
    {"await",            exec_op_await,            " on_id "                                },
    {"channel",          exec_op_channel,          " as "                                   },
    {"eventpair",        exec_op_eventpair,        " as "                                   },
    {"event",            exec_op_event,            " as "                                   },
    {"close",            exec_op_close,            " h "                                    },
    {"names",            exec_op_names,            " "                                      },
    {"duplicate",        exec_op_duplicate,        " h rights as "                          },
    {"wait",             exec_op_wait,             " h signals "                            },
    {"info",             exec_op_info,             " h "                                    },
    {"vmo_create",       exec_op_vmo_create,       " size options as "                      },
    {"vmo_create_child", exec_op_vmo_create_child, " h options offset size as "             },
    {"vmo_read",         exec_op_vmo_read,         " h offset length "                      },
    {"vmo_write",        exec_op_vmo_write,        " h offset data "                        },
    {"map",              exec_op_map,              " h offset length perms as "             },
    {"map_read",         exec_op_map_read,         " m offset length "                      },
    {"map_write",        exec_op_map_write,        " m offset data "                        },
    {"unmap",            exec_op_unmap,            " m "                                    },
    {"send",             exec_op_send,             " h path "                               },
    {"receive",          exec_op_receive,          " path as protocol "                     },
    {"sleep",            exec_op_sleep,            " ms "                                   },
};

void exec_init(struct exec *exec, const char *socket_path)
{
    *exec = (struct exec){.socket_path = socket_path};
    entry_table_init(&exec->names);
    list_init(&exec->async_calls);
}

void exec_deinit(struct exec *exec)
{
    /* Channels first: closing one ends the calls that are pending on it. */
    entry_table_deinit(&exec->names);
    async_free_all(&exec->async_calls);
}

bool exec_as(const struct exec *exec, const struct request *request, const char **ret)
{
    const char *as = NULL;
    if (!request_optional_string(request, "as", &as)) {
        return false;
    }
    if (as != NULL && !entry_name_is_free(&exec->names, as)) {
        return reply_usage(request->reply, "as: '%s' %s", as,
                           entry_find(&exec->names, as) != NULL
                               ? "is taken"
                               : "is no name to choose: h and digits are given out here");
    }
    *ret = as;
    return true;
}

bool exec_add(struct exec *exec, const struct request *request, const char *as,
              const struct entry *value)
{
    const struct entry *entry = entry_add(&exec->names, as, value);
    if (entry == NULL) {
        return reply_status(request->reply, ZX_ERR_NO_MEMORY);
    }
    if (as == NULL) {
        reply_set(request->reply, "as", json_string(entry->name));
    }
    return true;
}

bool exec_protocol(const struct request *request, enum model_protocol *ret)
{
    const char *name = NULL;
    if (!request_optional_string(request, "protocol", &name)) {
        return false;
    }
    *ret = name == NULL ? MODEL_PROTOCOL_NONE : model_protocol_by_name(name);
    return name == NULL || *ret != MODEL_PROTOCOL_NONE ||
           reply_usage(request->reply, "protocol: there is no '%s'", name);
}

static struct entry *find(const struct exec *exec, const struct request *request, const char *key)
{
    const char *name = NULL;
    if (!request_string(request, key, &name)) {
        return NULL;
    }
    struct entry *entry = entry_find(&exec->names, name);
    if (entry == NULL) {
        (void)reply_usage(request->reply, "%s: there is no '%s'", key, name);
    }
    return entry;
}

struct entry *exec_find_handle(const struct exec *exec, const struct request *request,
                               const char *key)
{
    struct entry *entry = find(exec, request, key);
    if (entry != NULL && entry->kind == ENTRY_MAPPING) {
        (void)reply_usage(request->reply, "%s: '%s' is a mapping, not a handle", key, entry->name);
        return NULL;
    }
    return entry;
}

struct entry *exec_find_mapping(const struct exec *exec, const struct request *request,
                                const char *key)
{
    struct entry *entry = find(exec, request, key);
    if (entry != NULL && entry->kind != ENTRY_MAPPING) {
        (void)reply_usage(request->reply, "%s: '%s' is a handle, not a mapping", key, entry->name);
        return NULL;
    }
    return entry;
}

static const struct op *op_find(const char *name)
{
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        if (strcmp(ops[i].name, name) == 0) {
            return &ops[i];
        }
    }
    return NULL;
}

/* Whether `key` stands in a list of words that are surrounded by spaces. */
static bool is_listed(const char *list, const char *key)
{
    size_t len = strlen(key);
    const char *at = list;
    while (len > 0 && (at = strstr(at, key)) != NULL) {
        if (at > list && at[-1] == ' ' && at[len] == ' ') {
            return true;
        }
        at++;
    }
    return false;
}

static bool check_members(const struct request *request, const struct op *op)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)request->object, key, value)
    {
        if (!is_listed(" id do timeout_ms ", key) && !is_listed(op->members, key)) {
            return reply_usage(request->reply, "%s: unknown member '%s'", op->name, key);
        }
    }
    return true;
}

static void dispatch(struct exec *exec, const struct request *request)
{
    const char *name = NULL;
    if (!request_string(request, "do", &name)) {
        return;
    }
    const struct op *op = op_find(name);
    if (op == NULL) {
        (void)reply_usage(request->reply, "do: there is no '%s' here", name);
        return;
    }
    if (check_members(request, op)) {
        op->run(exec, request);
    }
}

/* The "id", as it stands in the line. json_from_text() makes strings of long integers, which
 * jansson alone can hold in part: only an id that may contain one is worth a second look. */
static json_t *read_id(const json_t *object, const char *line, size_t len)
{
    json_t *id = json_object_get(object, "id");
    bool is_plain = id == NULL || json_is_number(id) || json_is_boolean(id) || json_is_null(id) ||
                    (json_is_string(id) && json_string_length(id) < MIN_LONG_DIGITS);
    json_t *as_written = is_plain ? NULL : json_loadb(line, len, 0, NULL);
    if (as_written == NULL) {
        return json_incref(id);
    }
    id = json_incref(json_object_get(as_written, "id"));
    json_decref(as_written);
    return id;
}

json_t *exec_line(struct exec *exec, const char *line, size_t len)
{
    struct reply reply = {0};
    struct strbuf error = {0};
    json_t *object = json_from_text(line, len, &error);
    if (object == NULL) {
        (void)reply_usage(&reply, "not JSON: %s", strbuf_text(&error));
    } else if (!json_is_object(object)) {
        (void)reply_usage(&reply, "a request is an object");
    } else {
        dispatch(exec, &(struct request){.object = object, .reply = &reply});
    }
    json_t *id = read_id(object, line, len);
    json_t *finished = reply_finish(&reply, id);
    json_decref(id);
    json_decref(object);
    strbuf_deinit(&error);
    return finished;
}
