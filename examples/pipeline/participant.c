#include "participant.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define ALLOCATION_S 10 /* how long the others may take to ask */
#define LOSS_S       5  /* how long the daemon may take to notice a loss */

void participant_say(const struct participant *participant, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    (void)fprintf(stderr, "%s: %s\n", participant->name, text);
}

static bool refused(const struct participant *participant, const char *what, sysmem_status_t status)
{
    participant_say(participant, "%s: %s", what, sysmem_status_name(status));
    return false;
}

bool participant_connect(struct participant *participant, const char *name, const char *path,
                         struct report *report)
{
    *participant = (struct participant){.name = name, .report = report};
    sysmem_status_t status = sysmem_allocator_connect(path, &participant->allocator);
    if (status != 0) {
        char standard[128];
        participant_say(participant,
                        "cannot reach sysmemd at %s: %s. Start it with: sysmemd --socket PATH",
                        path ? path : sysmem_default_socket_path(standard, sizeof(standard)),
                        sysmem_status_name(status));
        return false;
    }
    status = sysmem_allocator_set_debug_client_info(participant->allocator, name, 0);
    return status == 0 || refused(participant, "telling the daemon a name", status);
}

/* Maps buffer `index` as far as its rights go. */
static bool map_buffer(struct participant *participant, size_t index)
{
    zx_vaddr_t address;
    zx_vm_option_t options = ZX_VM_PERM_READ | (participant->writable ? ZX_VM_PERM_WRITE : 0);
    zx_handle_t vmo = sysmem_collection_info_take_vmo(participant->info, index);
    participant->vmos[index] = vmo;
    participant->count = index + 1;
    zx_status_t status = zx_vmo_get_size(vmo, &participant->map_bytes);
    if (status == ZX_OK) {
        status =
            zx_vmar_map(zx_vmar_root_self(), options, 0, vmo, 0, participant->map_bytes, &address);
    }
    if (status != ZX_OK) {
        return refused(participant, "mapping a buffer", status);
    }
    participant->bases[index] =
        (void *)address; /* NOLINT(performance-no-int-to-ptr): Zircon's type */
    return true;
}

/* A participant that only reads shows that it could not write if it wanted to. */
static bool prove_read_only(struct participant *participant)
{
    zx_vaddr_t address;
    zx_status_t status = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0,
                                     participant->vmos[0], 0, participant->map_bytes, &address);
    int mode = fcntl(sysmem_handle_fd(participant->vmos[0]), F_GETFL) & O_ACCMODE;
    report_line(participant->report, "mapping_for_write", "%s", sysmem_status_name(status));
    if (status != ZX_ERR_ACCESS_DENIED || mode != O_RDONLY) {
        participant_say(participant, "buffers that are to be read only can be written");
        return false;
    }
    return true;
}

static void report_inodes(struct participant *participant)
{
    char list[SYSMEM_MAX_COUNT_BUFFER_COLLECTION_INFO_BUFFERS * 21] = "";
    size_t len = 0;
    for (size_t i = 0; i < participant->count; i++) {
        struct stat status;
        if (fstat(sysmem_handle_fd(participant->vmos[i]), &status) == 0) {
            len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%" PRIu64, i > 0 ? "," : "",
                                    (uint64_t)status.st_ino);
        }
    }
    report_line(participant->report, "inodes", "%s", list);
}

static bool take_buffers(struct participant *participant, struct sysmem_size size)
{
    const struct sysmem_buffer_collection_info *info =
        sysmem_collection_info_get(participant->info);
    if (info->buffers_count > SYSMEM_MAX_COUNT_BUFFER_COLLECTION_INFO_BUFFERS ||
        !picture_layout_init(&participant->layout, &info->settings, size)) {
        participant_say(participant, "the daemon decided on something that nobody asked for");
        return false;
    }
    for (size_t i = 0; i < info->buffers_count; i++) {
        if (!map_buffer(participant, i)) {
            return false;
        }
    }
    wish_report_outcome(info, &participant->layout, participant->report);
    report_line(participant->report, "access", "%s",
                participant->writable ? "read-write" : "read-only");
    report_inodes(participant);
    return participant->writable || prove_read_only(participant);
}

