#include "zx/reservation.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include <zircon/syscalls.h>

#include "zx/status.h"

#define GIB          ((uint64_t)1 << 30)
#define WIDEST_ALIGN (4 * GIB) /* that can be asked for */
#define LARGEST      (1024 * GIB)
#define LEAST        (8 * GIB)

/* A process that has vm.max_map_count mappings cannot even put a reservation back. A few mappings
 * are kept in stock, to be given up for that: what is mapped can always be unmapped. */
#define STOCK_PAGES 8U

static void *stock; /* NULL when it has been spent */

static void *address_of(uint64_t address)
{
    return (void *)(uintptr_t)address;
}

/* Address space without access or memory; at `address` if `fixed` says so. */
static bool reserve(uint64_t *address, uint64_t size, int fixed)
{
    void *at = mmap(address_of(*address), size, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);
    if (at == MAP_FAILED) {
        return false;
    }
    *address = (uintptr_t)at;
    return true;
}

/* Reserves an aligned range by reserving more and cutting both ends off. */
static bool reserve_aligned(uint64_t size, uint64_t *ret_start)
{
    uint64_t start = 0;
    if (!reserve(&start, size + WIDEST_ALIGN, 0)) {
        return false;
    }
    uint64_t aligned = (start + WIDEST_ALIGN - 1) & ~(WIDEST_ALIGN - 1);
    uint64_t tail = start + WIDEST_ALIGN - aligned;
    if (aligned > start) {
        (void)munmap(address_of(start), aligned - start);
    }
    if (tail > 0) {
        (void)munmap(address_of(aligned + size), tail);
    }
    *ret_start = aligned;
    return true;
}

static void stock_fill(void)
{
    size_t page = zx_system_get_page_size();
    /* Shared, so that it never melts into a neighbour. */
    char *pages = mmap(NULL, STOCK_PAGES * page, PROT_NONE,
                       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED) {
        return; /* near the limit: the next unmapping tries again */
    }
    for (size_t i = 1; i < STOCK_PAGES; i += 2) {
        (void)mprotect(pages + i * page, page, PROT_READ);
    }
    stock = pages;
}

static bool stock_spend(void)
{
    if (stock == NULL) {
        return false;
    }
    (void)munmap(stock, (size_t)STOCK_PAGES * zx_system_get_page_size());
    stock = NULL;
    return true;
}

bool reservation_make(uint64_t *ret_start, uint64_t *ret_end)
{
    /* Limits (RLIMIT_AS) and sanitizers leave less room to some processes. */
    for (uint64_t size = LARGEST; size >= LEAST; size /= 2) {
        if (reserve_aligned(size, ret_start)) {
            *ret_end = *ret_start + size;
            stock_fill();
            return true;
        }
    }
    return false;
}

zx_status_t reservation_restore(uint64_t start, uint64_t end)
{
    zx_status_t status = ZX_OK;
    if (!reserve(&start, end - start, MAP_FIXED) &&
        !(stock_spend() && reserve(&start, end - start, MAP_FIXED))) {
        status = status_from_errno(errno);
    }
    if (stock == NULL) {
        stock_fill();
    }
    return status;
}

bool reservation_mend(uint64_t start, uint64_t end)
{
    return reserve(&start, end - start, MAP_FIXED_NOREPLACE);
}
