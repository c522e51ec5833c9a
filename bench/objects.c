#include "objects.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sysmem/handle.h>
#include <zircon/syscalls.h>

#include "stats.h"

#define SAMPLES 2000
#define WARM_UP 200
#define PAGE    4096U
#define SPARE   2000 /* mappings that the process has besides, with room to spare */

/* Both sides map the same kind of file, in a process with the same mappings. */
struct scene {
    int fd;
    zx_handle_t vmo;
    zx_handle_t region;
    int sockets[2];      /* against `ends` */
    zx_handle_t ends[2]; /* of a channel in this process */
    int echo;            /* another process sends back what comes */
    zx_handle_t echo_end;
    pid_t echo_process;
};

static int64_t map_floor(const struct scene *scene)
{
    int64_t start = stats_now();
    void *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, scene->fd, 0);
    if (at == MAP_FAILED || munmap(at, PAGE) != 0) {
        return -EPROTO;
    }
    return stats_now() - start;
}

static int64_t map_real(const struct scene *scene)
{
    const zx_vm_option_t perms = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE;
    zx_vaddr_t at;
    int64_t start = stats_now();
    if (zx_vmar_map(scene->region, perms, 0, scene->vmo, 0, PAGE, &at) != ZX_OK ||
        zx_vmar_unmap(scene->region, at, PAGE) != ZX_OK) {
        return -EPROTO;
    }
    return stats_now() - start;
}

static int64_t create_floor(const struct scene *scene)
{
    (void)scene;
    int64_t start = stats_now();
    int fd = memfd_create("bench", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || ftruncate(fd, PAGE) < 0 || close(fd) < 0) {
        return -EPROTO;
    }
    return stats_now() - start;
}

static int64_t create_real(const struct scene *scene)
{
    (void)scene;
    zx_handle_t vmo;
    int64_t start = stats_now();
    if (zx_vmo_create(PAGE, 0, &vmo) != ZX_OK || zx_handle_close(vmo) != ZX_OK) {
        return -EPROTO;
    }
    return stats_now() - start;
}

static int64_t channel_floor(const struct scene *scene)
{
    char bytes[64] = "";
    int64_t start = stats_now();
    if (send(scene->sockets[0], bytes, sizeof(bytes), 0) < 0 ||
        recv(scene->sockets[1], bytes, sizeof(bytes), 0) < 0) {
        return -EPROTO;
    }
    return stats_now() - start;
}

static int64_t channel_real(const struct scene *scene)
{
    char bytes[64] = "";
    uint32_t len;
    int64_t start = stats_now();
    if (zx_channel_write(scene->ends[0], 0, bytes, sizeof(bytes), NULL, 0) != ZX_OK ||
        zx_channel_read(scene->ends[1], 0, bytes, NULL, sizeof(bytes), 0, &len, NULL) != ZX_OK) {
        return -EPROTO;
    }
    return stats_now() - start;
}

static int64_t wait_floor(const struct scene *scene)
{
    char bytes[16] = "";
    struct pollfd item = {.fd = scene->echo, .events = POLLIN};
    int64_t start = stats_now();
    if (send(scene->echo, bytes, sizeof(bytes), 0) < 0 || poll(&item, 1, -1) != 1 ||
        recv(scene->echo, bytes, sizeof(bytes), 0) < 0) {
        return -EPROTO;
    }
    return stats_now() - start;
}

/* The signal for the other end comes back, and so is this end's. */
static int64_t wait_real(const struct scene *scene)
{
    int64_t start = stats_now();
    if (zx_object_signal_peer(scene->echo_end, 0, ZX_USER_SIGNAL_0) != ZX_OK ||
        zx_object_wait_one(scene->echo_end, ZX_USER_SIGNAL_0, ZX_TIME_INFINITE, NULL) != ZX_OK ||
        zx_object_signal(scene->echo_end, ZX_USER_SIGNAL_0, 0) != ZX_OK) {
        return -EPROTO;
    }
    return stats_now() - start;
}

const struct objects_case objects_cases[OBJECTS_CASES] = {
    {"create",     "zx_vmo_create, close of 4 KiB",      0,      1.5, {create_floor, create_real}  },
    {"map",        "zx_vmar_map, unmap of 4 KiB",        0,      1.5, {map_floor, map_real}        },
    {"map_10000",  "the same among 10,000",              10000,  1.5, {map_floor, map_real}        },
    {"map_30000",  "the same among 30,000",              30000,  1.5, {map_floor, map_real}        },
    {"map_100000", "the same among 100,000",             100000, 1.5, {map_floor, map_real}        },
    {"channel",    "zx_channel_write, read of 64 bytes", 0,      1.5, {channel_floor, channel_real}},
    {"wait",       "wait for another process's answer",  0,      1.5, {wait_floor, wait_real}      },
};

/* 0 or -errno. */
static int take_many(const struct scene *scene, int64_t (*take)(const struct scene *scene),
                     int64_t *times, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        times[i] = take(scene);
        if (times[i] < 0) {
            return (int)times[i];
        }
    }
    return 0;
}

