#include "protocol_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sysmem/sysmem.h>

#include "client/channel.h"
#include "model/requests.h"
#include "support/daemon.h"
#include "support/participant.h"

#define MAX_KEPT 16

struct protocol_scene {
    struct daemon daemon;
    int descriptors;
    struct sysmem_allocator *allocator;
    size_t log_at; /* what comes behind is new */
    /* Of one try: */
    struct sysmem_collection *witness; /* shows whether the whole collection has failed */
    struct channel *subject;
    bool released;
    int kept[MAX_KEPT]; /* ends that belong to what was sent */
    size_t kept_count;
};

enum {
    ATTACHED = 1,
    DISPENSABLE = 2,
    ALLOCATED = 4, /* the others say what they need as well */
    NO_FIELDS = 8, /* of the message that is tried */
};

struct state {
    enum model_protocol protocol;
    const char *name;
    int how;
    const char *steps; /* messages that lead there */
};

/* A token that is released has a child, so that somebody of its part is left. */
static const struct state states[] = {
    {MODEL_PROTOCOL_ALLOCATOR,  "connected",              0,                       ""                                         },
    {MODEL_PROTOCOL_ALLOCATOR,  "no fields",              NO_FIELDS,               ""                                         },
    {MODEL_PROTOCOL_TOKEN,      "live",                   0,                       ""                                         },
    {MODEL_PROTOCOL_TOKEN,      "no fields",              NO_FIELDS,               ""                                         },
    {MODEL_PROTOCOL_TOKEN,      "weak",                   0,                       "SetWeak"                                  },
    {MODEL_PROTOCOL_TOKEN,      "attached",               ATTACHED,                ""                                         },
    {MODEL_PROTOCOL_TOKEN,      "after Release",          0,                       "Duplicate Release"                        },
    {MODEL_PROTOCOL_COLLECTION, "bound",                  0,                       ""                                         },
    {MODEL_PROTOCOL_COLLECTION, "no fields",              NO_FIELDS,               ""                                         },
    {MODEL_PROTOCOL_COLLECTION, "constrained",            0,                       "SetConstraints"                           },
    {MODEL_PROTOCOL_COLLECTION, "waited",                 0,                       "SetConstraints WaitForAllBuffersAllocated"},
    {MODEL_PROTOCOL_COLLECTION, "allocated",              ALLOCATED,               "SetConstraints"                           },
    {MODEL_PROTOCOL_COLLECTION, "weak",                   0,                       "SetWeak"                                  },
    {MODEL_PROTOCOL_COLLECTION, "weak, constrained",      0,                       "SetWeak SetConstraints"                   },
    {MODEL_PROTOCOL_COLLECTION, "attached",               ATTACHED,                ""                                         },
    {MODEL_PROTOCOL_COLLECTION, "dispensable, allocated", DISPENSABLE | ALLOCATED,
     "SetConstraints"                                                                                                         },
    {MODEL_PROTOCOL_COLLECTION, "after Release",          0,                       "Release"                                  },
    {MODEL_PROTOCOL_GROUP,      "empty",                  0,                       ""                                         },
    {MODEL_PROTOCOL_GROUP,      "open",                   0,                       "CreateChild"                              },
    {MODEL_PROTOCOL_GROUP,      "no fields",              NO_FIELDS,               "CreateChild"                              },
    {MODEL_PROTOCOL_GROUP,      "settled",                0,                       "CreateChild AllChildrenPresent"           },
    {MODEL_PROTOCOL_GROUP,      "allocated",              ALLOCATED,               "CreateChild AllChildrenPresent"           },
    {MODEL_PROTOCOL_GROUP,      "weak",                   0,                       "CreateChild SetWeak"                      },
    {MODEL_PROTOCOL_GROUP,      "after Release",          0,                       "CreateChild AllChildrenPresent Release"   },
};

#define STATES (sizeof(states) / sizeof(states[0]))

size_t protocol_state_count(enum model_protocol protocol)
{
    size_t count = 0;
    for (size_t i = 0; i < STATES; i++) {
        count += states[i].protocol == protocol ? 1 : 0;
    }
    return count;
}

int protocol_set_up(void **state)
{
    struct protocol_scene *scene = calloc(1, sizeof(*scene));
    assert_non_null(scene);
    const char *const args[] = {"--log-level", "debug", NULL};
    const struct daemon_options options = {.args = args};
    assert_int_equal(daemon_start(&scene->daemon, &options), 0);
    scene->descriptors = daemon_descriptor_count(&scene->daemon);
    scene->allocator = connect_to(&scene->daemon);
    *state = scene;
    return 0;
}

