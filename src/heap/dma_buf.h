/* Memory that drivers share: dma-bufs, of a dma-buf heap of the kernel or made of system RAM by
 * udmabuf. */
#ifndef HEAP_DMA_BUF_H
#define HEAP_DMA_BUF_H

#include "heap/heap.h"
#include "os/dma_device.h"

/* Both are tracked by companion and have no handle that is read-only for the kernel. The device is
 * opened when it is first found, which is looked for at each request until then, and stays open;
 * before, the heap is not ready, and says why. The memory comes zeroed, at allocation. Nobody
 * flushes caches here: for access by processor there is DMA_BUF_IOCTL_SYNC, which is the holder's
 * to call.
 *
 * Their owner sets their id and domains, of which they support all. `devices` is borrowed for good.
 * NULL: no memory. */

/* /dev/dma_heap/`name`; `name` is a file's name, without a slash. */
struct heap *heap_dma_heap_new(struct executor *executor, const struct dma_device_ops *devices,
                               const char *name);

/* Of sealed memfds as system RAM has them, by /dev/udmabuf. */
struct heap *heap_udmabuf_new(struct executor *executor, const struct dma_device_ops *devices);

#endif
