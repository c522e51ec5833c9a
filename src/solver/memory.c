#include "solver/memory.h"

#include <inttypes.h>

#include "solver/text.h"

#define FIELD(name) "buffer_memory_constraints." name

bool memory_is_secure(const struct sysmem_buffer_collection_constraints *constraints)
{
    const struct sysmem_buffer_memory_constraints *table = &constraints->buffer_memory_constraints;
    return constraints->has.buffer_memory_constraints && table->has.secure_required &&
           table->secure_required;
}

void memory_init(struct memory *memory)
{
    *memory = (struct memory){
        .max_size = UINT64_MAX,
        .domains = {.cpu = true, .ram = true, .inaccessible = true},
    };
}

/* Who reads or writes with the CPU is taken to know nothing of cache maintenance; secure memory
 * cannot be reached by the CPU at all. */
static void read_domains(const struct sysmem_buffer_memory_constraints *table, bool secure,
                         bool uses_cpu, struct domains *ret)
{
    ret->cpu = table->has.cpu_domain_supported ? table->cpu_domain_supported : !secure;
    ret->ram = table->has.ram_domain_supported ? table->ram_domain_supported : !secure && !uses_cpu;
    ret->inaccessible =
        table->has.inaccessible_domain_supported ? table->inaccessible_domain_supported : !uses_cpu;
}

static bool check_secure(struct work *work, const struct memory *memory)
{
    if (!memory->domains.inaccessible) {
        return refuse(work, FIELD("inaccessible_domain_supported"),
                      "wanted true with secure_required, got false");
    }
    if (memory->domains.cpu || memory->domains.ram) {
        return refuse(work,
                      memory->domains.cpu ? FIELD("cpu_domain_supported")
                                          : FIELD("ram_domain_supported"),
                      "wanted false with secure_required, got true");
    }
    if (heap_list_secure(work->environment, &memory->heaps) == NULL) {
        return refuse(work, FIELD("secure_required"), "wanted a secure heap%s, got none%s",
                      memory->heaps.count == 0 ? "" : " among permitted_heaps",
                      heap_list_absent(work->environment, &memory->heaps, true).text);
    }
    return true;
}

static bool check(struct work *work, const struct memory *memory, const struct usage *usage)
{
    if (memory->min_size > memory->max_size) {
        return refuse(work, FIELD("min_size_bytes"),
                      "wanted at most max_size_bytes %" PRIu64 ", got %" PRIu64, memory->max_size,
                      memory->min_size);
    }
    if (usage->cpu != 0 && memory->secure) {
        return refuse(work, FIELD("secure_required"), "wanted false with usage.cpu %s, got true",
                      text_of_bits(&model_cpu_usage_names, usage->cpu).text);
    }
    if (usage->cpu != 0 && !memory->domains.cpu && !memory->domains.ram) {
        return refuse(work, FIELD("cpu_domain_supported"),
                      "wanted the CPU or the RAM domain with usage.cpu %s, got neither",
                      text_of_bits(&model_cpu_usage_names, usage->cpu).text);
    }
    return !memory->secure || check_secure(work, memory);
}

bool memory_read(struct work *work, const struct sysmem_buffer_collection_constraints *constraints,
                 const struct usage *usage, struct memory *ret)
{
    static const struct sysmem_buffer_memory_constraints unset;
    const struct sysmem_buffer_memory_constraints *table =
        constraints->has.buffer_memory_constraints ? &constraints->buffer_memory_constraints
                                                   : &unset;
    memory_init(ret);
    if (table->has.min_size_bytes) {
        ret->min_size = table->min_size_bytes;
    }
    if (table->has.max_size_bytes) {
        ret->max_size = table->max_size_bytes;
    }
    ret->contiguous =
        table->has.physically_contiguous_required && table->physically_contiguous_required;
    ret->secure = memory_is_secure(constraints);
    read_domains(table, ret->secure, usage->cpu != 0, &ret->domains);
    return heap_list_read(work, table, &ret->heaps) && check(work, ret, usage);
}

bool memory_fold(struct work *work, struct memory *memory, const struct memory *other)
{
    if (other->min_size > memory->min_size) {
        memory->min_size = other->min_size;
    }
    if (other->max_size < memory->max_size) {
        memory->max_size = other->max_size;
    }
    memory->contiguous |= other->contiguous;
    memory->secure |= other->secure;
    memory->domains.cpu &= other->domains.cpu;
    memory->domains.ram &= other->domains.ram;
    memory->domains.inaccessible &= other->domains.inaccessible;
    return heap_list_fold(work, &memory->heaps, &other->heaps);
}
