/* The model's images: every pixel format and modifier of the small world, one after the other. */
#ifndef TESTS_PROPERTY_MODEL_IMAGE_H
#define TESTS_PROPERTY_MODEL_IMAGE_H

#include "model.h"

/* Whether a participant uses the buffers. */
bool model_is_real(const struct sysmem_buffer_collection_constraints *p);

/* Whether a participant's image constraints make sense by themselves. */
bool model_images_are_sound(const struct sysmem_buffer_collection_constraints *p);

/* Whether any format is left, DO_NOT_CARE included, when all were asked what they list: pairs,
 * color spaces, alpha and divisors, but no bounds. */
bool model_formats_meet(const struct sysmem_buffer_collection_constraints *const *all,
                        size_t count);

/* The first format, by value, that all accept: fills the answer's image and color space. Lenient:
 * where there is none, DO_NOT_CARE from all is a format and a color space. */
bool model_first_format(const struct sysmem_buffer_collection_constraints *const *all, size_t count,
                        bool lenient, struct model_answer *ret);

/* The bytes that the largest image needs that all must be able to count on. An
 * image of DO_NOT_CARE needs none. */
bool model_image_bytes(const struct sysmem_image_format_constraints *table, uint64_t *ret);

#endif
