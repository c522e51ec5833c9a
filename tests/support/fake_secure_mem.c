#include "fake_secure_mem.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "../property/dice.h"
#include "base/list.h"

#define NO_RANGE FAKE_RANGES

static struct fake_secure_mem *fake_of(struct secure_mem *hardware)
{
    return container_of(hardware, struct fake_secure_mem, hardware);
}

void fake_secure_mem_wrong(struct fake_secure_mem *fake, const char *format, ...)
{
    if (fake->wrong[0] != '\0') {
        return;
    }
    va_list args;
    va_start(args, format);
    (void)vsnprintf(fake->wrong, sizeof(fake->wrong), format, args);
    va_end(args);
}

/* --- what there is --- */

static uint64_t address_of(const struct fake_secure_mem *fake, size_t block)
{
    return fake->whole.start + block * fake->properties.granularity;
}

static size_t block_count(const struct fake_secure_mem *fake)
{
    return (size_t)((fake->whole.end - fake->whole.start) / fake->properties.granularity);
}

static bool is_in(uint64_t address, struct range range)
{
    return address >= range.start && address < range.end;
}

/* By how many ranges a block is protected, `but` (an index) left out. */
static size_t depth(const struct fake_secure_mem *fake, size_t block, size_t but)
{
    size_t found = fake->is_fixed ? 1 : 0;
    for (size_t i = 0; i < fake->count; i++) {
        found += i != but && is_in(address_of(fake, block), fake->ranges[i]) ? 1 : 0;
    }
    return found;
}

static size_t find(const struct fake_secure_mem *fake, struct range range)
{
    for (size_t i = 0; i < fake->count; i++) {
        if (fake->ranges[i].start == range.start && fake->ranges[i].end == range.end) {
            return i;
        }
    }
    return NO_RANGE;
}

/* A range, and a part of it goes: either nobody uses the range, or others cover what goes. */
static void check_loss(struct fake_secure_mem *fake, size_t index, struct range left)
{
    bool is_used = false;
    bool is_covered = true;
    for (size_t i = 0; i < block_count(fake); i++) {
        uint64_t address = address_of(fake, i);
        if (is_in(address, fake->ranges[index])) {
            is_used |= fake->blocks[i].is_used;
            is_covered &= is_in(address, left) || depth(fake, i, index) > 0;
        }
    }
    if (is_used && !is_covered) {
        fake_secure_mem_wrong(fake, "a range that is in use lost what no other covers");
    }
}

static void check_range(struct fake_secure_mem *fake, struct range range)
{
    uint64_t granularity = fake->properties.granularity;
    if (range.start >= range.end || range.start < fake->whole.start ||
        range.end > fake->whole.end || range.start % granularity != 0 ||
        range.end % granularity != 0) {
        fake_secure_mem_wrong(fake, "[%" PRIu64 ", %" PRIu64 ") is no range", range.start,
                              range.end);
    }
}

/* --- the rules of each call --- */

static void check_add(struct fake_secure_mem *fake)
{
    if (find(fake, fake->range) != NO_RANGE) {
        fake_secure_mem_wrong(fake, "added a range twice");
    }
    if (fake->count >= fake->properties.max_ranges || fake->count == FAKE_RANGES) {
        fake_secure_mem_wrong(fake, "added one range too many");
    }
    if (!fake->properties.dynamic && fake->adds > 0) {
        fake_secure_mem_wrong(fake, "added twice to what is not dynamic");
    }
}

static void check_delete(struct fake_secure_mem *fake)
{
    size_t index = find(fake, fake->range);
    if (index == NO_RANGE) {
        fake_secure_mem_wrong(fake, "deleted a range that there is not");
    } else {
        check_loss(fake, index, (struct range){0});
    }
}

static void check_modify(struct fake_secure_mem *fake)
{
    size_t index = find(fake, fake->range);
    check_range(fake, fake->after);
    if (!fake->properties.modify_available) {
        fake_secure_mem_wrong(fake, "modified where that is not available");
    }
    if ((fake->range.start == fake->after.start) == (fake->range.end == fake->after.end)) {
        fake_secure_mem_wrong(fake, "modified both ends or none");
    }
    if (find(fake, fake->after) != NO_RANGE) {
        fake_secure_mem_wrong(fake, "made two ranges equal");
    }
    if (index == NO_RANGE) {
        fake_secure_mem_wrong(fake, "modified a range that there is not");
    } else {
        check_loss(fake, index, fake->after);
    }
}

static void check_zero(struct fake_secure_mem *fake)
{
    size_t overlapping = 0;
    bool is_inside = fake->is_fixed;
    for (size_t i = 0; i < fake->count; i++) {
        struct range range = fake->ranges[i];
        if (range.start < fake->range.end && fake->range.start < range.end) {
            overlapping++;
            is_inside |= range.start <= fake->range.start && fake->range.end <= range.end;
        }
    }
    if (!is_inside || overlapping != (fake->is_fixed ? 0 : 1)) {
        fake_secure_mem_wrong(fake, "zeroed what does not lie in exactly one range");
    }
    for (size_t i = 0; i < block_count(fake); i++) {
        if (is_in(address_of(fake, i), fake->range) && fake->blocks[i].is_used) {
            fake_secure_mem_wrong(fake, "zeroed what is in use");
        }
    }
}