int protocol_tear_down(void **state)
{
    struct protocol_scene *scene = *state;
    sysmem_allocator_free(scene->allocator);
    assert_int_equal(daemon_descriptor_settle(&scene->daemon, scene->descriptors),
                     scene->descriptors);
    assert_true(daemon_stop(&scene->daemon));
    free(scene);
    return 0;
}

/* --- requests that have all they need --- */

static zx_handle_t channel_end(struct protocol_scene *scene)
{
    int ends[2];
    zx_handle_t end = ZX_HANDLE_INVALID;
    const struct sysmem_handle_info info = {.type = ZX_OBJ_TYPE_CHANNEL,
                                            .rights = ZX_DEFAULT_CHANNEL_RIGHTS};
    assert_int_equal(channel_pair(ends), 0);
    assert_true(scene->kept_count < MAX_KEPT);
    scene->kept[scene->kept_count++] = ends[0];
    assert_int_equal(sysmem_handle_from_fd(ends[1], &info, &end), ZX_OK);
    return end;
}

static zx_handle_t eventpair_end(void)
{
    zx_handle_t ends[2];
    assert_int_equal(zx_eventpair_create(0, &ends[0], &ends[1]), ZX_OK);
    assert_int_equal(zx_handle_close(ends[0]), ZX_OK);
    return ends[1];
}

static zx_handle_t ref_of_witness(struct protocol_scene *scene)
{
    zx_handle_t ref = ZX_HANDLE_INVALID;
    assert_int_equal(sysmem_node_get_node_ref(sysmem_collection_node(scene->witness), soon(), &ref),
                     0);
    return ref;
}

static zx_handle_t token_of_another(struct protocol_scene *scene)
{
    zx_handle_t token = ZX_HANDLE_INVALID;
    assert_int_equal(sysmem_token_into_handle(root_token(scene->allocator), &token), 0);
    return token;
}

static const uint32_t same_rights[1] = {ZX_RIGHT_SAME_RIGHTS};

#define IS(text) (strcmp(name, (text)) == 0)

static void fill_allocator(struct protocol_scene *scene, const char *name, void *table)
{
    if (IS("AllocateSharedCollection")) {
        struct model_allocator_allocate_shared_collection_request *request = table;
        SYSMEM_SET(request, token_request, channel_end(scene));
    } else if (IS("AllocateNonSharedCollection")) {
        struct model_allocator_allocate_non_shared_collection_request *request = table;
        SYSMEM_SET(request, collection_request, channel_end(scene));
    } else if (IS("BindSharedCollection")) {
        struct model_allocator_bind_shared_collection_request *request = table;
        SYSMEM_SET(request, token, token_of_another(scene));
        SYSMEM_SET(request, buffer_collection_request, channel_end(scene));
    } else if (IS("GetVmoInfo")) {
        struct model_allocator_get_vmo_info_request *request = table;
        SYSMEM_SET(request, vmo, ZX_HANDLE_INVALID);
        assert_int_equal(zx_vmo_create(1, 0, &request->vmo), ZX_OK);
    } else if (IS("SetDebugClientInfo")) {
        struct model_allocator_set_debug_client_info_request *request = table;
        SYSMEM_SET(request, name, "somebody");
    } else if (IS("ValidateBufferCollectionToken")) {
        struct model_allocator_validate_buffer_collection_token_request *request = table;
        SYSMEM_SET(request, token_server_koid, 1);
    }
}

static void fill_node(struct protocol_scene *scene, const char *name, void *table)
{
    if (IS("SetName")) {
        struct model_node_set_name_request *request = table;
        SYSMEM_SET(request, priority, 1);
        SYSMEM_SET(request, name, "frames");
    } else if (IS("SetDebugClientInfo")) {
        struct model_node_set_debug_client_info_request *request = table;
        SYSMEM_SET(request, name, "somebody");
    } else if (IS("AttachNodeTracking")) {
        struct model_node_attach_node_tracking_request *request = table;
        SYSMEM_SET(request, server_end, eventpair_end());
    } else if (IS("IsAlternateFor")) {
        struct model_node_is_alternate_for_request *request = table;
        SYSMEM_SET(request, node_ref, ref_of_witness(scene));
    } else if (IS("SetDebugTimeoutLogDeadline")) {
        struct model_node_set_debug_timeout_log_deadline_request *request = table;
        SYSMEM_SET(request, deadline, soon());
    }
}

