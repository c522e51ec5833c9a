/* Constraints in the usual poses, besides cpu_constraints() of support/participant.h. */
#ifndef CONFORMANCE_WISHES_H
#define CONFORMANCE_WISHES_H

#include <stddef.h>
#include <stdint.h>

#include <sysmem/sysmem.h>

/* Lists of one color space. */
extern const uint32_t srgb[1];
extern const uint32_t rec709[1];
extern const uint32_t rec2100[1];
extern const uint32_t passthrough[1];
extern const uint32_t any_color_space[1]; /* DO_NOT_CARE */

/* One format without a modifier, with one color space and a smallest size in pixels. */
struct sysmem_image_format_constraints image_of(uint32_t format, const uint32_t *color_space,
                                                uint32_t width, uint32_t height);

/* The same without a size. */
struct sysmem_image_format_constraints image_of_any_size(uint32_t format,
                                                         const uint32_t *color_space);

/* A participant that reads and writes images by CPU, says nothing of memory, and camps on one
 * buffer. Borrows `images`. */
struct sysmem_buffer_collection_constraints image_wish(
    const struct sysmem_image_format_constraints *images, size_t count);

/* Makes it a participant that does not use the buffers. */
void wish_for_no_use(struct sysmem_buffer_collection_constraints *wish);

#endif
