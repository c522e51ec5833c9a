/* Where in memory the channels of each pixel format are: written down for the tests by themselves,
 * from the interface's names. What headers say of their formats, and what tools write, is held
 * against it. */
#ifndef FORMATS_MEMORY_ORDER_H
#define FORMATS_MEMORY_ORDER_H

#include <stdbool.h>
#include <stdint.h>

/* Whether that is what drm_fourcc.h and wayland-client-protocol.h describe: "[31:0] A:B:G:R 8:8:8:8
 * little endian", "2x2 subsampled Cr:Cb plane". x_for_a: where the format has an A, they say x. */
bool memory_order_is_drm(uint32_t format, bool x_for_a, const char *text);

/* The same of linux/videodev2.h: "32  BGRA-8-8-8-8", "12  Y/CbCr 4:2:0". */
bool memory_order_is_v4l2(uint32_t format, bool x_for_a, const char *text);

/* A channel of the pixel in the middle of a linear image with the shortest rows, from 0 to 1. Both
 * sides are multiples of 4. Channels: 'R', 'G', 'B', 'A'; 'Y', 'U', 'V'. A value below 0: the
 * format does not have it. */
double memory_order_read(uint32_t format, const uint8_t *image, uint32_t width, uint32_t height,
                         char channel);

#endif
