#include "server/link_heap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "heap/external.h"
#include "model/requests.h"
#include "server/closer.h"
#include "server/link.h"
#include "server/uid_work.h"

/* A process that has owed an answer for so many deadlines, and given no other since, is dead. */
#define PATIENCE 12

/* Of what it says about a refusal. */
#define WORDS_MAX 120

struct link_heap {
    struct list all; /* in server->link_heaps */
    struct server *server;
    struct link *link;        /* NULL: its process is gone */
    struct executor executor; /* for work on what the process made, and keeps */
    struct heap *heap;        /* from OnRegister on, and then its owner */
    char *type;
    uint64_t id;
    uid_t uid;
    pid_t pid;
};

static uint64_t deadline_ns(const struct link_heap *self)
{
    return self->server->config->quotas.external_heap_deadline_ms * UINT64_C(1000000);
}

/* Who serves which heap, and what became of that. */
static void log_served(enum log_level level, const struct link_heap *self, const char *what,
                       const char *why)
{
    struct strbuf type = {0};
    strbuf_add_escaped(&type, self->type);
    log_line(level, "heap %s %llu: %s pid %d uid %u%s", strbuf_text(&type),
             (unsigned long long)self->id, what, (int)self->pid, (unsigned)self->uid, why);
    strbuf_deinit(&type);
}

static void link_heap_free(struct link_heap *self)
{
    list_remove(&self->all);
    free(self->type);
    free(self);
}

/* --- what the heap asks: struct heap_remote_ops --- */

/* Why the process refused: its own words, if it has some. In a buffer of the caller's. */
static const char *refusal(const struct link_answer *answer, char ret[WORDS_MAX + 32])
{
    const struct model_failure *failure = answer->failure;
    const char *detail =
        failure != NULL && failure->reasons_count > 0 && failure->reasons[0].has.detail
            ? failure->reasons[0].detail
            : "no reason given";
    struct strbuf words = {0};
    strbuf_add_escaped(&words, detail);
    const char *text = strbuf_text(&words);
    (void)snprintf(ret, WORDS_MAX + 32, "its process refused: %.*s", (int)utf8_cut(text, WORDS_MAX),
                   text);
    strbuf_deinit(&words);
    return ret;
}

static void on_allocated(void *arg, const struct link_answer *answer)
{
    struct heap_external_buffer *buffer = arg;
    struct link_heap *self = heap_external_remote(buffer);
    char words[WORDS_MAX + 32];
    if (answer->status == -EPIPE) {
        heap_external_allocated(buffer, -EPIPE, -1, "its process is gone");
    } else if (answer->status != 0) {
        heap_external_allocated(buffer, answer->status, -1, "its process does not answer");
        if (self->link != NULL && answer->is_silent) {
            link_close(self->link, "it has not answered for too long, and is taken for dead");
            self->link = NULL;
            heap_registry_remove(&self->server->heaps, self->heap, "its process does not answer");
        }
    } else if (answer->err != 0) {
        heap_external_allocated(buffer, -ENOMEM, -1, refusal(answer, words));
    } else {
        const struct model_heap_allocate_vmo_response *response = answer->response;
        int fd = response->has.vmo ? message_take_fd(answer->message, response->vmo) : -1;
        heap_external_allocated(buffer, 0, fd, NULL);
    }
}

static int allocate_vmo(void *remote, const struct heap_remote_allocation *allocation,
                        struct heap_external_buffer *buffer)
{
    struct link_heap *self = remote;
    struct model_heap_allocate_vmo_request request = {0};
    SYSMEM_SET(&request, size, allocation->size);
    SYSMEM_SET(&request, settings, *allocation->settings);
    SYSMEM_SET(&request, buffer_collection_id, allocation->buffer_collection_id);
    SYSMEM_SET(&request, buffer_index, allocation->buffer_index);
    const struct link_call call = {
        .method = "AllocateVmo",
        .request = &request,
        .timeout_ns = PATIENCE * deadline_ns(self),
        .answered = on_allocated,
        .arg = buffer,
    };
    return self->link == NULL ? -EPIPE : link_call(self->link, &call, NULL);
}

static void on_deleted(void *arg, const struct link_answer *answer)
{
    (void)answer; /* a deadline that was missed is in the log */
    heap_external_deleted(arg);
}

static void discard(void *remote, int fd)
{
    const struct link_heap *self = remote;
    closer_close(self->uid, fd);
}

static int delete_vmo(void *remote, const struct heap_remote_allocation *allocation, int fd,
                      struct heap_external_buffer *buffer)
{
    struct link_heap *self = remote;
    if (self->link == NULL || link_binding(self->link) == NULL) {
        discard(self, fd); /* the last close takes long */
        return -EPIPE;
    }
    struct message message;
    message_init(&message, 0, 0);
    int slot = message_attach(
        &message,
        &(struct attachment){.fd = fd, .type = ZX_OBJ_TYPE_VMO, .rights = ZX_DEFAULT_VMO_RIGHTS});
    if (slot < 0) {
        return slot;
    }
    struct model_heap_delete_vmo_request request = {0};
    SYSMEM_SET(&request, buffer_collection_id, allocation->buffer_collection_id);
    SYSMEM_SET(&request, buffer_index, allocation->buffer_index);
    SYSMEM_SET(&request, vmo, (zx_handle_t)slot);
    const struct link_call call = {
        .method = "DeleteVmo",
        .request = &request,
        .timeout_ns = deadline_ns(self),
        .answered = on_deleted,
        .arg = buffer,
    };
    return link_call(self->link, &call, &message);
}

