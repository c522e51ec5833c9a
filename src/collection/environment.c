#include "collection/environment.h"

#include <stdlib.h>
#include <string.h>

/* A heap's own strings may go with it. False: no memory. */
static bool copy_text(struct arena *arena, const char *text, const char **ret)
{
    *ret = text == NULL ? NULL : arena_strndup(arena, text, strlen(text));
    return text == NULL || *ret != NULL;
}

static bool copy_aliases(struct arena *arena, const struct heap *heap, struct solver_heap *row)
{
    const char **aliases = arena_alloc_array(arena, heap->alias_count, sizeof(*aliases));
    bool ok = aliases != NULL;
    for (size_t i = 0; ok && i < heap->alias_count; i++) {
        ok = copy_text(arena, heap->aliases[i], &aliases[i]);
    }
    row->aliases = aliases;
    row->alias_count = heap->alias_count;
    return ok;
}

static bool copy_heap(struct arena *arena, const struct heap *heap, struct solver_heap *row)
{
    *row = (struct solver_heap){
        .heap = heap->id,
        .cpu_supported = heap->properties.cpu_supported,
        .ram_supported = heap->properties.ram_supported,
        .inaccessible_supported = heap->properties.inaccessible_supported,
        .secure = heap->properties.secure,
    };
    const char *absent = heap->absent_reason != NULL ? heap->absent_reason : "it is not ready";
    return copy_text(arena, heap->id.heap_type, &row->heap.heap_type) &&
           copy_text(arena, heap->ready ? NULL : absent, &row->absent_reason) &&
           copy_aliases(arena, heap, row);
}

static bool copy_heaps(struct environment *environment, const struct heap_registry *heaps)
{
    struct solver_heap *rows = arena_alloc_array(&environment->arena, heaps->count, sizeof(*rows));
    bool ok = rows != NULL;
    for (size_t i = 0; ok && i < heaps->count; i++) {
        ok = copy_heap(&environment->arena, heaps->heaps[i], &rows[i]);
    }
    environment->solver.heaps = rows;
    environment->solver.heap_count = heaps->count;
    return ok;
}

static enum solver_secure secure_of(const struct heap_registry *heaps)
{
    switch (heaps->secure) {
    case HEAP_SECURE_EXPECTED:
        return SOLVER_SECURE_EXPECTED;
    case HEAP_SECURE_LOST:
        return SOLVER_SECURE_LOST;
    case HEAP_SECURE_NONE:
    case HEAP_SECURE_READY:
        break;
    }
    return SOLVER_SECURE_AS_LISTED;
}

struct environment *environment_new(const struct solver_environment *base,
                                    const struct heap_registry *heaps)
{
    struct environment *environment = calloc(1, sizeof(*environment));
    if (environment == NULL) {
        return NULL;
    }
    environment->references = 1;
    environment->solver = *base;
    environment->solver.secure = secure_of(heaps);
    environment->solver.contiguous_supported =
        heaps->contiguous != NULL && heaps->contiguous->ready;
    arena_init(&environment->arena, SIZE_MAX);
    if (!copy_heaps(environment, heaps)) {
        environment_unref(environment);
        return NULL;
    }
    return environment;
}

struct environment *environment_ref(struct environment *environment)
{
    environment->references++;
    return environment;
}

void environment_unref(struct environment *environment)
{
    if (environment != NULL && --environment->references == 0) {
        arena_clear(&environment->arena);
        free(environment);
    }
}
