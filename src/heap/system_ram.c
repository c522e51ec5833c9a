/* System RAM: one sealed memfd a buffer. */
#include <stdlib.h>

#include "base/fd.h"
#include "base/list.h"
#include "heap/file_heap.h"
#include "os/memfile.h"

/* The usual size of a huge page. */
#define HUGE_BYTES (2ULL * 1024 * 1024)

struct system_ram {
    struct file_heap files;
    int dir; /* see memfile_open_dir() */
    enum heap_commit commit;
};

static int system_ram_make(const struct file_heap *files, const char *name, uint64_t size,
                           int *ret_fd, char why[FILE_HEAP_WHY])
{
    (void)why; /* errno says it */
    const struct system_ram *ram = container_of(files, const struct system_ram, files);
    bool huge = ram->commit == HEAP_COMMIT_HUGE && size >= HUGE_BYTES;
    bool at_once = ram->commit != HEAP_COMMIT_LAZY && !huge;
    FD_CLEANUP int fd = -1;
    int status = memfile_new(ram->dir, name, size, at_once, &fd);
    if (status == 0 && huge) {
        status = memfile_commit_huge(fd, size);
    }
    if (status == 0) {
        *ret_fd = fd_take(&fd);
    }
    return status;
}

static void system_ram_free(struct file_heap *files)
{
    struct system_ram *ram = container_of(files, struct system_ram, files);
    fd_close(&ram->dir);
    free(ram);
}

static const struct heap_ops system_ram_ops = {
    .allocate = file_heap_allocate,
    .release = file_heap_release,
    .free = file_heap_free,
};

static const struct file_heap_kind system_ram_kind = {system_ram_make, system_ram_free};

struct heap *heap_system_ram_new(struct executor *executor, enum heap_commit commit)
{
    struct system_ram *ram = calloc(1, sizeof(*ram));
    if (ram == NULL || memfile_open_dir(&ram->dir) < 0) {
        free(ram);
        return NULL;
    }
    ram->commit = commit;
    ram->files = (struct file_heap){
        .kind = &system_ram_kind,
        .executor = executor,
        .quick_make_bytes = commit == HEAP_COMMIT_LAZY ? UINT64_MAX : FILE_HEAP_QUICK_BYTES,
        .quick_close_bytes = FILE_HEAP_QUICK_BYTES,
    };
    struct heap *heap = &ram->files.heap;
    *heap = (struct heap){
        .ops = &system_ram_ops,
        .backend = "system_ram",
        .id = {.heap_type = SYSMEM_HEAP_TYPE_SYSTEM_RAM,
               .id = 0,
               .has = {.heap_type = true, .id = true}},
        .ready = true,
    };
    /* CPU, RAM and INACCESSIBLE: coherent for every processor and driver of the machine. */
    heap->properties = (struct heap_properties){
        .cpu_supported = true,
        .ram_supported = true,
        .inaccessible_supported = true,
        .max_size_bytes = UINT64_MAX,
        .charge = commit == HEAP_COMMIT_LAZY ? HEAP_CHARGES_TOUCHER : HEAP_CHARGES_DAEMON,
    };
    return heap;
}