static bool is_known(void *remote, int fd)
{
    const struct link_heap *self = remote;
    struct buffer_set *set = NULL;
    uint32_t index = 0;
    return buffer_watcher_identify(self->server->watcher, fd, 0, &set, &index) != BUFFER_FOREIGN;
}

static void remote_free(void *remote)
{
    struct link_heap *self = remote;
    if (self->link != NULL) {
        link_close(self->link, NULL);
    }
    link_heap_free(self);
}

static const struct heap_remote_ops remote_ops = {
    .allocate_vmo = allocate_vmo,
    .delete_vmo = delete_vmo,
    .is_known = is_known,
    .discard = discard,
    .free = remote_free,
};

/* --- what the process says --- */

static void submit(struct executor *executor, struct executor_job *job)
{
    const struct link_heap *self = container_of(executor, struct link_heap, executor);
    uid_work_submit(self->server, self->uid, job);
}

static struct heap_external_config config_of(struct link_heap *self,
                                             const struct model_heap_properties *said)
{
    const struct model_coherency_domain_support *domains = &said->coherency_domain_support;
    struct heap_external_config config = {
        .cpu_supported = domains->cpu_supported,
        .ram_supported = domains->ram_supported,
        .inaccessible_supported = domains->inaccessible_supported,
        .need_clear = said->need_clear,
        .need_flush = said->need_flush,
        .max_size_bytes = said->has.max_size_bytes ? said->max_size_bytes : UINT64_MAX,
        .deadline_ns = deadline_ns(self),
        .executor = &self->executor,
        .ops = &remote_ops,
        .remote = self,
    };
    SYSMEM_SET(&config.id, heap_type, self->type);
    SYSMEM_SET(&config.id, id, self->id);
    return config;
}

static const char *add_heap(struct link_heap *self, const struct heap_external_config *config)
{
    struct heap *heap = heap_external_new(config);
    if (heap == NULL) {
        return "no memory for one more heap";
    }
    int failed = heap_registry_add(&self->server->heaps, heap);
    if (failed == 0) {
        self->heap = heap;
        log_served(LOG_LEVEL_INFO, self, "served by", "");
        return NULL;
    }
    log_served(LOG_LEVEL_WARNING, self, "cannot be served by",
               failed == -EEXIST ? ": another heap answers to its name by now" : ": no memory");
    heap->ops->free(heap); /* with self, which closes the link */
    return NULL;
}

static const char *on_event(void *owner, const struct model_method *method, const void *table,
                            struct message *message)
{
    struct link_heap *self = owner;
    const struct model_heap_on_register_request *event = table;
    (void)method; /* there is no other event */
    (void)message;
    if (self->heap != NULL) {
        return "OnRegister: wanted it once, got it again";
    }
    if (!event->has.properties || !event->properties.has.coherency_domain_support) {
        return "OnRegister: the required field properties.coherency_domain_support is not set";
    }
    const struct heap_external_config config = config_of(self, &event->properties);
    const char *why = heap_external_refuse(&config);
    return why != NULL ? why : add_heap(self, &config);
}

static void on_closed(void *owner)
{
    struct link_heap *self = owner;
    self->link = NULL;
    if (self->heap == NULL) {
        link_heap_free(self);
        return;
    }
    log_served(LOG_LEVEL_INFO, self, "no longer served by", "");
    heap_registry_remove(&self->server->heaps, self->heap, "its process is gone");
}

/* --- the beginning --- */

size_t link_heap_count(const struct server *server, uid_t uid)
{
    size_t count = 0;
    list_for_each (it, &server->link_heaps) {
        const struct link_heap *self = container_of(it, struct link_heap, all);
        count += self->uid == uid && self->link != NULL ? 1 : 0;
    }
    return count;
}

const char *link_heap_begin(struct binding *from, const struct sysmem_heap *id, int fd)
{
    static const struct link_ops ops = {on_event, on_closed};
    struct link_heap *self = calloc(1, sizeof(*self));
    char *type = strdup(id->heap_type);
    const char *why = "no memory for one more heap";
    struct link *link = NULL;
    if (self == NULL || type == NULL) {
        closer_close(from->uid, fd);
    } else {
        link = link_new(from, MODEL_PROTOCOL_HEAP, fd, &why);
    }
    if (link == NULL) {
        free(self);
        free(type);
        return why;
    }
    *self = (struct link_heap){
        .server = from->server,
        .link = link,
        .executor = {submit},
        .type = type,
        .id = id->has.id ? id->id : 0,
        .uid = from->uid,
        .pid = from->pid,
    };
    list_append(&from->server->link_heaps, &self->all);
    link_begin(link, &ops, self);
    return NULL;
}
