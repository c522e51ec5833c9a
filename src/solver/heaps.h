/* Which heaps participants permit, and which heap and coherency domain they get. */
#ifndef SOLVER_HEAPS_H
#define SOLVER_HEAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "solver/text.h"
#include "solver/work.h"

/* Which coherency domains are possible. */
struct domains {
    bool cpu;
    bool ram;
    bool inaccessible;
};

/* A heap as a participant names it. Aliases name the same heap: what the environment knows is
 * compared by `known`, what it doesn't by name. */
struct heap_ref {
    const struct solver_heap *known; /* or NULL */
    const char *type;
    uint64_t id;
};

/* Empty: any heap. The order decides only between heaps other than system RAM. */
struct heap_list {
    struct heap_ref *refs;
    size_t count;
};

/* The heap of this type, which may be an alias, and id; NULL: there is none. */
const struct solver_heap *heap_find(const struct solver_environment *environment, const char *type,
                                    uint64_t id);

/* One participant's permitted_heaps. False: refused. */
bool heap_list_read(struct work *work, const struct sysmem_buffer_memory_constraints *table,
                    struct heap_list *ret);

/* Keeps what both permit. False: nothing is left. Takes `other` over as it is when `list` is empty.
 */
bool heap_list_fold(struct work *work, struct heap_list *list, const struct heap_list *other);

/* The secure heap that participants get who need one: of those permitted that are not absent the
 * one whose type sorts first. NULL: there is none. */
const struct solver_heap *heap_list_secure(const struct solver_environment *environment,
                                           const struct heap_list *list);

/* The heap for participants that need no secure one: system RAM if it is permitted, else the first
 * permitted heap that has one of the domains; none that is absent. NULL: there is none. */
const struct solver_heap *heap_list_choose(const struct solver_environment *environment,
                                           const struct heap_list *list,
                                           const struct domains *domains);

/* For the end of a reason why there is no heap: "; heap X is absent: its device is away" ("heap X
 * 7", if its id is 7) of the first permitted one that is absent, of the secure ones only if
 * `secure`; else "". */
struct text heap_list_absent(const struct solver_environment *environment,
                             const struct heap_list *list, bool secure);

/* Whatever its id is: there may be several. */
bool heap_is_system_ram(const struct solver_heap *heap);

/* The coherency domain for a heap, or false. Displays read RAM directly, so they get the RAM domain
 * where everyone supports it, whatever the heap says. */
bool heap_choose_domain(const struct solver_heap *heap, const struct domains *domains,
                        bool for_display, uint32_t *ret);

#endif