static void check_call(struct fake_secure_mem *fake)
{
    check_range(fake, fake->range);
    if (fake->op != FAKE_ADD && !fake->properties.dynamic) {
        fake_secure_mem_wrong(fake, "called what is not dynamic");
    }
    if (fake->is_fixed && fake->op != FAKE_ZERO) {
        fake_secure_mem_wrong(fake, "called for more than zeroes where ranges are fixed");
    }
    switch (fake->op) {
    case FAKE_ADD:
        check_add(fake);
        break;
    case FAKE_DELETE:
        check_delete(fake);
        break;
    case FAKE_MODIFY:
        check_modify(fake);
        break;
    case FAKE_ZERO:
        check_zero(fake);
        break;
    }
}

/* --- what comes of it --- */

static void apply(struct fake_secure_mem *fake)
{
    size_t index = find(fake, fake->range);
    switch (fake->op) {
    case FAKE_ADD:
        fake->ranges[fake->count++] = fake->range;
        fake->adds++;
        break;
    case FAKE_DELETE:
        fake->ranges[index] = fake->ranges[--fake->count];
        break;
    case FAKE_MODIFY:
        fake->ranges[index] = fake->after;
        break;
    case FAKE_ZERO:
        for (size_t i = 0; i < block_count(fake); i++) {
            if (is_in(address_of(fake, i), fake->range)) {
                fake->blocks[i].content = FAKE_ZEROES;
            }
        }
        break;
    }
}

static void check_blocks(struct fake_secure_mem *fake)
{
    for (size_t i = 0; i < block_count(fake); i++) {
        struct fake_block *block = &fake->blocks[i];
        if (depth(fake, i, NO_RANGE) > 0) {
            continue;
        }
        if (block->is_used) {
            fake_secure_mem_wrong(fake, "block %zu is used and not protected", i);
        } else if (block->content == FAKE_SECRET) {
            fake_secure_mem_wrong(fake, "the secret in block %zu shows", i);
        }
        block->content = FAKE_RUBBISH;
    }
}

static void answer(struct fake_secure_mem *fake, int status)
{
    struct secure_mem_call *call = fake->call;
    assert(call != NULL);
    if (status == 0 && fake->wrong[0] == '\0') {
        apply(fake);
        check_blocks(fake);
    }
    fake->call = NULL;
    call->done(call, status);
}

static int next_status(struct fake_secure_mem *fake)
{
    bool is_unlucky = dice_below(&fake->dice, 100) < fake->percent;
    bool is_told = fake->fails_in > 0 && --fake->fails_in == 0;
    return is_unlucky || is_told || fake->wrong[0] != '\0' ? -EIO : 0;
}

void fake_secure_mem_answer(struct fake_secure_mem *fake)
{
    answer(fake, next_status(fake));
}

void fake_secure_mem_refuse(struct fake_secure_mem *fake, int status)
{
    answer(fake, status);
}

/* --- calls --- */

static void take(struct fake_secure_mem *fake, enum fake_op op, struct range range,
                 struct secure_mem_call *call)
{
    if (fake->call != NULL) {
        fake_secure_mem_wrong(fake, "called before the last call was answered");
    }
    fake->calls++;
    fake->call = call;
    fake->op = op;
    fake->range = range;
    check_call(fake);
    if (!fake->is_late) {
        fake_secure_mem_answer(fake);
    }
}

static void fake_add(struct secure_mem *hardware, const struct sysmem_heap *heap,
                     struct range range, struct secure_mem_call *call)
{
    (void)heap;
    take(fake_of(hardware), FAKE_ADD, range, call);
}

static void fake_delete(struct secure_mem *hardware, const struct sysmem_heap *heap,
                        struct range range, struct secure_mem_call *call)
{
    (void)heap;
    take(fake_of(hardware), FAKE_DELETE, range, call);
}

static void fake_modify(struct secure_mem *hardware, const struct sysmem_heap *heap,
                        struct range before, struct range after, struct secure_mem_call *call)
{
    (void)heap;
    fake_of(hardware)->after = after;
    take(fake_of(hardware), FAKE_MODIFY, before, call);
}

static void fake_zero(struct secure_mem *hardware, const struct sysmem_heap *heap,
                      struct range range, bool is_explicit, struct secure_mem_call *call)
{
    (void)heap;
    if (is_explicit == fake_of(hardware)->is_fixed) {
        fake_secure_mem_wrong(fake_of(hardware), "the covering range is of the other kind");
    }
    take(fake_of(hardware), FAKE_ZERO, range, call);
}

void fake_secure_mem_init(struct fake_secure_mem *fake)
{
    static const struct secure_mem_ops ops = {fake_add, fake_delete, fake_modify, fake_zero};
    fake->hardware.ops = &ops;
    assert(block_count(fake) <= FAKE_BLOCKS);
}

/* --- devices --- */

void fake_secure_mem_use(struct fake_secure_mem *fake, struct range range, bool zeroed)
{
    for (size_t i = 0; i < block_count(fake); i++) {
        struct fake_block *block = &fake->blocks[i];
        if (!is_in(address_of(fake, i), range)) {
            continue;
        }
        if (zeroed && block->content != FAKE_ZEROES) {
            fake_secure_mem_wrong(fake, "block %zu is given out and not zeroed", i);
        }
        block->is_used = true;
        block->content = FAKE_SECRET;
    }
    check_blocks(fake);
}

void fake_secure_mem_stop(struct fake_secure_mem *fake, struct range range)
{
    for (size_t i = 0; i < block_count(fake); i++) {
        if (is_in(address_of(fake, i), range)) {
            fake->blocks[i].is_used = false;
        }
    }
}
