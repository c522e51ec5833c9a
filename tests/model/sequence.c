#include "sequence.h"

#include <assert.h>

/* Of this many sequences one has operations that break the rules. */
#define RUDE_ONE_IN 3

static_assert(1 + 2 * SEQUENCE_MAX <= OP_MAX_NODES, "each operation makes at most two nodes");

static uint64_t roll(uint64_t *state) /* splitmix64 */
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static unsigned below(uint64_t *state, unsigned n)
{
    return (unsigned)(roll(state) % n);
}

struct draw {
    const struct forecast *forecast;
    bool growing;  /* the tree is to become larger; later it is to come to something */
    bool branches; /* by groups rather than by duplicates */
    bool rude;     /* what breaks the rules may come, too */
};

/* How often each operation is drawn among all that could be. */
static unsigned weight_of(const struct draw *draw, const struct op *op)
{
    static const unsigned char weights[OP_KIND_COUNT][2] = {
        [OP_DUPLICATE] = {1,  30},
        [OP_DUPLICATE_SYNC] = {1,  8 },
        [OP_CREATE_GROUP] = {1,  14},
        [OP_CREATE_CHILD] = {4,  60},
        [OP_ALL_CHILDREN_PRESENT] = {30, 6 },
        [OP_SET_DISPENSABLE] = {6,  12},
        [OP_SET_WEAK] = {1,  3 },
        [OP_SET_WEAK_OK] = {1,  4 },
        [OP_BIND] = {60, 20},
        [OP_SET_CONSTRAINTS] = {80, 20},
        [OP_ATTACH] = {5,  6 },
        [OP_RELEASE] = {2,  2 },
        [OP_CLOSE] = {1,  1 },
        [OP_WAIT] = {10, 6 },
        [OP_CHECK] = {1,  1 },
        [OP_SYNC] = {1,  1 },
        [OP_DROP] = {6,  4 },
    };
    bool duplicates = op->kind == OP_DUPLICATE || op->kind == OP_DUPLICATE_SYNC;
    if (op->kind == OP_CLOSE && draw->forecast->members[op->node].released) {
        return 40;
    }
    return duplicates && draw->branches ? 1 : weights[op->kind][draw->growing];
}

static unsigned chance_of(const struct draw *draw, const struct op *op)
{
    bool may = draw->rude || op->kind == OP_CLOSE || forecast_permits(draw->forecast, op);
    return may && forecast_has(draw->forecast, op) ? weight_of(draw, op) : 0;
}

/* One of all the operations that could come now. False: there is none. */
static bool draw_op(const struct draw *draw, uint64_t *state, struct op *op)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < OP_MAX_NODES * OP_KIND_COUNT; i++) {
        const struct op could = {.node = i / OP_KIND_COUNT,
                                 .kind = (enum op_kind)(i % OP_KIND_COUNT)};
        sum += chance_of(draw, &could);
    }
    unsigned drawn = sum == 0 ? 0 : below(state, sum);
    for (unsigned i = 0; sum > 0; i++) {
        op->node = i / OP_KIND_COUNT;
        op->kind = (enum op_kind)(i % OP_KIND_COUNT);
        unsigned chance = chance_of(draw, op);
        if (drawn < chance) {
            return true;
        }
        drawn -= chance;
    }
    return false;
}

static unsigned draw_wish(uint64_t *state)
{
    static const unsigned char dice[] = {0, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 5, 5};
    return dice[below(state, sizeof(dice))];
}

/* Counts are what attached parts fail on most: after allocation few ask for more. */
static uint32_t draw_camping(const struct forecast *forecast, uint64_t *state)
{
    if (forecast->allocated) {
        return below(state, 4) == 0 ? 1 : 0;
    }
    return below(state, 3);
}

static void add_tally(struct tally *sum, const struct tally *tally)
{
    sum->allocated += tally->allocated;
    sum->refused += tally->refused;
    sum->joined += tally->joined;
    sum->not_joined += tally->not_joined;
    sum->unselected += tally->unselected;
    sum->emptied += tally->emptied;
    sum->lost += tally->lost;
}

void sequence_roll(struct sequence *sequence, uint64_t seed, unsigned max_length,
                   struct tally *tally)
{
    uint64_t state = seed;
    struct forecast forecast;
    forecast_init(&forecast);
    bool rude = below(&state, RUDE_ONE_IN) == 0;
    bool branches = below(&state, 3) == 0;
    unsigned length = 3 + below(&state, max_length - 2);
    unsigned grows = below(&state, length / 2 + 1);
    struct op op = {.kind = OP_ALLOCATE, .flag = below(&state, 10) == 0};
    sequence->length = 0;
    for (bool more = true; more;) {
        sequence->ops[sequence->length++] = op;
        forecast_apply(&forecast, &op);
        op = (struct op){.made = 2 * sequence->length - 1};
        op.wish = draw_wish(&state);
        op.camping = draw_camping(&forecast, &state);
        op.flag = below(&state, 2) == 0;
        const struct draw draw = {.forecast = &forecast,
                                  .growing = sequence->length < grows,
                                  .branches = branches,
                                  .rude = rude && below(&state, 8) == 0};
        more = sequence->length < length && draw_op(&draw, &state, &op);
    }
    add_tally(tally, &forecast.tally);
}

void sequence_remove(struct sequence *sequence, unsigned index)
{
    sequence->length--;
    for (unsigned i = index; i < sequence->length; i++) {
        sequence->ops[i] = sequence->ops[i + 1];
    }
}

void sequence_print(const struct sequence *sequence)
{
    for (unsigned i = 0; i < sequence->length; i++) {
        op_print(&sequence->ops[i]);
    }
}
