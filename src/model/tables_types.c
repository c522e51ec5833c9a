#include <sysmem/types.h>

#include "model/names.h"
#include "model/table_rows.h"
#include "model/tables.h"

#define T struct sysmem_size
static const struct model_field size_fields[] = {
    ALWAYS_U32(1, width),
    ALWAYS_U32(2, height),
};
const struct model_type model_type_size = TYPE("SizeU", size_fields);
#undef T

#define T struct sysmem_pixel_format_and_modifier
static const struct model_field pixel_format_and_modifier_fields[] = {
    ALWAYS_U32_NAMED(1, pixel_format, model_pixel_format_names),
    ALWAYS_U64_NAMED(2, pixel_format_modifier, model_pixel_format_modifier_names),
};
const struct model_type model_type_pixel_format_and_modifier =
    TYPE("PixelFormatAndModifier", pixel_format_and_modifier_fields);
#undef T

#define T struct sysmem_heap
static const struct model_field heap_fields[] = {
    STRING(1, heap_type, 128),
    U64(2, id),
};
const struct model_type model_type_heap = TYPE("Heap", heap_fields);
#undef T

#define T struct sysmem_buffer_usage
static const struct model_field buffer_usage_fields[] = {
    U32_NAMED(1, none, model_none_usage_names),
    U32_NAMED(2, cpu, model_cpu_usage_names),
    U32_NAMED(3, vulkan, model_vulkan_usage_names),
    U32_NAMED(4, display, model_display_usage_names),
    U32_NAMED(5, video, model_video_usage_names),
};
const struct model_type model_type_buffer_usage = TYPE("BufferUsage", buffer_usage_fields);
#undef T

#define T struct sysmem_buffer_memory_constraints
static const struct model_field buffer_memory_constraints_fields[] = {
    U64(1, min_size_bytes),
    U64(2, max_size_bytes),
    BOOL(3, physically_contiguous_required),
    BOOL(4, secure_required),
    BOOL(5, cpu_domain_supported),
    BOOL(6, ram_domain_supported),
    BOOL(7, inaccessible_domain_supported),
    TABLES(8, permitted_heaps, 64, model_type_heap),
};
const struct model_type model_type_buffer_memory_constraints =
    TYPE("BufferMemoryConstraints", buffer_memory_constraints_fields);
#undef T

#define T struct sysmem_image_format_constraints
static const struct model_field image_format_constraints_fields[] = {
    U32_NAMED(1, pixel_format, model_pixel_format_names),
    U64_NAMED(2, pixel_format_modifier, model_pixel_format_modifier_names),
    U32S_NAMED(3, color_spaces, 32, model_color_space_names),
    TABLE(4, min_size, model_type_size),
    TABLE(5, max_size, model_type_size),
    U32(6, min_bytes_per_row),
    U32(7, max_bytes_per_row),
    U64(8, max_width_times_height),
    TABLE(9, size_alignment, model_type_size),
    TABLE(10, display_rect_alignment, model_type_size),
    TABLE(11, required_min_size, model_type_size),
    TABLE(12, required_max_size, model_type_size),
    U32(13, bytes_per_row_divisor),
    U32(14, start_offset_divisor),
    TABLES(15, pixel_format_and_modifiers, 64, model_type_pixel_format_and_modifier),
    BOOL(16, require_bytes_per_row_at_pixel_boundary),
    BOOL(17, is_alpha_present),
};
const struct model_type model_type_image_format_constraints =
    TYPE("ImageFormatConstraints", image_format_constraints_fields);
#undef T

#define T struct sysmem_buffer_collection_constraints
static const struct model_field buffer_collection_constraints_fields[] = {
    TABLE(1, usage, model_type_buffer_usage),
    U32(2, min_buffer_count_for_camping),
    U32(3, min_buffer_count_for_dedicated_slack),
    U32(4, min_buffer_count_for_shared_slack),
    U32(5, min_buffer_count),
    U32(6, max_buffer_count),
    TABLE(7, buffer_memory_constraints, model_type_buffer_memory_constraints),
    TABLES(8, image_format_constraints, 64, model_type_image_format_constraints),
};
const struct model_type model_type_buffer_collection_constraints =
    TYPE("BufferCollectionConstraints", buffer_collection_constraints_fields);
#undef T

#define T struct sysmem_buffer_memory_settings
static const struct model_field buffer_memory_settings_fields[] = {
    U64(1, size_bytes),
    BOOL(2, is_physically_contiguous),
    BOOL(3, is_secure),
    U32_NAMED(4, coherency_domain, model_coherency_domain_names),
    TABLE(5, heap, model_type_heap),
};
const struct model_type model_type_buffer_memory_settings =
    TYPE("BufferMemorySettings", buffer_memory_settings_fields);
#undef T

#define T struct sysmem_single_buffer_settings
static const struct model_field single_buffer_settings_fields[] = {
    TABLE(1, buffer_settings, model_type_buffer_memory_settings),
    TABLE(2, image_format_constraints, model_type_image_format_constraints),
};
const struct model_type model_type_single_buffer_settings =
    TYPE("SingleBufferSettings", single_buffer_settings_fields);
#undef T

#define T struct sysmem_vmo_buffer
static const struct model_field vmo_buffer_fields[] = {
    HANDLE(1, vmo, MODEL_HANDLE_VMO),
    U64(2, vmo_usable_start),
    HANDLE(3, close_weak_asap, MODEL_HANDLE_EVENTPAIR),
};
const struct model_type model_type_vmo_buffer = TYPE("VmoBuffer", vmo_buffer_fields);
#undef T

#define T struct sysmem_buffer_collection_info
static const struct model_field buffer_collection_info_fields[] = {
    TABLE(1, settings, model_type_single_buffer_settings),
    TABLES(2, buffers, 128, model_type_vmo_buffer),
    U64(3, buffer_collection_id),
};
const struct model_type model_type_buffer_collection_info =
    TYPE("BufferCollectionInfo", buffer_collection_info_fields);
#undef T

#define T struct sysmem_format_cost_key
static const struct model_field format_cost_key_fields[] = {
    U32_NAMED(1, pixel_format, model_pixel_format_names),
    U64_NAMED(2, pixel_format_modifier, model_pixel_format_modifier_names),
    TABLE(3, buffer_usage_bits, model_type_buffer_usage),
};
const struct model_type model_type_format_cost_key = TYPE("FormatCostKey", format_cost_key_fields);
#undef T

#define T struct sysmem_format_cost_entry
static const struct model_field format_cost_entry_fields[] = {
    TABLE(1, key, model_type_format_cost_key),
    F32(2, cost),
};
const struct model_type model_type_format_cost_entry =
    TYPE("FormatCostEntry", format_cost_entry_fields);
#undef T
