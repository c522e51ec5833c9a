/* Names of enumerators and bits, as the interface spells them, for JSON, printing and logs.
 * All functions are thread-safe; the strings are constants. */
#ifndef MODEL_NAMES_H
#define MODEL_NAMES_H

#include "model/type.h"

extern const struct model_names model_pixel_format_names;
extern const struct model_names model_pixel_format_modifier_names;
extern const struct model_names model_color_space_names;
extern const struct model_names model_coherency_domain_names;
extern const struct model_names model_error_names;
extern const struct model_names model_rights_names; /* without ZX_RIGHT_ */

/* The bits of BufferUsage's fields, under the constants' full names. */
extern const struct model_names model_none_usage_names;
extern const struct model_names model_cpu_usage_names;
extern const struct model_names model_vulkan_usage_names;
extern const struct model_names model_display_usage_names;
extern const struct model_names model_video_usage_names;

/* The project's own, of the Debug protocol. */
extern const struct model_names model_debug_state_names;
extern const struct model_names model_debug_node_kind_names;
extern const struct model_names model_debug_node_flag_names;
extern const struct model_names model_debug_buffer_state_names;
extern const struct model_names model_debug_event_kind_names;

/* The name of a value (of one bit, for a mask), or NULL. */
const char *model_name_of(const struct model_names *names, uint64_t value);

/* The value of a name. False: there is no such name, and *ret_value is left alone. */
bool model_value_of(const struct model_names *names, const char *name, uint64_t *ret_value);

#endif
