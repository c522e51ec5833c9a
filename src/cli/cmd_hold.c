/* sysmemctl hold: takes buffers and keeps them, so that one sees how others do with less. */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sysmem/sysmem.h>

#include "base/byte_count.h"
#include "base/strbuf.h"
#include "cli/command.h"
#include "cli/text_table.h"

/* What a collection can have. */
#define MAX_BUFFERS 128

struct hold {
    struct sysmem_allocator *allocator;
    struct sysmem_collection *collection;
    struct sysmem_collection_info *info;
    sysmem_status_t status;
    bool answered;
};

struct wanted {
    const char *heap_type;
    uint64_t heap_id;
    uint64_t bytes; /* of one buffer */
    uint32_t count;
    bool contiguous;
    uint64_t seconds; /* 0: until a signal comes */
};

static int refuse(const char *what)
{
    (void)fprintf(stderr, "sysmemctl: hold: wanted %s\n", what);
    return EXIT_USAGE;
}

/* Whatever the heap can be used for: nobody looks into the buffers. */
static sysmem_status_t ask(struct hold *hold, const struct wanted *wanted)
{
    const struct sysmem_heap heap = {
        .heap_type = wanted->heap_type,
        .id = wanted->heap_id,
        .has = {.heap_type = true, .id = true},
    };
    struct sysmem_buffer_collection_constraints wish = {.has.usage = true};
    struct sysmem_buffer_memory_constraints *memory = &wish.buffer_memory_constraints;
    SYSMEM_SET(&wish.usage, display, SYSMEM_DISPLAY_USAGE_LAYER);
    SYSMEM_SET(&wish, min_buffer_count, wanted->count);
    wish.has.buffer_memory_constraints = true;
    SYSMEM_SET(memory, min_size_bytes, wanted->bytes);
    SYSMEM_SET(memory, physically_contiguous_required, wanted->contiguous);
    SYSMEM_SET(memory, cpu_domain_supported, true);
    SYSMEM_SET(memory, ram_domain_supported, true);
    SYSMEM_SET(memory, inaccessible_domain_supported, true);
    SYSMEM_SET_VECTOR(memory, permitted_heaps, &heap, 1);
    (void)sysmem_node_set_name(sysmem_collection_node(hold->collection), 1, "sysmemctl hold");
    return sysmem_collection_set_constraints(hold->collection, &wish);
}

static void on_answer(void *arg, sysmem_status_t status, struct sysmem_collection_info *info)
{
    struct hold *hold = arg;
    hold->status = status;
    hold->info = info;
    hold->answered = true;
}

static void await_answer(struct hold *hold)
{
    struct sysmem_channel *channel = sysmem_node_channel(sysmem_collection_node(hold->collection));
    while (!hold->answered) {
        struct pollfd poll_fd = {.fd = sysmem_channel_get_fd(channel),
                                 .events = sysmem_channel_get_events(channel)};
        zx_time_t until = sysmem_channel_get_timeout(channel);
        zx_time_t left = until - zx_clock_get_monotonic();
        int wait_ms = until == ZX_TIME_INFINITE ? -1 : left <= 0 ? 0 : (int)(left / 1000000) + 1;
        (void)poll(&poll_fd, 1, wait_ms);
        sysmem_status_t status = sysmem_channel_process(channel);
        if (status != 0 && !hold->answered) {
            hold->status = status;
            return;
        }
    }
}

/* A participant that is alone may hear nothing: its SetConstraints can end the collection before
 * its wait is there. So a second token holds the decision up until the wait is. */
static sysmem_status_t open_collection(struct hold *hold, struct sysmem_token **ret_brake)
{
    struct sysmem_token *root = NULL;
    sysmem_status_t s = sysmem_allocator_allocate_shared_collection(hold->allocator, &root);
    s = s != 0 ? s : sysmem_token_duplicate(root, ZX_RIGHT_SAME_RIGHTS, ret_brake);
    if (s != 0) {
        sysmem_token_free(root);
        return s;
    }
    return sysmem_allocator_bind_shared_collection(hold->allocator, root, &hold->collection);
}

static sysmem_status_t decide(struct hold *hold, struct sysmem_token *brake)
{
    struct sysmem_node *node = sysmem_collection_node(hold->collection);
    sysmem_status_t s =
        sysmem_collection_wait_for_all_buffers_allocated_async(hold->collection, on_answer, hold);
    s = s != 0 ? s : sysmem_node_sync(node, ZX_TIME_INFINITE);
    s = s != 0 ? s : sysmem_node_release(sysmem_token_node(brake));
    return s;
}