bool participant_join(struct participant *participant, struct sysmem_token *token,
                      const struct wish *wish, struct sysmem_size size)
{
    struct wish_tables asked;
    wish_fill(wish, &asked);
    wish_report(wish, participant->report);
    participant->writable =
        (wish->cpu_usage & (SYSMEM_CPU_USAGE_WRITE | SYSMEM_CPU_USAGE_WRITE_OFTEN)) != 0;
    sysmem_status_t status = sysmem_allocator_bind_shared_collection(participant->allocator, token,
                                                                     &participant->collection);
    if (status != 0) {
        return refused(participant, "turning the token in", status);
    }
    status = sysmem_collection_set_constraints(participant->collection, &asked.constraints);
    if (status == 0) {
        status = sysmem_collection_wait_for_all_buffers_allocated(
            participant->collection, zx_deadline_after(ZX_SEC(ALLOCATION_S)), &participant->info);
    }
    return status == 0 ? take_buffers(participant, size)
                       : refused(participant, "waiting for buffers", status);
}

struct picture participant_picture(const struct participant *participant, size_t index)
{
    return picture_at(&participant->layout, participant->bases[index]);
}

int participant_fd(const struct participant *participant)
{
    return sysmem_channel_get_fd(
        sysmem_node_channel(sysmem_collection_node(participant->collection)));
}

bool participant_has_failed(struct participant *participant)
{
    return sysmem_channel_process(
               sysmem_node_channel(sysmem_collection_node(participant->collection))) != 0;
}

/* Waits until the daemon closes the collection's channel. */
static sysmem_status_t wait_for_failure(struct participant *participant)
{
    struct sysmem_node *node = sysmem_collection_node(participant->collection);
    zx_time_t deadline = zx_deadline_after(ZX_SEC(LOSS_S));
    for (;;) {
        sysmem_status_t status = sysmem_channel_process(sysmem_node_channel(node));
        zx_duration_t left = deadline - zx_clock_get_monotonic();
        if (status != 0 || left <= 0) {
            return status;
        }
        struct pollfd ready = {.fd = sysmem_channel_get_fd(sysmem_node_channel(node)),
                               .events = sysmem_channel_get_events(sysmem_node_channel(node))};
        (void)poll(&ready, 1, (int)(left / ZX_MSEC(1)) + 1);
    }
}

void participant_report_loss(struct participant *participant, const char *who)
{
    sysmem_status_t status = wait_for_failure(participant);
    const char *said = status != 0 ? sysmem_status_name(status) : "still open";
    uint64_t sum = 0;
    for (size_t i = 0; i < participant->count; i++) {
        const unsigned char *bytes = participant->bases[i];
        for (uint64_t j = 0; j < participant->layout.bytes; j++) {
            sum += bytes[j];
        }
    }
    participant_say(
        participant,
        "lost %s; the collection's channel: %s; %zu buffers are still mapped (sum of all bytes: %" PRIu64
        ")",
        who, said, participant->count, sum);
    report_line(participant->report, "lost", "%s", who);
    report_line(participant->report, "collection", "%s", said);
    report_line(participant->report, "still_mapped", "%zu", participant->count);
}

void participant_leave(struct participant *participant, bool good_bye)
{
    for (size_t i = 0; i < participant->count; i++) {
        if (participant->bases[i]) {
            (void)zx_vmar_unmap(zx_vmar_root_self(), (zx_vaddr_t)participant->bases[i],
                                participant->map_bytes);
        }
        (void)zx_handle_close(participant->vmos[i]);
    }
    if (good_bye && participant->collection) {
        (void)sysmem_node_release(sysmem_collection_node(participant->collection));
    }
    sysmem_collection_info_free(participant->info);
    sysmem_collection_free(participant->collection);
    sysmem_allocator_free(participant->allocator);
    *participant = (struct participant){.name = participant->name};
}
