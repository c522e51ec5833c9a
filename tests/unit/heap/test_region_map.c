#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "heap/region_map.h"

#define BASE  UINT64_C(0x40001000) /* aligned to a page only */
#define PAGE  UINT64_C(4096)
#define PAGES 256

static struct region *take(struct region_map *map, uint64_t pages, uint64_t alignment)
{
    struct region *region = NULL;
    int r = region_map_take(map, pages * PAGE, alignment, 7, &region);
    assert_true(r == 0 || r == -ENOSPC);
    return region;
}

static void map_init(struct region_map *map, uint64_t pages)
{
    assert_int_equal(region_map_init(map, BASE, pages * PAGE), 0);
}

static void all_is_taken_and_given_back(void **state)
{
    (void)state;
    struct region_map map;
    map_init(&map, 4);
    assert_int_equal(map.free_bytes, 4 * PAGE);
    struct region *all = take(&map, 4, 1);
    assert_int_equal(all->start, BASE);
    assert_int_equal(map.free_bytes, 0);
    assert_int_equal(region_map_largest_free(&map), 0);
    assert_null(take(&map, 1, 1));
    region_map_give(&map, all);
    assert_int_equal(region_map_largest_free(&map), 4 * PAGE);
    assert_null(take(&map, 5, 1));
    region_map_deinit(&map);
}

/* Of holes of 3, 1 and 2 pages, each gets what fits it best. */
static void the_smallest_hole_that_fits(void **state)
{
    (void)state;
    struct region_map map;
    map_init(&map, 9);
    struct region *holes[3];
    static const uint64_t sizes[] = {3, 1, 2};
    for (size_t i = 0; i < 3; i++) {
        holes[i] = take(&map, sizes[i], 1);
        assert_non_null(take(&map, 1, 1)); /* between them */
    }
    for (size_t i = 0; i < 3; i++) {
        region_map_give(&map, holes[i]);
    }
    assert_int_equal(take(&map, 1, 1)->start, BASE + 4 * PAGE);
    assert_int_equal(take(&map, 2, 1)->start, BASE + 6 * PAGE);
    assert_int_equal(take(&map, 2, 1)->start, BASE);
    assert_null(take(&map, 2, 1));
    assert_int_equal(take(&map, 1, 1)->start, BASE + 2 * PAGE);
    assert_int_equal(map.free_bytes, 0);
    region_map_deinit(&map);
}

static void of_equal_holes_the_lowest(void **state)
{
    (void)state;
    struct region_map map;
    map_init(&map, 8);
    struct region *taken[8];
    for (size_t i = 0; i < 8; i++) {
        taken[i] = take(&map, 1, 1);
    }
    for (size_t i = 7; i < 8; i -= 2) {
        region_map_give(&map, taken[i]);
    }
    assert_int_equal(take(&map, 1, 1)->start, BASE + PAGE);
    assert_int_equal(region_map_largest_sum(&map, 2), 2 * PAGE);
    assert_int_equal(region_map_largest_sum(&map, 10), 3 * PAGE);
    region_map_deinit(&map);
}

static void aligned_addresses_not_offsets(void **state)
{
    (void)state;
    struct region_map map;
    map_init(&map, PAGES);
    struct region *region = take(&map, 2, 16 * PAGE);
    assert_int_equal(region->start, BASE + 15 * PAGE);
    assert_int_equal(map.free_bytes, (PAGES - 2) * PAGE);
    assert_int_equal(take(&map, 15, 1)->start, BASE); /* what was skipped is free */
    assert_null(take(&map, 1, UINT64_C(1) << 62));
    region_map_give(&map, region);
    assert_int_equal(take(&map, 2, 16 * PAGE)->start, BASE + 15 * PAGE);
    region_map_deinit(&map);
}

/* --- against a plain model: an owner for each page --- */

struct model {
    uint32_t owner[PAGES]; /* 0: free */
};

static uint64_t dice_state = 20260101;

