/* Which rights a participant's VMO handles have.
 * Source: spec/fuchsia.sysmem2.txt, TABLES, BufferCollectionInfo.buffers; BufferUsage. */
#ifndef SERVER_VMO_RIGHTS_H
#define SERVER_VMO_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>

#include "node/node.h"

/* What no client ever gets more than: neither EXECUTE, nor RESIZE, nor SIGNAL. */
#define VMO_RIGHTS_CEILING                                                                         \
    (ZX_RIGHT_TRANSFER | ZX_RIGHT_DUPLICATE | ZX_RIGHT_WAIT | ZX_RIGHT_INSPECT | ZX_RIGHT_READ |   \
     ZX_RIGHT_WRITE | ZX_RIGHT_GET_PROPERTY | ZX_RIGHT_SET_PROPERTY | ZX_RIGHT_MAP)

/* Whether this participant gets handles at all: not when it said that it does not use the buffers.
 */
bool vmo_is_wanted(const struct node *node);

/* ZX_RIGHT_* of the handles: the ceiling, less WRITE unless the usage writes, less what attenuation
 * took away. */
uint32_t vmo_rights(const struct node *node);

#endif
