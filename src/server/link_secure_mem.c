#include "server/link_secure_mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/list.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "heap/pool.h"
#include "model/names.h"
#include "model/requests.h"
#include "server/closer.h"
#include "server/link.h"
#include "server/secure_memory.h"

/* A driver that has owed the outcome of a call for so many deadlines is dead. Before, nothing is
 * taken for granted: what has become of the hardware must be known before the next call. */
#define PATIENCE 12

/* Of what it says about a refusal. */
#define WORDS_MAX 120

/* Of the names of its heaps. */
#define NAMES_BUDGET ((size_t)1 << 20)

/* Handles an answer while the driver is being registered. NULL, or what is wrong. */
typedef const char *(*step_fn)(struct link_secure_mem *self, const struct link_answer *answer);

struct link_secure_mem {
    struct secure_mem hardware;
    struct server *server;
    struct link *link; /* NULL: it has ended, and only answers are still to come */
    pid_t pid;
    uid_t uid;
    size_t uses;        /* 1 while it has not ended, and 1 for each call that is to be answered */
    step_fn step;       /* what the answer to the call of the registration is for */
    const char *method; /* of that call */
    size_t asking;      /* about this fixed heap */
    bool is_ready;
    struct secure_memory_offer offer; /* its names are in the arena */
    struct arena names;
    char words[WORDS_MAX + 64]; /* of a refusal */
};

static uint64_t deadline_ns(const struct link_secure_mem *self)
{
    return self->server->config->protected.deadline_ms * UINT64_C(1000000);
}

static struct secure_memory *memory_of(const struct link_secure_mem *self)
{
    return self->server->secure_memory;
}

/* --- the end --- */

/* Not inlined: to gcc 12, what is let go after something else has let go is used after free
 * (-Wuse-after-free). */
__attribute__((noinline)) static void let_go(struct link_secure_mem *self)
{
    assert(self->uses > 0);
    if (--self->uses == 0) {
        arena_clear(&self->names);
        free(self);
    }
}

/* Once. `mistake`: the driver's, for the log; or NULL. `why`: what who wants secure memory is told.
 */
static void end(struct link_secure_mem *self, const char *mistake, const char *why)
{
    struct link *link = self->link;
    if (link != NULL) {
        self->link = NULL;
        link_close(link, mistake);
    }
    memory_of(self)->driver = NULL;
    secure_memory_lose(memory_of(self), why);
    let_go(self);
}

static void on_closed(void *owner)
{
    struct link_secure_mem *self = owner;
    log_error("secure memory: its driver, pid %d uid %u, is gone without leaving%s", (int)self->pid,
              (unsigned)self->uid,
              self->is_ready ? ": who needs secure memory fails" : ", before it was ready");
    self->link = NULL;
    end(self, NULL, "the driver of secure memory is gone");
}

static const char *on_event(void *owner, const struct model_method *method, const void *table,
                            struct message *message)
{
    (void)owner;
    (void)method;
    (void)table;
    (void)message;
    return "an event, of which its protocol has none";
}

/* --- the hardware --- */

struct hardware_call {
    struct link_secure_mem *self;
    struct secure_mem_call *call;
};

static void on_hardware(void *arg, const struct link_answer *answer)
{
    struct hardware_call made = *(struct hardware_call *)arg;
    struct link_secure_mem *self = made.self;
    free(arg);
    if (answer->status == -ETIMEDOUT && self->link != NULL) {
        end(self, "it has not answered for too long, and is taken for dead",
            "the driver of secure memory does not answer");
    }
    int status = answer->status < 0 ? answer->status : answer->err != 0 ? -EIO : 0;
    if (answer->err != 0) {
        const char *name = model_name_of(&model_error_names, answer->err);
        log_warning("secure memory: its driver refuses a call: %s",
                    name == NULL ? "an unknown error" : name);
    }
    made.call->done(made.call, status);
    let_go(self);
}