static void fill_parent(struct protocol_scene *scene, const char *name, void *table)
{
    if (IS("Duplicate")) {
        struct model_token_duplicate_request *request = table;
        SYSMEM_SET(request, rights_attenuation_mask, ZX_RIGHT_SAME_RIGHTS);
        SYSMEM_SET(request, token_request, channel_end(scene));
    } else if (IS("DuplicateSync")) {
        struct model_token_duplicate_sync_request *request = table;
        SYSMEM_SET_VECTOR(request, rights_attenuation_masks, same_rights, 1);
    } else if (IS("CreateBufferCollectionTokenGroup")) {
        struct model_token_create_buffer_collection_token_group_request *request = table;
        SYSMEM_SET(request, group_request, channel_end(scene));
    } else if (IS("CreateChild")) {
        struct model_group_create_child_request *request = table;
        SYSMEM_SET(request, token_request, channel_end(scene));
    } else if (IS("CreateChildrenSync")) {
        struct model_group_create_children_sync_request *request = table;
        SYSMEM_SET_VECTOR(request, rights_attenuation_masks, same_rights, 1);
    } else if (IS("AttachToken")) {
        struct model_collection_attach_token_request *request = table;
        SYSMEM_SET(request, rights_attenuation_mask, ZX_RIGHT_SAME_RIGHTS);
        SYSMEM_SET(request, token_request, channel_end(scene));
    } else if (IS("AttachLifetimeTracking")) {
        struct model_collection_attach_lifetime_tracking_request *request = table;
        SYSMEM_SET(request, server_end, eventpair_end());
        SYSMEM_SET(request, buffers_remaining, 0);
    } else if (IS("SetConstraints")) {
        struct model_collection_set_constraints_request *request = table;
        SYSMEM_SET(request, constraints, cpu_constraints(1, 1, 0));
    }
}

/* --- sending --- */

struct answer {
    bool came;
    sysmem_status_t status;
};

static void on_reply(void *arg, struct channel_reply *reply)
{
    struct answer *answer = arg;
    *answer = (struct answer){true, reply->status};
    channel_reply_clear(reply);
}

/* What nobody has heard of. */
static const struct model_method *unknown_method(enum model_protocol protocol)
{
    static struct model_method unknown = {.ordinal = 31, .name = "any other"};
    unknown.protocol = protocol;
    return &unknown;
}

static void say(struct protocol_scene *scene, const struct model_method *method, bool no_fields,
                struct answer *ret)
{
    static max_align_t room[64];
    void *table = method->request == NULL ? NULL : room;
    if (table != NULL) {
        assert_true(method->request->size <= sizeof(room));
        memset(room, 0, sizeof(room));
    }
    if (table != NULL && !no_fields && method->protocol == MODEL_PROTOCOL_ALLOCATOR) {
        fill_allocator(scene, method->name, table);
    } else if (table != NULL && !no_fields) {
        fill_node(scene, method->name, table);
        fill_parent(scene, method->name, table);
    }
    sysmem_status_t sent = method->two_way
                               ? channel_start(scene->subject, method, table, on_reply, ret, NULL)
                               : channel_send(scene->subject, method, table);
    assert_int_equal(sent, 0);
    scene->released = scene->released || strcmp(method->name, "Release") == 0;
}

/* --- the stage --- */

static sysmem_status_t sync_subject(struct protocol_scene *scene)
{
    enum model_protocol protocol = channel_protocol(scene->subject);
    bool is_allocator = protocol == MODEL_PROTOCOL_ALLOCATOR;
    struct model_allocator_validate_buffer_collection_token_request koid = {0};
    SYSMEM_SET(&koid, token_server_koid, 1);
    const struct model_method *method =
        model_method_by_name(protocol, is_allocator ? "ValidateBufferCollectionToken" : "Sync");
    struct channel_reply reply;
    channel_call(scene->subject, method, is_allocator ? &koid : NULL, soon(), &reply);
    sysmem_status_t status = reply.status;
    channel_reply_clear(&reply);
    return status;
}

static int subject_fd(struct protocol_scene *scene, const struct state *state)
{
    if (state->protocol == MODEL_PROTOCOL_ALLOCATOR) {
        scene->witness = bind_token(scene->allocator, root_token(scene->allocator));
        return daemon_connect(&scene->daemon);
    }
    struct sysmem_token *root = root_token(scene->allocator);
    if (state->protocol == MODEL_PROTOCOL_GROUP) {
        struct sysmem_group *group = NULL;
        assert_int_equal(sysmem_token_create_buffer_collection_token_group(root, &group), 0);
        scene->witness = bind_token(scene->allocator, root);
        return sysmem_group_into_fd(group);
    }
    struct sysmem_token *token = (state->how & ATTACHED) != 0 ? NULL : duplicate(root);
    scene->witness = bind_token(scene->allocator, root);
    if ((state->how & ATTACHED) != 0) {
        assert_int_equal(
            sysmem_collection_attach_token(scene->witness, ZX_RIGHT_SAME_RIGHTS, &token), 0);
    }
    assert_int_equal(sysmem_node_sync(sysmem_collection_node(scene->witness), soon()), 0);
    if ((state->how & DISPENSABLE) != 0) {
        assert_int_equal(sysmem_token_set_dispensable(token), 0);
    }
    return state->protocol == MODEL_PROTOCOL_TOKEN
               ? sysmem_token_into_fd(token)
               : sysmem_collection_into_fd(bind_token(scene->allocator, token));
}

