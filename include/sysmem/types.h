/* The protocol's tables as plain C structs: one representation for client, solver and server.
 *
 * Presence: a table's `has` holds one flag for each optional field, under the field's own name. A
 * field whose flag is false is unset, whatever its value. SYSMEM_SET() sets both. A zeroed table is
 * empty.
 *
 * Ownership: a table never owns what its pointers name. Tables passed to the library are borrowed
 * for the call; tables in results belong to the result object and die with it.
 *
 * Layout: programs are built with it. It stays as it is for all libraries of one soname; a table
 * that grows makes a new one.
 *
 * Source: spec/fuchsia.sysmem2.txt, STRUCTS, ENUMS, TABLES. Field order is the document's.
 */
#ifndef SYSMEM_TYPES_H
#define SYSMEM_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

/* Sets a field of a table and marks it: SYSMEM_SET(&usage, cpu, SYSMEM_CPU_USAGE_READ). */
#define SYSMEM_SET(table, field, ...)                                                              \
    ((table)->field = __VA_ARGS__, (void)((table)->has.field = true))

/* Points a vector field of a table at an array: SYSMEM_SET_VECTOR(&c, color_spaces, spaces, 2). */
#define SYSMEM_SET_VECTOR(table, field, items, count)                                              \
    ((table)->field = (items), (table)->field##_count = (count), (void)((table)->has.field = true))

/* fuchsia.math/SizeU: pixels. */
struct sysmem_size {
    uint32_t width;
    uint32_t height;
};

/* CoherencyDomain (flexible: values that this header does not name may arrive). */
enum {
    SYSMEM_COHERENCY_DOMAIN_CPU = 0,
    SYSMEM_COHERENCY_DOMAIN_RAM = 1,
    SYSMEM_COHERENCY_DOMAIN_INACCESSIBLE = 2,
};

/* The heap type of the machine's memory; the one instance has id 0. */
#define SYSMEM_HEAP_TYPE_SYSTEM_RAM "fuchsia.sysmem.heap.HEAP_TYPE.SYSTEM_RAM"

/* An extension: the usual heap type of memory that only who has it mapped can read. */
#define SYSMEM_HEAP_TYPE_CONFIDENTIAL "sysmem.heap.CONFIDENTIAL"

/* Heap: a reference to a heap instance. heap_type is at most 128 bytes of UTF-8. */
struct sysmem_heap {
    const char *heap_type;
    uint64_t id;
    struct {
        bool heap_type;
        bool id;
    } has;
};

/* BufferUsage: bits from <sysmem/usage.h>. */
struct sysmem_buffer_usage {
    uint32_t none;
    uint32_t cpu;
    uint32_t vulkan;
    uint32_t display;
    uint32_t video;
    struct {
        bool none;
        bool cpu;
        bool vulkan;
        bool display;
        bool video;
    } has;
};

/* BufferMemoryConstraints: sizes in bytes. */
struct sysmem_buffer_memory_constraints {
    uint64_t min_size_bytes;
    uint64_t max_size_bytes;
    bool physically_contiguous_required;
    bool secure_required;
    bool cpu_domain_supported;
    bool ram_domain_supported;
    bool inaccessible_domain_supported;
    const struct sysmem_heap *permitted_heaps; /* at most 64 */
    size_t permitted_heaps_count;
    struct {
        bool min_size_bytes;
        bool max_size_bytes;
        bool physically_contiguous_required;
        bool secure_required;
        bool cpu_domain_supported;
        bool ram_domain_supported;
        bool inaccessible_domain_supported;
        bool permitted_heaps;
    } has;
};

/* PixelFormatAndModifier, a struct: both fields are always there. Values from <sysmem/format.h>. */
struct sysmem_pixel_format_and_modifier {
    uint32_t pixel_format;
    uint64_t pixel_format_modifier;
};

/* ImageFormatConstraints: sizes in pixels, rows, divisors and offsets in bytes. */
struct sysmem_image_format_constraints {
    uint32_t pixel_format;
    uint64_t pixel_format_modifier;
    const uint32_t *color_spaces; /* at most 32 */
    size_t color_spaces_count;
    struct sysmem_size min_size;
    struct sysmem_size max_size;
    uint32_t min_bytes_per_row;
    uint32_t max_bytes_per_row;
    uint64_t max_width_times_height;
    struct sysmem_size size_alignment;
    struct sysmem_size display_rect_alignment;
    struct sysmem_size required_min_size;
    struct sysmem_size required_max_size;
    uint32_t bytes_per_row_divisor;
    uint32_t start_offset_divisor;
    const struct sysmem_pixel_format_and_modifier *pixel_format_and_modifiers; /* at most 64 */
    size_t pixel_format_and_modifiers_count;
    bool require_bytes_per_row_at_pixel_boundary;
    bool is_alpha_present;
    struct {
        bool pixel_format;
        bool pixel_format_modifier;
        bool color_spaces;
        bool min_size;
        bool max_size;
        bool min_bytes_per_row;
        bool max_bytes_per_row;
        bool max_width_times_height;
        bool size_alignment;
        bool display_rect_alignment;
        bool required_min_size;
        bool required_max_size;
        bool bytes_per_row_divisor;
        bool start_offset_divisor;
        bool pixel_format_and_modifiers;
        bool require_bytes_per_row_at_pixel_boundary;
        bool is_alpha_present;
    } has;
};

/* BufferCollectionConstraints: what one participant asks for. */
struct sysmem_buffer_collection_constraints {
    struct sysmem_buffer_usage usage;
    uint32_t min_buffer_count_for_camping;
    uint32_t min_buffer_count_for_dedicated_slack;
    uint32_t min_buffer_count_for_shared_slack;
    uint32_t min_buffer_count;
    uint32_t max_buffer_count;
    struct sysmem_buffer_memory_constraints buffer_memory_constraints;
    const struct sysmem_image_format_constraints *image_format_constraints; /* at most 64 */
    size_t image_format_constraints_count;
    struct {
        bool usage;
        bool min_buffer_count_for_camping;
        bool min_buffer_count_for_dedicated_slack;
        bool min_buffer_count_for_shared_slack;
        bool min_buffer_count;
        bool max_buffer_count;
        bool buffer_memory_constraints;
        bool image_format_constraints;
    } has;
};

/* BufferMemorySettings. size_bytes is exact, not rounded to pages. */
struct sysmem_buffer_memory_settings {
    uint64_t size_bytes;
    bool is_physically_contiguous;
    bool is_secure;
    uint32_t coherency_domain; /* SYSMEM_COHERENCY_DOMAIN_*, or a value from a newer server */
    struct sysmem_heap heap;
    struct {
        bool size_bytes;
        bool is_physically_contiguous;
        bool is_secure;
        bool coherency_domain;
        bool heap;
    } has;
};

/* SingleBufferSettings: what aggregation decided, for all buffers of a collection. */
struct sysmem_single_buffer_settings {
    struct sysmem_buffer_memory_settings buffer_settings;
    struct sysmem_image_format_constraints image_format_constraints;
    struct {
        bool buffer_settings;
        bool image_format_constraints;
    } has;
};

/* VmoBuffer. The handles are the result's that holds this table, until they are taken from it. */
struct sysmem_vmo_buffer {
    zx_handle_t vmo;
    uint64_t vmo_usable_start;
    zx_handle_t close_weak_asap;
    struct {
        bool vmo;
        bool vmo_usable_start;
        bool close_weak_asap;
    } has;
};

/* BufferCollectionInfo: the outcome of a successful allocation. At most 128 buffers. */
struct sysmem_buffer_collection_info {
    struct sysmem_single_buffer_settings settings;
    const struct sysmem_vmo_buffer *buffers;
    size_t buffers_count;
    uint64_t buffer_collection_id;
    struct {
        bool settings;
        bool buffers;
        bool buffer_collection_id;
    } has;
};

/* FormatCostKey and FormatCostEntry: configuration, see docs/solver.md. */
struct sysmem_format_cost_key {
    uint32_t pixel_format;
    uint64_t pixel_format_modifier;
    struct sysmem_buffer_usage buffer_usage_bits;
    struct {
        bool pixel_format;
        bool pixel_format_modifier;
        bool buffer_usage_bits;
    } has;
};

struct sysmem_format_cost_entry {
    struct sysmem_format_cost_key key;
    float cost;
    struct {
        bool key;
        bool cost;
    } has;
};

#endif