static void ask_hardware(struct secure_mem *hardware, const char *method, const void *request,
                         struct secure_mem_call *call)
{
    struct link_secure_mem *self = container_of(hardware, struct link_secure_mem, hardware);
    struct hardware_call *made = self->link == NULL ? NULL : malloc(sizeof(*made));
    if (made == NULL) {
        call->done(call, self->link == NULL ? -EPIPE : -ENOMEM);
        return;
    }
    *made = (struct hardware_call){self, call};
    const struct link_call asked = {
        .method = method,
        .request = request,
        .timeout_ns = PATIENCE * deadline_ns(self),
        .answered = on_hardware,
        .arg = made,
    };
    int failed = link_call(self->link, &asked, NULL);
    if (failed < 0) {
        free(made);
        call->done(call, failed);
    } else {
        self->uses++;
    }
}

static struct model_secure_heap_range range_table(struct range range)
{
    struct model_secure_heap_range table = {0};
    SYSMEM_SET(&table, physical_address, range.start);
    SYSMEM_SET(&table, size_bytes, range_size(range));
    return table;
}

static struct model_secure_heap_and_range heap_range(const struct sysmem_heap *heap,
                                                     struct range range)
{
    struct model_secure_heap_and_range table = {0};
    SYSMEM_SET(&table, heap, *heap);
    SYSMEM_SET(&table, range, range_table(range));
    return table;
}

static void hardware_add(struct secure_mem *hardware, const struct sysmem_heap *heap,
                         struct range range, struct secure_mem_call *call)
{
    struct model_secure_mem_add_secure_heap_physical_range_request request = {0};
    SYSMEM_SET(&request, heap_range, heap_range(heap, range));
    ask_hardware(hardware, "AddSecureHeapPhysicalRange", &request, call);
}

static void hardware_delete(struct secure_mem *hardware, const struct sysmem_heap *heap,
                            struct range range, struct secure_mem_call *call)
{
    struct model_secure_mem_delete_secure_heap_physical_range_request request = {0};
    SYSMEM_SET(&request, heap_range, heap_range(heap, range));
    ask_hardware(hardware, "DeleteSecureHeapPhysicalRange", &request, call);
}

static void hardware_modify(struct secure_mem *hardware, const struct sysmem_heap *heap,
                            struct range before, struct range after, struct secure_mem_call *call)
{
    struct model_secure_mem_modify_secure_heap_physical_range_request request = {0};
    struct model_secure_heap_and_range_modification *modification = &request.range_modification;
    request.has.range_modification = true;
    SYSMEM_SET(modification, heap, *heap);
    SYSMEM_SET(modification, old_range, range_table(before));
    SYSMEM_SET(modification, new_range, range_table(after));
    ask_hardware(hardware, "ModifySecureHeapPhysicalRange", &request, call);
}

static void hardware_zero(struct secure_mem *hardware, const struct sysmem_heap *heap,
                          struct range range, bool is_explicit, struct secure_mem_call *call)
{
    struct model_secure_mem_zero_sub_range_request request = {0};
    SYSMEM_SET(&request, is_covering_range_explicit, is_explicit);
    SYSMEM_SET(&request, heap_range, heap_range(heap, range));
    ask_hardware(hardware, "ZeroSubRange", &request, call);
}

/* --- the registration: one question after the other --- */

static void refuse(struct link_secure_mem *self, const char *why)
{
    log_error("secure memory: pid %d uid %u cannot be its driver: %s: %s", (int)self->pid,
              (unsigned)self->uid, self->method, why);
    end(self, "it cannot be the driver of secure memory",
        "the driver of secure memory was not taken");
}

/* What the driver answered instead, in self->words. */
static const char *refusal(struct link_secure_mem *self, const struct link_answer *answer)
{
    const struct model_failure *failure = answer->failure;
    const char *name = model_name_of(&model_error_names, answer->err);
    struct strbuf words = {0};
    if (failure != NULL && failure->reasons_count > 0 && failure->reasons[0].has.detail) {
        strbuf_add_escaped(&words, failure->reasons[0].detail);
    }
    const char *text = strbuf_text(&words);
    (void)snprintf(self->words, sizeof(self->words), "it answered %s%s%.*s",
                   name == NULL ? "an unknown error" : name, text[0] == '\0' ? "" : ": ",
                   (int)utf8_cut(text, WORDS_MAX), text);
    strbuf_deinit(&words);
    return self->words;
}

static void on_step(void *arg, const struct link_answer *answer)
{
    struct link_secure_mem *self = arg;
    const char *why = NULL;
    if (self->link == NULL || answer->status == -EPIPE) {
        /* it has ended, or the link is about to say so */
    } else if (answer->status < 0) {
        why = "no answer within the deadline";
    } else if (answer->err != 0) {
        why = refusal(self, answer);
    } else {
        why = self->step(self, answer);
    }
    if (why != NULL) {
        refuse(self, why);
    }
    let_go(self);
}

