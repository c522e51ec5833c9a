/* What every conformance case stands on: a daemon of its own and an allocator. A case ends well
 * only when the daemon has given up all descriptors and exits with 0, and when no descriptor is
 * left open here. */
#ifndef CONFORMANCE_STAGE_H
#define CONFORMANCE_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sysmem/sysmem.h>
#include <zircon/syscalls.h>

#include "support/daemon.h"
#include "support/participant.h"

#define KIB  UINT64_C(1024)
#define MIB  (1024 * KIB)
#define PAGE ((uint64_t)zx_system_get_page_size())

struct stage {
    struct daemon daemon;
    struct sysmem_allocator *allocator;
    int daemon_descriptors;
    int own_descriptors;
};

/* For cmocka: *state becomes a struct stage. */
int stage_open(void **state);
int stage_close(void **state);

/* The same where pages come at first touch, so that the largest buffers cost nothing. */
int stage_open_lazy(void **state);

/* The same with the configuration that *state is: the text of a file. */
int stage_open_config(void **state);

#define CASE(name) cmocka_unit_test_setup_teardown(name, stage_open, stage_close)

/* The daemon goes on: a new collection can be made and its token answers (the sequence of C001). */
void assert_still_serves(const struct stage *stage);

/* Sync on a node is answered, or fails because the daemon has closed the channel. */
void assert_open(struct sysmem_node *node);
void assert_closed(struct sysmem_node *node);

/* What the kernel knows of a handle. */
zx_info_handle_basic_t basic_info(zx_handle_t handle);

/* The size of a VMO in bytes. */
uint64_t size_of_vmo(zx_handle_t vmo);

#endif
