/* The driver: the hardware behind the SecureMem protocol, with a line in the log for each call. */
#ifndef TEE_DRIVER_H
#define TEE_DRIVER_H

#include <sysmem/secure_mem_provider.h>

#include "tee/hardware.h"
#include "tee/trap.h"

struct driver {
    struct hardware *hardware; /* borrowed */
    struct traps traps;
    bool closed; /* by the daemon */
};

/* What sysmem_registry_register_secure_mem() takes; its argument is a struct driver. */
extern const struct sysmem_secure_mem_ops driver_ops;

#endif