/* `message` as link_call() takes it. NULL, or why it cannot be asked. */
static const char *ask(struct link_secure_mem *self, const char *method, const void *request,
                       struct message *message, step_fn step)
{
    const struct link_call call = {
        .method = method,
        .request = request,
        .timeout_ns = deadline_ns(self),
        .answered = on_step,
        .arg = self,
    };
    self->step = step;
    self->method = method;
    int failed = link_call(self->link, &call, message);
    self->uses += failed == 0 ? 1 : 0;
    return failed == 0 || failed == -EPIPE ? NULL : strerror(-failed);
}

/* The names of heaps are kept beyond the answer. */
static bool keep(struct link_secure_mem *self, struct sysmem_heap *heap)
{
    heap->heap_type = arena_strndup(&self->names, heap->heap_type, strlen(heap->heap_type));
    return heap->heap_type != NULL;
}

static void on_attached(void *arg, int status)
{
    struct link_secure_mem *self = arg;
    if (status < 0) {
        self->method = "AddSecureHeapPhysicalRange";
        refuse(self, "the buffers that there are could not be protected");
        return;
    }
    self->is_ready = true;
    secure_memory_set_ready(memory_of(self));
    log_info("secure memory: served by pid %d uid %u, with %zu heaps of the TEE's and %s",
             (int)self->pid, (unsigned)self->uid, self->offer.fixed_count,
             self->offer.dynamic.heap_type == NULL ? "none on the pool" : "one on the pool");
}

static const char *take_all(struct link_secure_mem *self)
{
    const struct heap_secure_attached attached = {on_attached, self};
    return secure_memory_take(memory_of(self), &self->hardware, &self->offer, &attached);
}

static const char *ask_properties(struct link_secure_mem *self, const struct sysmem_heap *heap,
                                  struct range range, step_fn step)
{
    struct model_secure_mem_get_physical_secure_heap_properties_request request = {0};
    SYSMEM_SET(&request, entire_heap, heap_range(heap, range));
    return ask(self, "GetPhysicalSecureHeapProperties", &request, NULL, step);
}

static const char *got_fixed_properties(struct link_secure_mem *self,
                                        const struct link_answer *answer);

/* The interface has no properties of a heap with several ranges: nothing can be zeroed in it. */
static const char *ask_next_fixed(struct link_secure_mem *self)
{
    while (self->asking < self->offer.fixed_count) {
        struct secure_memory_fixed *fixed = &self->offer.fixed[self->asking];
        if (fixed->heap.range_count == 1) {
            return ask_properties(self, &fixed->heap.id, fixed->heap.ranges[0],
                                  got_fixed_properties);
        }
        fixed->properties = (struct secure_mem_properties){
            .granularity = (uint64_t)sysconf(_SC_PAGESIZE),
            .max_ranges = 1,
        };
        self->asking++;
    }
    return take_all(self);
}

static const char *got_fixed_properties(struct link_secure_mem *self,
                                        const struct link_answer *answer)
{
    struct secure_memory_fixed *fixed = &self->offer.fixed[self->asking++];
    const char *why =
        secure_reply_properties(answer->response, &fixed->heap.id, &fixed->properties);
    return why != NULL ? why : ask_next_fixed(self);
}

static const char *got_physical(struct link_secure_mem *self, const struct link_answer *answer)
{
    const struct model_secure_mem_get_physical_secure_heaps_response *response = answer->response;
    if (!response->has.heaps) {
        return "the required field heaps is not set";
    }
    const char *why = NULL;
    size_t count = response->heaps_count;
    for (size_t i = 0; i < count && i < SECURE_REPLY_MAX_HEAPS && why == NULL; i++) {
        struct secure_reply_heap *heap = &self->offer.fixed[i].heap;
        why = secure_reply_physical(response, i, heap);
        if (why == NULL && !keep(self, &heap->id)) {
            why = "no memory for the names of its heaps";
        }
        self->offer.fixed_count++;
    }
    return why != NULL ? why : ask_next_fixed(self);
}