static uint32_t dice(uint32_t sides)
{
    dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice_state >> 33) % sides;
}

static size_t hole_at(const struct model *model, size_t page)
{
    size_t end = page;
    while (end < PAGES && model->owner[end] == 0) {
        end++;
    }
    return end - page;
}

/* The page that the best fit is at; PAGES: none. */
static size_t model_choose(const struct model *model, size_t pages, uint64_t alignment)
{
    size_t best = PAGES;
    size_t best_hole = PAGES + 1;
    for (size_t page = 0; page < PAGES; page++) {
        size_t hole = hole_at(model, page);
        if (hole == 0) {
            continue;
        }
        uint64_t start = BASE + page * PAGE;
        size_t skip = (size_t)(((start + alignment - 1) / alignment * alignment - start) / PAGE);
        if (skip + pages <= hole && hole < best_hole) {
            best = page + skip;
            best_hole = hole;
        }
        page += hole - 1;
    }
    return best;
}

/* The map says of each page what the model says, and no two free regions touch. */
static void compare(const struct region_map *map, const struct model *model)
{
    size_t page = 0;
    uint64_t free_pages = 0;
    size_t taken = 0;
    size_t largest = 0;
    bool was_free = false;
    list_for_each (link, &map->regions) {
        const struct region *region = region_of(link);
        assert_int_equal(region->start, BASE + page * PAGE);
        assert_false(was_free && !region->taken);
        was_free = !region->taken;
        size_t end = page + (size_t)(region->size / PAGE);
        assert_true(end <= PAGES);
        largest = was_free && end - page > largest ? end - page : largest;
        for (; page < end; page++) {
            assert_int_equal(model->owner[page], region->taken ? region->owner : 0);
            free_pages += was_free;
        }
        taken += region->taken;
    }
    assert_int_equal(page, PAGES);
    assert_int_equal(map->free_bytes, free_pages * PAGE);
    assert_int_equal(map->taken_count, taken);
    assert_int_equal(region_map_largest_free(map), largest * PAGE);
}

static void fill(struct model *model, const struct region *region, uint32_t owner)
{
    size_t first = (size_t)((region->start - BASE) / PAGE);
    for (size_t i = 0; i < region->size / PAGE; i++) {
        model->owner[first + i] = owner;
    }
}

static void ten_thousand_operations_as_a_plain_model(void **state)
{
    (void)state;
    struct region_map map;
    struct model model = {{0}};
    struct region *held[PAGES];
    size_t count = 0;
    size_t refused = 0;
    map_init(&map, PAGES);
    for (uint32_t step = 1; step <= 10000; step++) {
        /* Fills and empties in waves. */
        if (count > 0 && dice(100) < (step / 500 % 2 == 0 ? 35u : 65u)) {
            size_t i = dice((uint32_t)count);
            fill(&model, held[i], 0);
            region_map_give(&map, held[i]);
            held[i] = held[--count];
        } else {
            size_t pages = 1 + (dice(8) == 0 ? dice(40) : dice(4));
            uint64_t alignment = dice(3) == 0 ? PAGE << dice(7) : PAGE;
            size_t wanted = model_choose(&model, pages, alignment);
            struct region *region = NULL;
            int r = region_map_take(&map, pages * PAGE, alignment, step, &region);
            assert_int_equal(r, wanted == PAGES ? -ENOSPC : 0);
            refused += r != 0;
            if (r == 0) {
                assert_int_equal(region->start, BASE + wanted * PAGE);
                assert_int_equal(region->size, pages * PAGE);
                fill(&model, region, step);
                held[count++] = region;
            }
        }
        compare(&map, &model);
    }
    assert_true(refused > 100);
    region_map_deinit(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_taken_and_given_back),
        cmocka_unit_test(the_smallest_hole_that_fits),
        cmocka_unit_test(of_equal_holes_the_lowest),
        cmocka_unit_test(aligned_addresses_not_offsets),
        cmocka_unit_test(ten_thousand_operations_as_a_plain_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
