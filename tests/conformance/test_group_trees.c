/* Random trees of tokens and groups, of which exactly one combination of children fits.
 * Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, BufferCollectionTokenGroup. */
#include "seat.h"

#define TREES     50
#define ADDITIONS 6
#define MAX_NODES (1 + 2 * ADDITIONS)

struct plant {
    size_t parent; /* of the root: itself */
    struct sysmem_token *token;
    struct sysmem_group *group; /* NULL: a token */
    size_t child_count;         /* of a group */
    size_t number;              /* below a group */
    size_t picked;              /* of a group: its child that is to be taken */
    bool visible;               /* all groups above have picked it */
    struct seat seat;
};

struct forest {
    const struct stage *stage;
    uint32_t dice;
    struct plant plants[MAX_NODES];
    size_t count;
};

/* The same trees in every run. */
static uint32_t roll(struct forest *forest, uint32_t below)
{
    forest->dice = forest->dice * 1664525u + 1013904223u;
    return (forest->dice >> 16) % below;
}

static void add(struct forest *forest, size_t parent, bool as_group)
{
    struct plant *above = &forest->plants[parent];
    struct plant *added = &forest->plants[forest->count++];
    *added = (struct plant){.parent = parent};
    if (as_group) {
        added->group = group_under(above->token);
    } else if (above->group != NULL) {
        added->token = child_of(above->group);
        added->number = above->child_count++;
    } else {
        added->token = duplicate(above->token);
    }
}

static void grow(struct forest *forest)
{
    forest->plants[0] = (struct plant){.token = root_token(forest->stage->allocator)};
    forest->count = 1;
    uint32_t additions = roll(forest, ADDITIONS + 1);
    for (uint32_t i = 0; i < additions; i++) {
        size_t parent = roll(forest, (uint32_t)forest->count);
        bool as_group = forest->plants[parent].group == NULL && roll(forest, 2) == 0;
        add(forest, parent, as_group);
        if (as_group) {
            add(forest, forest->count - 1, false); /* a group wants a child */
        }
    }
}

/* Parents stand before their children. Returns how many participants are visible. */
static size_t pick(struct forest *forest)
{
    size_t visible = 0;
    for (size_t i = 0; i < forest->count; i++) {
        struct plant *plant = &forest->plants[i];
        const struct plant *above = &forest->plants[plant->parent];
        if (plant->group != NULL) {
            plant->picked = roll(forest, (uint32_t)plant->child_count);
        }
        plant->visible =
            i == 0 || (above->visible && (above->group == NULL || above->picked == plant->number));
        visible += plant->visible && plant->group == NULL ? 1 : 0;
    }
    return visible;
}

/* Everybody speaks, in a random order; `holder` keeps the daemon from deciding before. */
static void speak(struct forest *forest)
{
    struct sysmem_token *holder = duplicate(forest->plants[0].token);
    size_t start = roll(forest, (uint32_t)forest->count);
    for (size_t i = 0; i < forest->count; i++) {
        struct plant *plant = &forest->plants[(start + i) % forest->count];
        if (plant->group != NULL) {
            group_settle(plant->group);
            assert_open(sysmem_group_node(plant->group));
            continue;
        }
        struct sysmem_buffer_collection_constraints wish =
            picky(1, plant->visible ? PAGE : 2 * PAGE);
        plant->seat = seat_take(forest->stage, plant->token);
        seat_say(&plant->seat, &wish);
    }
    token_leave(holder);
}

static void clear(struct forest *forest)
{
    for (size_t i = 0; i < forest->count; i++) {
        struct plant *plant = &forest->plants[i];
        if (plant->group != NULL) {
            group_leave(plant->group);
        } else {
            seat_leave(&plant->seat);
        }
    }
}

static void c067_the_only_combination_that_fits_is_found(void **state)
{
    for (uint32_t tree = 0; tree < TREES; tree++) {
        struct forest forest = {.stage = *state, .dice = tree};
        grow(&forest);
        size_t visible = pick(&forest);
        speak(&forest);
        for (size_t i = 0; i < forest.count; i++) {
            struct plant *plant = &forest.plants[i];
            if (plant->group == NULL && plant->visible) {
                const struct sysmem_buffer_collection_info *info =
                    seat_expect_buffers(&plant->seat, visible);
                assert_true(info->settings.buffer_settings.size_bytes == PAGE);
            } else if (plant->group == NULL) {
                seat_expect(&plant->seat, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
            }
        }
        clear(&forest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(c067_the_only_combination_that_fits_is_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