static const char *ask_physical(struct link_secure_mem *self)
{
    return ask(self, "GetPhysicalSecureHeaps", NULL, NULL, got_physical);
}

static const char *got_properties(struct link_secure_mem *self, const struct link_answer *answer)
{
    const char *why =
        secure_reply_properties(answer->response, &self->offer.dynamic, &self->offer.properties);
    return why != NULL ? why : ask_physical(self);
}

static const char *got_memory(struct link_secure_mem *self, const struct link_answer *answer)
{
    (void)answer;
    return ask_properties(self, &self->offer.dynamic, secure_memory_pool_range(memory_of(self)),
                          got_properties);
}

/* The pool's memory, so that what is zeroed and protected is real. */
static const char *send_memory(struct link_secure_mem *self)
{
    int fd = fcntl(pool_fd(memory_of(self)->pool), F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        return strerror(errno);
    }
    struct message message;
    message_init(&message, 0, 0);
    int slot = message_attach(
        &message,
        &(struct attachment){.fd = fd, .type = ZX_OBJ_TYPE_VMO, .rights = ZX_DEFAULT_VMO_RIGHTS});
    if (slot < 0) {
        return strerror(-slot);
    }
    struct model_secure_mem_set_pool_memory_request request = {0};
    SYSMEM_SET(&request, entire_heap,
               heap_range(&self->offer.dynamic, secure_memory_pool_range(memory_of(self))));
    SYSMEM_SET(&request, memory, (zx_handle_t)slot);
    return ask(self, "SetPoolMemory", &request, &message, got_memory);
}

static const char *got_dynamic(struct link_secure_mem *self, const struct link_answer *answer)
{
    const struct model_secure_mem_get_dynamic_secure_heaps_response *response = answer->response;
    const char *why = secure_reply_dynamic(response, &self->offer.dynamic);
    if (why != NULL) {
        return why;
    }
    if (self->offer.dynamic.heap_type == NULL) {
        return ask_physical(self);
    }
    if (response->heaps_count > 1) {
        log_warning("secure memory: the driver has %zu dynamic heaps; the pool is for the first",
                    response->heaps_count);
    }
    why = secure_memory_refuse_dynamic(memory_of(self), &self->offer.dynamic);
    if (why == NULL && !keep(self, &self->offer.dynamic)) {
        why = "no memory for the names of its heaps";
    }
    return why != NULL ? why : send_memory(self);
}

/* --- the beginning --- */

bool link_secure_mem_is_there(const struct server *server)
{
    return server->secure_memory->driver != NULL;
}

static const char *begin(struct link_secure_mem *self)
{
    return memory_of(self)->pool == NULL
               ? ask_physical(self)
               : ask(self, "GetDynamicSecureHeaps", NULL, NULL, got_dynamic);
}

const char *link_secure_mem_begin(struct binding *from, int fd)
{
    static const struct link_ops ops = {on_event, on_closed};
    static const struct secure_mem_ops hardware = {hardware_add, hardware_delete, hardware_modify,
                                                   hardware_zero};
    struct server *server = from->server;
    if (link_secure_mem_is_there(server)) {
        closer_close(from->uid, fd);
        return "wanted one driver of secure memory at a time, got another one";
    }
    struct link_secure_mem *self = calloc(1, sizeof(*self));
    const char *why = "no memory";
    struct link *link = NULL;
    if (self == NULL) {
        closer_close(from->uid, fd);
    } else {
        link = link_new(from, MODEL_PROTOCOL_SECURE_MEM, fd, &why);
    }
    if (link == NULL) {
        free(self);
        return why;
    }
    self->hardware.ops = &hardware;
    self->server = server;
    self->link = link;
    self->uses = 1;
    self->pid = from->pid;
    self->uid = from->uid;
    arena_init(&self->names, NAMES_BUDGET);
    server->secure_memory->driver = self;
    link_begin(link, &ops, self);
    why = begin(self);
    if (why != NULL) {
        end(self, NULL, "the driver of secure memory was not taken");
    }
    return why;
}

void link_secure_mem_end(struct server *server, const char *why)
{
    struct link_secure_mem *self = server->secure_memory->driver;
    if (self != NULL) {
        log_info("secure memory: its driver, pid %d uid %u, is let go: %s", (int)self->pid,
                 (unsigned)self->uid, why);
        end(self, NULL, why);
    }
}
