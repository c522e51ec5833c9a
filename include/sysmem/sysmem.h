/* The whole client interface of sysmem for Linux. */
#ifndef SYSMEM_SYSMEM_H
#define SYSMEM_SYSMEM_H

#include <sysmem/allocator.h>
#include <sysmem/channel.h>
#include <sysmem/collection.h>
#include <sysmem/discard.h>
#include <sysmem/drm_format.h>
#include <sysmem/error.h>
#include <sysmem/failure.h>
#include <sysmem/ffmpeg_format.h>
#include <sysmem/format.h>
#include <sysmem/group.h>
#include <sysmem/gstreamer_format.h>
#include <sysmem/handle.h>
#include <sysmem/heap_provider.h>
#include <sysmem/image_format.h>
#include <sysmem/node.h>
#include <sysmem/pixel_format.h>
#include <sysmem/registry.h>
#include <sysmem/secure_mem_provider.h>
#include <sysmem/token.h>
#include <sysmem/types.h>
#include <sysmem/usage.h>
#include <sysmem/v4l2_format.h>
#include <sysmem/wl_shm_format.h>
#include <zircon/syscalls.h>

#endif
