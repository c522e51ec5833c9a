/* Token groups: which child is taken into the allocation, and what becomes of the others.
 * Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, BufferCollectionTokenGroup. */
#include "negotiation.h"
#include "wishes.h"

static uint64_t size_of(struct seat *seat)
{
    return seat_expect_buffers(seat, 1)->settings.buffer_settings.size_bytes;
}

/* A child that is not taken hears why, and its channel closes. */
static void expect_not_taken(struct seat *seat)
{
    seat_expect(seat, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_closed(sysmem_collection_node(seat->collection));
}

static void expect_choice(struct choice *choice, size_t taken)
{
    group_settle(choice->group);
    seat_expect(&choice->children[taken], 0);
    expect_not_taken(&choice->children[1 - taken]);
    seat_expect(&choice->root, 0);
    assert_open(sysmem_collection_node(choice->root.collection));
    assert_open(sysmem_group_node(choice->group));
}

static void c065_a_group_prefers_its_first_child(void **state)
{
    struct choice choice = choice_open(*state);
    struct sysmem_buffer_collection_constraints first = picky(1, 16 * PAGE);
    struct sysmem_buffer_collection_constraints second = picky(1, 32 * PAGE);
    seat_say(&choice.root, NULL);
    seat_say(&choice.children[0], &first);
    seat_say(&choice.children[1], &second);
    expect_choice(&choice, 0);
    assert_true(size_of(&choice.root) == 16 * PAGE);
    assert_true(size_of(&choice.children[0]) == 16 * PAGE);
    choice_leave(&choice);
}

/* Another call that finds the channel closed calls the wait back first. */
static void a_child_that_is_not_taken_hears_why_from_any_call(void **state)
{
    struct choice choice = choice_open(*state);
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_say(&choice.root, NULL);
    seat_say(&choice.children[0], &wish);
    seat_say(&choice.children[1], &wish);
    group_settle(choice.group);
    assert_closed(sysmem_collection_node(choice.children[1].collection));
    assert_true(choice.children[1].answered);
    expect_not_taken(&choice.children[1]);
    seat_expect(&choice.children[0], 0);
    seat_expect(&choice.root, 0);
    choice_leave(&choice);
}

static void a_child_in_conflict_with_the_rest_is_passed_over(void **state)
{
    struct choice choice = choice_open(*state);
    struct sysmem_buffer_collection_constraints first = picky(1, 16 * PAGE);
    struct sysmem_buffer_collection_constraints second = picky(1, 32 * PAGE);
    struct sysmem_buffer_collection_constraints root = picky(0, 32 * PAGE);
    seat_say(&choice.root, &root);
    seat_say(&choice.children[0], &first);
    seat_say(&choice.children[1], &second);
    expect_choice(&choice, 1);
    assert_true(size_of(&choice.root) == 32 * PAGE);
    choice_leave(&choice);
}

static void no_child_that_fits_fails_all(void **state)
{
    struct choice choice = choice_open(*state);
    struct sysmem_buffer_collection_constraints child = picky(1, PAGE);
    struct sysmem_buffer_collection_constraints root = picky(1, 2 * PAGE);
    seat_say(&choice.root, &root);
    seat_say(&choice.children[0], &child);
    seat_say(&choice.children[1], &child);
    group_settle(choice.group);
    seat_expect(&choice.root, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    expect_not_taken(&choice.children[0]);
    expect_not_taken(&choice.children[1]);
    assert_closed(sysmem_group_node(choice.group));
    choice_leave(&choice);
    assert_still_serves(*state);
}

/* Only the taken child's counts are reserved. */
static void counts_of_children_that_are_not_taken_do_not_count(void **state)
{
    struct choice choice = choice_open(*state);
    struct sysmem_buffer_collection_constraints wish = picky(2, PAGE);
    seat_say(&choice.root, &wish);
    wish = picky(3, PAGE);
    seat_say(&choice.children[0], &wish);
    wish = picky(7, PAGE);
    seat_say(&choice.children[1], &wish);
    expect_choice(&choice, 0);
    seat_expect_buffers(&choice.root, 5);
    choice_leave(&choice);
}

/* Heaps: impossible for one child is a reason to try the next. */
static void c115_a_heap_conflict_moves_on_to_the_next_child(void **state)
{
    struct choice choice = choice_open(*state);
    struct sysmem_heap goldfish = {0};
    SYSMEM_SET(&goldfish, heap_type, "goldfish.bind.fuchsia.sysmem.heap.HEAP_TYPE.DEVICE_LOCAL");
    SYSMEM_SET(&goldfish, id, 0);
    struct sysmem_buffer_collection_constraints wish = {0};
    wish.has.usage = wish.has.buffer_memory_constraints = true;
    SYSMEM_SET(&wish.usage, display, SYSMEM_DISPLAY_USAGE_LAYER);
    SYSMEM_SET(&wish, min_buffer_count, 1);
    struct sysmem_buffer_memory_constraints *memory = &wish.buffer_memory_constraints;
    SYSMEM_SET(memory, min_size_bytes, PAGE);
    SYSMEM_SET(memory, max_size_bytes, PAGE);
    SYSMEM_SET(memory, cpu_domain_supported, true);
    SYSMEM_SET(memory, ram_domain_supported, true);
    SYSMEM_SET(memory, inaccessible_domain_supported, false);
    seat_say(&choice.root, &wish);
    seat_say(&choice.children[1], &wish);
    SYSMEM_SET(memory, inaccessible_domain_supported, true);
    SYSMEM_SET_VECTOR(memory, permitted_heaps, &goldfish, 1);
    seat_say(&choice.children[0], &wish);
    expect_choice(&choice, 1);
    const struct sysmem_heap *heap =
        &seat_expect_buffers(&choice.root, 1)->settings.buffer_settings.heap;
    assert_string_equal(heap->heap_type, SYSMEM_HEAP_TYPE_SYSTEM_RAM);
    assert_true(heap->id == 0);
    choice_leave(&choice);
}

static void c113_create_children_sync_with_a_mask_of_0_closes(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_group *group = group_under(root);
    const zx_rights_t masks[2] = {0};
    struct sysmem_token *tokens[2] = {0};
    assert_int_equal(sysmem_group_create_children_sync(group, masks, 2, soon(), tokens),
                     ZX_ERR_PEER_CLOSED);
    assert_null(tokens[0]);
    assert_null(tokens[1]);
    assert_closed(sysmem_token_node(root));
    sysmem_group_free(group);
    sysmem_token_free(root);
    assert_still_serves(stage);
}

static void c112_create_child_with_a_mask_of_0_closes(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_group *group = group_under(root);
    struct sysmem_token *child = NULL;
    assert_int_equal(sysmem_group_create_child(group, 0, &child), 0);
    assert_closed(sysmem_group_node(group));
    assert_closed(sysmem_token_node(root));
    sysmem_token_free(child);
    sysmem_group_free(group);
    sysmem_token_free(root);
}

static void create_children_sync_keeps_the_order(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_group *group = group_under(root);
    const zx_rights_t masks[2] = {ZX_RIGHT_SAME_RIGHTS, ZX_RIGHT_SAME_RIGHTS};
    struct sysmem_token *tokens[2] = {0};
    assert_int_equal(sysmem_group_create_children_sync(group, masks, 2, soon(), tokens), 0);
    struct choice choice = {.group = group};
    choice.children[1] = seat_take(stage, tokens[1]); /* whoever sits down first */
    choice.children[0] = seat_take(stage, tokens[0]);
    choice.root = seat_take(stage, root);
    struct sysmem_buffer_collection_constraints wish = picky(1, 2 * PAGE);
    seat_say(&choice.children[1], &wish);
    wish = picky(1, PAGE);
    seat_say(&choice.children[0], &wish);
    seat_say(&choice.root, NULL);
    expect_choice(&choice, 0);
    assert_true(size_of(&choice.root) == PAGE);
    choice_leave(&choice);
}

/* Also a child that will not be taken is waited for. */
static void every_child_must_have_spoken(void **state)
{
    struct choice choice = choice_open(*state);
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_say(&choice.root, &wish);
    seat_say(&choice.children[0], &wish);
    group_settle(choice.group);
    assert_open(sysmem_group_node(choice.group));
    assert_open(sysmem_collection_node(choice.root.collection));
    assert_false(choice.root.answered);
    seat_decide(&choice.children[1], &wish);
    seat_expect_buffers(&choice.root, 2);
    assert_closed(sysmem_collection_node(choice.children[1].collection));
    choice_leave(&choice);
}

static void a_released_group_still_chooses(void **state)
{
    struct choice choice = choice_open(*state);
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_say(&choice.root, &wish);
    seat_say(&choice.children[1], &wish);
    group_settle(choice.group);
    group_leave(choice.group);
    seat_say_unsynced(&choice.children[0], &wish);
    seat_expect_buffers(&choice.root, 2);
    seat_expect_buffers(&choice.children[0], 2);
    expect_not_taken(&choice.children[1]);
    seat_leave(&choice.root);
    seat_leave(&choice.children[0]);
    seat_leave(&choice.children[1]);
}

/* The failure of one that was not taken is nobody else's. */
static void a_group_closed_without_release_fails_all_after_allocation_too(void **state)
{
    struct choice choice = choice_open(*state);
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_say(&choice.root, &wish);
    seat_say(&choice.children[0], &wish);
    seat_say(&choice.children[1], &wish);
    expect_choice(&choice, 0);
    sysmem_group_free(choice.group);
    assert_closed(sysmem_collection_node(choice.root.collection));
    assert_closed(sysmem_collection_node(choice.children[0].collection));
    seat_drop(&choice.root);
    seat_drop(&choice.children[0]);
    seat_drop(&choice.children[1]);
}

static void rights_are_attenuated_below_a_group(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_group *group = group_under(root);
    struct sysmem_token *token = NULL;
    assert_int_equal(
        sysmem_group_create_child(group, ZX_DEFAULT_VMO_RIGHTS & ~ZX_RIGHT_WRITE, &token), 0);
    assert_open(sysmem_group_node(group));
    struct seat child = seat_take(stage, token);
    token_leave(root);
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_say(&child, &wish);
    group_settle(group);
    zx_handle_t vmo = seat_expect_buffers(&child, 1)->buffers[0].vmo;
    assert_int_equal(basic_info(vmo).rights & ZX_RIGHT_WRITE, 0);
    assert_true((basic_info(vmo).rights & ZX_RIGHT_READ) != 0);
    group_leave(group);
    seat_leave(&child);
}

/* A chain of nested groups of two: the first child is alone, the second has the next group. Every
 * participant but the last wants another size than the root, so that only the last combination of
 * `links` + 1 fits. */
#define MAX_LINKS 64

static void chain(struct stage *stage, size_t links, sysmem_status_t wanted)
{
    struct sysmem_group *groups[MAX_LINKS];
    struct seat first[MAX_LINKS];
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_token *token = root;
    for (size_t i = 0; i < links; i++) {
        groups[i] = group_under(token);
        first[i] = seat_take(stage, child_of(groups[i]));
        if (token != root) {
            token_leave(token);
        }
        token = child_of(groups[i]);
        seat_say(&first[i], &wish);
        group_settle(groups[i]);
    }
    struct seat last = seat_take(stage, token);
    struct seat top = seat_take(stage, root);
    wish = picky(1, 2 * PAGE);
    seat_say(&last, &wish);
    if (wanted == 0) {
        seat_say(&top, &wish);
    } else {
        seat_decide(&top, &wish);
    }
    seat_expect(&last, wanted);
    for (size_t i = 0; i < links; i++) {
        seat_expect(&first[i], wanted == 0 ? SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY : wanted);
        seat_drop(&first[i]);
    }
    if (wanted == 0) {
        seat_expect_buffers(&top, 2);
    } else {
        assert_closed(sysmem_collection_node(top.collection));
    }
    for (size_t i = 0; i < links; i++) {
        group_leave(groups[i]);
    }
    seat_leave(&last);
    seat_leave(&top);
}

static void c068_the_last_of_64_combinations_is_found(void **state)
{
    chain(*state, 63, 0);
}

static void c068_the_65th_combination_is_not_tried(void **state)
{
    chain(*state, 64, SYSMEM_ERROR_TOO_MANY_GROUP_CHILD_COMBINATIONS);
    assert_still_serves(*state);
}

static void c069_combinations_are_not_counted_to_the_end(void **state)
{
    enum { GROUPS = 64 };
    struct stage *stage = *state;
    struct sysmem_group *groups[GROUPS];
    struct seat children[GROUPS][2];
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    struct sysmem_token *root = root_token(stage->allocator);
    for (size_t i = 0; i < GROUPS; i++) {
        groups[i] = group_under(root);
        for (size_t j = 0; j < 2; j++) {
            children[i][j] = seat_take(stage, child_of(groups[i]));
            seat_say(&children[i][j], &wish);
        }
        group_settle(groups[i]);
        assert_open(sysmem_group_node(groups[i]));
    }
    struct seat top = seat_take(stage, root);
    wish = picky(1, 2 * PAGE);
    seat_decide(&top, &wish);
    for (size_t i = 0; i < GROUPS; i++) {
        for (size_t j = 0; j < 2; j++) {
            seat_expect(&children[i][j], SYSMEM_ERROR_TOO_MANY_GROUP_CHILD_COMBINATIONS);
            seat_drop(&children[i][j]);
        }
        assert_closed(sysmem_group_node(groups[i]));
        sysmem_group_free(groups[i]);
    }
    seat_drop(&top);
    assert_still_serves(stage);
}

/* A dispensable failure before allocation is everybody's, also out of a group. */
static void a_child_that_goes_before_allocation_fails_all(void **state)
{
    struct choice choice = choice_open(*state);
    seat_drop(&choice.children[1]);
    assert_closed(sysmem_group_node(choice.group));
    assert_closed(sysmem_collection_node(choice.root.collection));
    sysmem_group_free(choice.group);
    seat_drop(&choice.root);
    seat_drop(&choice.children[0]);
}

/* What is attached below a child that is not taken goes with it. */
static void attached_below_a_child_that_is_not_taken(void **state)
{
    struct choice choice = choice_open(*state);
    struct sysmem_token *attached = attach_to(&choice.children[1]);
    struct seat late = seat_take(*state, attach_to(&choice.children[1]));
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_say(&late, NULL);
    seat_say(&choice.root, &wish);
    seat_say(&choice.children[0], &wish);
    seat_say(&choice.children[1], &wish);
    expect_choice(&choice, 0);
    expect_not_taken(&late);
    assert_closed(sysmem_token_node(attached));
    sysmem_token_free(attached);
    seat_drop(&late);
    choice_leave(&choice);
}

/* Two groups of one token, each of two children that want so many pages: the child that each group
 * must take, in sizes that only two children in all agree on. */
static void groups_side_by_side(struct stage *stage, const uint64_t pages[2][2],
                                const size_t taken[2])
{
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_group *groups[2];
    struct seat seats[2][2];
    for (size_t i = 0; i < 2; i++) {
        groups[i] = group_under(root);
        for (size_t j = 0; j < 2; j++) {
            struct sysmem_buffer_collection_constraints wish = picky(1, pages[i][j] * PAGE);
            seats[i][j] = seat_take(stage, child_of(groups[i]));
            seat_say(&seats[i][j], &wish);
        }
    }
    group_settle(groups[0]);
    group_settle(groups[1]);
    token_leave(root);
    for (size_t i = 0; i < 2; i++) {
        struct seat *chosen = &seats[i][taken[i]];
        assert_true(seat_expect_buffers(chosen, 2)->settings.buffer_settings.size_bytes ==
                    pages[i][taken[i]] * PAGE);
        expect_not_taken(&seats[i][1 - taken[i]]);
    }
    for (size_t i = 0; i < 2; i++) {
        group_leave(groups[i]);
        seat_leave(&seats[i][0]);
        seat_leave(&seats[i][1]);
    }
}

static void several_groups_of_one_token_choose_each(void **state)
{
    static const uint64_t pages[2][2] = {
        {1, 2},
        {4, 2}
    };
    groups_side_by_side(*state, pages, (const size_t[]){1, 1});
}

/* Either group could have its first child, but not both. */
static void c066_the_group_made_first_has_priority(void **state)
{
    static const uint64_t pages[2][2] = {
        {1, 2},
        {2, 1}
    };
    groups_side_by_side(*state, pages, (const size_t[]){0, 1});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(c065_a_group_prefers_its_first_child),
        CASE(a_child_that_is_not_taken_hears_why_from_any_call),
        CASE(a_child_in_conflict_with_the_rest_is_passed_over),
        CASE(no_child_that_fits_fails_all),
        CASE(counts_of_children_that_are_not_taken_do_not_count),
        CASE(c115_a_heap_conflict_moves_on_to_the_next_child),
        CASE(c113_create_children_sync_with_a_mask_of_0_closes),
        CASE(c112_create_child_with_a_mask_of_0_closes),
        CASE(create_children_sync_keeps_the_order),
        CASE(every_child_must_have_spoken),
        CASE(a_released_group_still_chooses),
        CASE(a_group_closed_without_release_fails_all_after_allocation_too),
        CASE(several_groups_of_one_token_choose_each),
        CASE(c066_the_group_made_first_has_priority),
        CASE(rights_are_attenuated_below_a_group),
        CASE(c068_the_last_of_64_combinations_is_found),
        CASE(c068_the_65th_combination_is_not_tried),
        CASE(c069_combinations_are_not_counted_to_the_end),
        CASE(a_child_that_goes_before_allocation_fails_all),
        CASE(attached_below_a_child_that_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