/* A process that sends back what comes on either socket, until both are closed. */
static void echo_run(int first, int second)
{
    struct pollfd items[2] = {
        {.fd = first,  .events = POLLIN},
        {.fd = second, .events = POLLIN}
    };
    for (;;) {
        (void)poll(items, 2, -1);
        for (int i = 0; i < 2; i++) {
            char bytes[64];
            ssize_t len = items[i].revents == 0 ? -1 : recv(items[i].fd, bytes, sizeof(bytes), 0);
            if (len == 0 || (len > 0 && send(items[i].fd, bytes, (size_t)len, 0) < 0)) {
                _exit(0);
            }
        }
    }
}

static int echo_init(struct scene *scene)
{
    int plain[2];
    int pair[2];
    const struct sysmem_handle_info info = {.type = ZX_OBJ_TYPE_EVENTPAIR,
                                            .rights = ZX_DEFAULT_EVENTPAIR_RIGHTS};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, plain) < 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        return -errno;
    }
    scene->echo_process = fork();
    if (scene->echo_process == 0) {
        (void)close(plain[0]);
        (void)close(pair[0]);
        echo_run(plain[1], pair[1]);
    }
    (void)close(plain[1]);
    (void)close(pair[1]);
    scene->echo = plain[0];
    return sysmem_handle_from_fd(pair[0], &info, &scene->echo_end) == ZX_OK ? 0 : -EPROTO;
}

static int scene_init(struct scene *scene, uint32_t mappings)
{
    const zx_vm_option_t all = ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE;
    zx_vaddr_t at;
    *scene = (struct scene){
        .fd = memfd_create("bench", MFD_CLOEXEC), .sockets = {-1, -1},
              .echo = -1
    };
    if (scene->fd < 0 || ftruncate(scene->fd, PAGE) < 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, scene->sockets) < 0) {
        return -errno;
    }
    if (zx_channel_create(0, &scene->ends[0], &scene->ends[1]) != ZX_OK || echo_init(scene) < 0) {
        return -EPROTO;
    }
    if (zx_vmo_create(PAGE, 0, &scene->vmo) != ZX_OK ||
        zx_vmar_allocate(zx_vmar_root_self(), all, 0, (uint64_t)(mappings + 1) * PAGE,
                         &scene->region, &at) != ZX_OK) {
        return -EPROTO;
    }
    for (uint32_t i = 0; i < mappings; i++) {
        if (zx_vmar_map(scene->region, ZX_VM_PERM_READ, 0, scene->vmo, 0, PAGE, &at) != ZX_OK) {
            return -EPROTO;
        }
    }
    return 0;
}

static void scene_deinit(struct scene *scene)
{
    if (scene->region != ZX_HANDLE_INVALID) {
        (void)zx_vmar_destroy(scene->region);
    }
    (void)zx_handle_close(scene->region);
    (void)zx_handle_close(scene->vmo);
    (void)zx_handle_close_many(scene->ends, 2);
    (void)zx_handle_close(scene->echo_end);
    const int fds[] = {scene->fd, scene->sockets[0], scene->sockets[1], scene->echo};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] >= 0) {
            (void)close(fds[i]);
        }
    }
    if (scene->echo_process > 0) {
        (void)waitpid(scene->echo_process, NULL, 0);
    }
}

static int compare(const struct objects_case *of, const struct scene *scene, uint32_t rounds,
                   struct comparison *ret)
{
    static int64_t times[SAMPLES];
    static struct rounds results;
    int result = 0;
    for (uint32_t i = 0; i < SUBJECTS && result == 0; i++) {
        result = take_many(scene, of->take[i], times, WARM_UP);
    }
    for (uint32_t i = 0; i < rounds * SUBJECTS && result == 0; i++) {
        uint32_t round = i / SUBJECTS;
        uint32_t subject = rounds_turn(round, i % SUBJECTS);
        result = take_many(scene, of->take[subject], times, SAMPLES);
        rounds_record(&results, subject, round, times, SAMPLES);
    }
    if (result == 0) {
        rounds_summarize(&results, rounds, ret);
    }
    return result;
}

static unsigned long max_map_count(void)
{
    char text[32] = "";
    FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
    if (file != NULL) {
        (void)fgets(text, sizeof(text), file);
        (void)fclose(file);
    }
    return strtoul(text, NULL, 10);
}

int objects_measure(uint32_t rounds, struct comparison ret[OBJECTS_CASES])
{
    unsigned long limit = max_map_count();
    int result = 0;
    for (int i = 0; i < OBJECTS_CASES && result == 0; i++) {
        ret[i] = (struct comparison){0};
        if (objects_cases[i].mappings + SPARE > limit) {
            continue;
        }
        struct scene scene;
        result = scene_init(&scene, objects_cases[i].mappings);
        if (result == 0) {
            result = compare(&objects_cases[i], &scene, rounds, &ret[i]);
        }
        scene_deinit(&scene);
    }
    return result;
}
