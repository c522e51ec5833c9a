/* What other systems call the pixel formats: the same bytes in the same order in memory. Pure.
 *
 * The interface names formats of whole bytes in the order of memory (R8G8B8A8: first R), as
 * GStreamer, FFmpeg and most of V4L2 do, and packed ones from the highest bit of a little-endian
 * word down (R5G6B5, A2R10G10B10), as Vulkan does. DRM and wl_shm name all of them that second way:
 * R8G8B8A8 is their ABGR8888. A format for which a system has only something similar has no
 * counterpart there.
 *
 * Source: drm_fourcc.h of libdrm, wayland-client-protocol.h, linux/videodev2.h with the kernel's
 * Userspace API page on pixel formats, GStreamer's video-format.h, FFmpeg's libavutil/pixfmt.h;
 * tests/formats/ compares. */
#ifndef IMAGE_COUNTERPART_H
#define IMAGE_COUNTERPART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum counterpart_alpha {
    COUNTERPART_OPAQUE, /* there is no such channel */
    COUNTERPART_A,
    COUNTERPART_X, /* there is, and it means nothing */
};

struct counterpart {
    uint32_t pixel_format; /* SYSMEM_PIXEL_FORMAT_* */
    enum counterpart_alpha alpha;
    const char *drm;      /* a fourcc, four characters; NULL: none */
    const char *drm_name; /* after DRM_FORMAT_; wl_shm's is the same */
    const char *v4l2;
    const char *gstreamer;
    const char *ffmpeg;
};

/* All rows: one for each format, two for those with a channel A or X. R8G8B8X8 and B8G8R8X8 have
 * none of their own, see counterpart_plain_format(). */
const struct counterpart *counterparts(size_t *ret_count);

/* The format that stands for this one in the rows: for R8G8B8X8, which the interface would rather
 * not see any more, R8G8B8A8 with an X. Every other format stands for itself. */
uint32_t counterpart_plain_format(uint32_t pixel_format);

/* A fourcc as a number: its first character is the lowest byte. */
uint32_t counterpart_code(const char *fourcc);

/* wl_shm's number of a format that DRM has: the fourcc, but for the two that wl_shm had before. */
uint32_t counterpart_wl_shm(const struct counterpart *row);

/* DRM's modifier of one of the interface's, and back. False: none has the same layout, and *ret is
 * left alone. ARM's transaction elimination has none: DRM gives its bit to another thing. */
bool counterpart_drm_modifier(uint64_t modifier, uint64_t *ret);
bool counterpart_of_drm_modifier(uint64_t drm_modifier, uint64_t *ret);

#endif
