#include "objects.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

const struct objects_case objects_cases[OBJECTS_CASES] = {
    {"create",     "zx_vmo_create, close of 4 KiB", 0,      1.5, {create_floor, create_real}},
    {"map",        "zx_vmar_map, unmap of 4 KiB",   0,      1.5, {map_floor, map_real}      },
    {"map_10000",  "the same among 10,000",         10000,  1.5, {map_floor, map_real}      },
    {"map_30000",  "the same among 30,000",         30000,  1.5, {map_floor, map_real}      },
    {"map_100000", "the same among 100,000",        100000, 1.5, {map_floor, map_real}      },
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

static int scene_init(struct scene *scene, uint32_t mappings)
{
    const zx_vm_option_t all = ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE;
    zx_vaddr_t at;
    *scene = (struct scene){.fd = memfd_create("bench", MFD_CLOEXEC)};
    if (scene->fd < 0 || ftruncate(scene->fd, PAGE) < 0) {
        return -errno;
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
    if (scene->fd >= 0) {
        (void)close(scene->fd);
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