/* The witness and, of a group, the child say what they need too. */
static void allocate(struct protocol_scene *scene, const struct state *state)
{
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, 1, 0);
    if (state->protocol == MODEL_PROTOCOL_GROUP) {
        struct sysmem_token *token = NULL;
        assert_int_equal(sysmem_token_from_fd(scene->kept[0], &token), 0);
        struct sysmem_collection *child = bind_token(scene->allocator, token);
        assert_int_equal(sysmem_collection_set_constraints(child, &wish), 0);
        scene->kept[0] = sysmem_collection_into_fd(child);
    }
    struct sysmem_collection_info *info = NULL;
    assert_int_equal(sysmem_collection_set_constraints(scene->witness, &wish), 0);
    assert_int_equal(
        sysmem_collection_wait_for_all_buffers_allocated(scene->witness, soon(), &info), 0);
    sysmem_collection_info_free(info);
}

static void open_scene(struct protocol_scene *scene, const struct state *state)
{
    static struct answer ignored;
    scene->released = false;
    int fd = subject_fd(scene, state);
    assert_int_equal(channel_new(fd, state->protocol, &scene->subject), 0);
    assert_int_equal(sync_subject(scene), 0);
    char steps[64];
    char *rest = NULL;
    (void)snprintf(steps, sizeof(steps), "%s", state->steps);
    for (char *step = strtok_r(steps, " ", &rest); step != NULL;
         step = strtok_r(NULL, " ", &rest)) {
        say(scene, model_method_by_name(state->protocol, step), false, &ignored);
        assert_int_equal(scene->released ? 0 : sync_subject(scene), 0);
    }
    if ((state->how & ALLOCATED) != 0) {
        allocate(scene, state);
    }
}

static void close_scene(struct protocol_scene *scene)
{
    channel_free(scene->subject);
    sysmem_collection_free(scene->witness);
    scene->subject = NULL;
    scene->witness = NULL;
    for (size_t i = 0; i < scene->kept_count; i++) {
        (void)close(scene->kept[i]);
    }
    scene->kept_count = 0;
}

static const char *failure(struct protocol_scene *scene)
{
    struct sysmem_node *witness = sysmem_collection_node(scene->witness);
    return sysmem_node_sync(witness, soon()) == 0 ? "fails alone" : "fails";
}

/* Nothing can be asked after Release. So the subject says good-bye, and the daemon closes in every
 * case: after what it takes for a breach, or for a clean end, which its log tells. */
static const char *outcome_after_release(struct protocol_scene *scene)
{
    struct pollfd hang_up = {.fd = channel_fd(scene->subject)};
    assert_int_equal(shutdown(hang_up.fd, SHUT_WR), 0);
    assert_int_equal(poll(&hang_up, 1, DAEMON_PATIENCE_MS), 1);
    if (strcmp(failure(scene), "fails") == 0) {
        return "fails";
    }
    ssize_t at = daemon_log_wait_for(&scene->daemon, "released and closed", scene->log_at);
    scene->log_at = at < 0 ? scene->log_at : (size_t)at;
    return at < 0 ? "fails alone" : "ok";
}

static const char *outcome(struct protocol_scene *scene, const struct model_method *method,
                           const struct answer *answer)
{
    if (sync_subject(scene) == ZX_ERR_PEER_CLOSED) {
        return failure(scene);
    }
    if (method->two_way && !answer->came) {
        return "waits";
    }
    return answer->status == 0 ? "ok" : sysmem_status_name(answer->status);
}

static const struct state *find_state(enum model_protocol protocol, const char *name)
{
    for (size_t i = 0; i < STATES; i++) {
        if (states[i].protocol == protocol && strcmp(states[i].name, name) == 0) {
            return &states[i];
        }
    }
    return NULL;
}

const char *protocol_try(struct protocol_scene *scene, enum model_protocol protocol,
                         const char *method, const char *state)
{
    const struct state *in = find_state(protocol, state);
    const struct model_method *row = strcmp(method, "any other") == 0
                                         ? unknown_method(protocol)
                                         : model_method_by_name(protocol, method);
    if (in == NULL || row == NULL) {
        return in == NULL ? "no such state" : "no such method";
    }
    open_scene(scene, in);
    struct answer answer = {0};
    say(scene, row, (in->how & NO_FIELDS) != 0, &answer);
    const char *got = scene->released ? outcome_after_release(scene) : outcome(scene, row, &answer);
    close_scene(scene);
    return got;
}