static sysmem_status_t take(struct hold *hold, const struct wanted *wanted, const char *path)
{
    struct sysmem_token *brake = NULL;
    sysmem_status_t s = sysmem_allocator_connect(path, &hold->allocator);
    s = s != 0 ? s : open_collection(hold, &brake);
    s = s != 0 ? s : ask(hold, wanted);
    s = s != 0 ? s : decide(hold, brake);
    sysmem_token_free(brake);
    if (s == 0) {
        await_answer(hold);
    }
    return s != 0 ? s : hold->status;
}

static void print_refusal(struct hold *hold, sysmem_status_t status, const char *path)
{
    struct sysmem_failure *failure =
        hold->collection == NULL ? NULL : sysmem_collection_take_failure(hold->collection);
    const char *text = failure == NULL ? NULL : sysmem_failure_text(failure);
    (void)fprintf(stderr, "sysmemctl: hold: %s%s%s\n", sysmem_status_name(status),
                  text == NULL ? "" : ": ", text == NULL ? "" : text);
    if (hold->allocator == NULL) {
        (void)fprintf(stderr, "no daemon to be reached; start one: sysmemd%s%s\n",
                      path == NULL ? "" : " --socket ", path == NULL ? "" : path);
    }
    sysmem_failure_free(failure);
}

/* Until SIGINT or SIGTERM, or the time is over. */
static void keep(const struct wanted *wanted, const sigset_t *ends)
{
    const struct timespec time = {.tv_sec = (time_t)wanted->seconds};
    if (wanted->seconds == 0) {
        int number;
        (void)sigwait(ends, &number);
    } else {
        (void)sigtimedwait(ends, NULL, &time);
    }
}

static int hold_and_wait(const struct wanted *wanted, const char *path)
{
    struct hold hold = {0};
    sigset_t ends;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGINT);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &ends, NULL);
    sysmem_status_t status = take(&hold, wanted, path);
    if (status == 0) {
        char size[16];
        uint64_t id = 0;
        (void)sysmem_node_get_buffer_collection_id(sysmem_collection_node(hold.collection),
                                                   ZX_TIME_INFINITE, &id);
        (void)printf("collection %" PRIu64 " holds %u buffers of %s of %s %" PRIu64 "%s\n", id,
                     wanted->count, text_size(wanted->bytes, size), wanted->heap_type,
                     wanted->heap_id, wanted->contiguous ? ", each of them contiguous" : "");
        (void)fflush(stdout);
        keep(wanted, &ends);
        (void)sysmem_node_release(sysmem_collection_node(hold.collection));
    } else {
        print_refusal(&hold, status, path);
    }
    sysmem_collection_info_free(hold.info);
    sysmem_collection_free(hold.collection);
    sysmem_allocator_free(hold.allocator);
    return status == 0 ? EXIT_DONE : EXIT_REFUSED;
}

int command_hold(int argc, char **argv, const char *socket_path)
{
    const char *bytes = "1MiB";
    const char *count = "1";
    const char *id = "0";
    const char *contiguous = NULL;
    const char *seconds = "0";
    const struct options_own own[] = {
        {"count",      "N",    "Buffers, 1 to 128; 1",                                   &count     },
        {"size",       "SIZE", "Bytes of each buffer, like 64K or 16MiB; 1MiB",          &bytes     },
        {"contiguous", NULL,   "Physically contiguous ones",                             &contiguous},
        {"seconds",    "N",    "End after that time; 0 (the default): when interrupted", &seconds   },
        {"id",         "ID",   "The heap's id; 0",                                       &id        },
    };
    const struct options_spec spec = {
        .argument = "[HEAP]",
        .own = own,
        .own_count = sizeof(own) / sizeof(own[0]),
        .doc =
            "Take buffers from a heap (a heap type as 'sysmemctl heaps' shows it; system RAM) and "
            "keep them until interrupted, to see how others do with what is left."};
    struct options options = {.socket_path = socket_path};
    options_parse(argc, argv, &spec, &options);
    struct wanted wanted = {
        .heap_type = options.argument == NULL ? SYSMEM_HEAP_TYPE_SYSTEM_RAM : options.argument,
        .contiguous = contiguous != NULL,
    };
    uint64_t buffers = 0;
    if (!byte_count_parse(bytes, &wanted.bytes) || wanted.bytes == 0) {
        return refuse("--size like 4096, 64K or 16MiB");
    }
    if (!byte_count_parse(count, &buffers) || buffers == 0 || buffers > MAX_BUFFERS) {
        return refuse("--count from 1 to 128");
    }
    if (!byte_count_parse(id, &wanted.heap_id) || !byte_count_parse(seconds, &wanted.seconds) ||
        wanted.seconds > INT32_MAX) {
        return refuse("numbers for --id and --seconds");
    }
    wanted.count = (uint32_t)buffers;
    return hold_and_wait(&wanted, options.socket_path);
}
