#include "tee/driver.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <zircon/syscalls.h>

#include "base/log.h"

/* A call, from before it is done until it is answered. */
struct call {
    struct driver *driver;
    const char *name;
    enum trap_kind trap;
    const char *why; /* of a refusal */
};

static struct call begin(void *arg, const char *name)
{
    struct call call = {.driver = arg, .name = name};
    call.trap = traps_spring(&call.driver->traps, name);
    if (call.trap == TRAP_EXIT) {
        log_warning("%s: ends, as it was told to", name);
        _exit(EXIT_FAILURE);
    }
    if (call.trap == TRAP_STOP) {
        log_warning("%s: stops, as it was told to", name);
        (void)raise(SIGSTOP);
    }
    return call;
}

static bool fails(struct call *call)
{
    call->why = call->trap == TRAP_FAIL ? "it was told to fail" : call->why;
    return call->trap == TRAP_FAIL;
}

static uint32_t end(const struct call *call, uint32_t err,
                    const struct sysmem_secure_heap_range *range)
{
    const struct sysmem_secure_heap_range none = {0};
    const struct sysmem_secure_heap_range *at = range == NULL ? &none : range;
    if (err == 0) {
        log_info("%s 0x%" PRIx64 "+0x%" PRIx64 ": done", call->name, at->physical_address,
                 at->size_bytes);
    } else {
        log_warning("%s 0x%" PRIx64 "+0x%" PRIx64 ": %s: %s", call->name, at->physical_address,
                    at->size_bytes, sysmem_status_name((sysmem_status_t)err),
                    call->why == NULL ? "no reason" : call->why);
    }
    if (call->trap == TRAP_EXIT_AFTER) {
        log_warning("%s: ends without an answer, as it was told to", call->name);
        _exit(EXIT_FAILURE);
    }
    return err;
}

static uint32_t get_dynamic(void *arg, struct sysmem_secure_heap *ret_heaps, size_t *ret_count)
{
    struct call call = begin(arg, "dynamic");
    uint32_t err =
        fails(&call) ? SYSMEM_ERROR_UNSPECIFIED
                     : hardware_get_dynamic(call.driver->hardware, ret_heaps, ret_count, &call.why);
    return end(&call, err, NULL);
}

static uint32_t get_physical(void *arg, struct sysmem_secure_heap *ret_heaps, size_t *ret_count)
{
    struct call call = begin(arg, "physical");
    uint32_t err = fails(&call) ? SYSMEM_ERROR_UNSPECIFIED
                                : hardware_get_physical(call.driver->hardware, ret_heaps, ret_count,
                                                        &call.why);
    return end(&call, err, NULL);
}

static uint32_t get_properties(void *arg, const struct sysmem_heap *heap,
                               const struct sysmem_secure_heap_range *range,
                               struct sysmem_secure_heap_properties *ret)
{
    struct call call = begin(arg, "properties");
    uint32_t err =
        fails(&call) ? SYSMEM_ERROR_UNSPECIFIED
                     : hardware_get_properties(call.driver->hardware, heap, range, ret, &call.why);
    return end(&call, err, range);
}

static uint32_t add_range(void *arg, const struct sysmem_heap *heap,
                          const struct sysmem_secure_heap_range *range)
{
    struct call call = begin(arg, "add");
    uint32_t err = fails(&call) ? SYSMEM_ERROR_UNSPECIFIED
                                : hardware_add(call.driver->hardware, heap, range, &call.why);
    return end(&call, err, range);
}

static uint32_t delete_range(void *arg, const struct sysmem_heap *heap,
                             const struct sysmem_secure_heap_range *range)
{
    struct call call = begin(arg, "delete");
    uint32_t err = fails(&call) ? SYSMEM_ERROR_UNSPECIFIED
                                : hardware_delete(call.driver->hardware, heap, range, &call.why);
    return end(&call, err, range);
}

static uint32_t modify_range(void *arg, const struct sysmem_heap *heap,
                             const struct sysmem_secure_heap_range *old_range,
                             const struct sysmem_secure_heap_range *new_range)
{
    struct call call = begin(arg, "modify");
    uint32_t err = fails(&call) ? SYSMEM_ERROR_UNSPECIFIED
                                : hardware_modify(call.driver->hardware, heap, old_range, new_range,
                                                  &call.why);
    return end(&call, err, new_range);
}

static uint32_t zero_sub_range(void *arg, const struct sysmem_heap *heap,
                               const struct sysmem_secure_heap_range *range, bool is_explicit)
{
    struct call call = begin(arg, "zero");
    uint32_t err = fails(&call)
                       ? SYSMEM_ERROR_UNSPECIFIED
                       : hardware_zero(call.driver->hardware, heap, range, is_explicit, &call.why);
    return end(&call, err, range);
}

static uint32_t set_memory(void *arg, const struct sysmem_heap *heap,
                           const struct sysmem_secure_heap_range *range, zx_handle_t memory)
{
    struct call call = begin(arg, "memory");
    if (fails(&call)) {
        (void)zx_handle_close(memory);
        return end(&call, SYSMEM_ERROR_UNSPECIFIED, range);
    }
    return end(&call, hardware_set_memory(call.driver->hardware, heap, range, memory, &call.why),
               range);
}

static void closed(void *arg, sysmem_status_t why)
{
    log_info("the daemon asks for nothing more: %s", sysmem_status_name(why));
    ((struct driver *)arg)->closed = true;
}

const struct sysmem_secure_mem_ops driver_ops = {
    .get_dynamic_secure_heaps = get_dynamic,
    .get_physical_secure_heaps = get_physical,
    .get_physical_secure_heap_properties = get_properties,
    .add_range = add_range,
    .delete_range = delete_range,
    .modify_range = modify_range,
    .zero_sub_range = zero_sub_range,
    .set_pool_memory = set_memory,
    .closed = closed,
};
