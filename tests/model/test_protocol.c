/* The node protocol against a forecast that shares nothing with the daemon: random sequences of
 * operations, and after each one what every channel, wait and buffer of the collection must be.
 *
 *   test_protocol [--sequences N] [--first SEED] [--length MAX] [--expect-difference]
 *
 * A difference is shown with the shortest sequence that still has it. MODEL_SEED in the environment
 * is a --first. With --expect-difference the daemon has a fault in it, which must show. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/syscalls.h>

#include "census.h"
#include "client/channel.h"
#include "players.h"
#include "sequence.h"
#include "support/daemon.h"
#include "talk.h"

struct options {
    uint64_t first;
    uint64_t sequences;
    unsigned length;
    bool expect_difference;
};

/* The daemon of all sequences, and a connection to it. */
struct stage {
    struct daemon daemon;
    struct channel *allocator;
    struct channel *debug;
    int descriptors; /* of the daemon with these two, at rest */
};

static bool parse(int argc, char **argv, struct options *ret)
{
    const char *seed = getenv("MODEL_SEED");
    *ret = (struct options){.first = 1, .sequences = 3000, .length = 40};
    if (seed != NULL) {
        ret->first = strtoull(seed, NULL, 0);
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--expect-difference") == 0) {
            ret->expect_difference = true;
        } else if (strcmp(argv[i], "--sequences") == 0 && i + 1 < argc) {
            ret->sequences = strtoull(argv[++i], NULL, 0);
        } else if (strcmp(argv[i], "--first") == 0 && i + 1 < argc) {
            ret->first = strtoull(argv[++i], NULL, 0);
        } else if (strcmp(argv[i], "--length") == 0 && i + 1 < argc) {
            ret->length = (unsigned)strtoul(argv[++i], NULL, 0);
        } else {
            return false;
        }
    }
    return ret->sequences > 0 && ret->length >= 3 && ret->length <= SEQUENCE_MAX;
}

static bool stage_open(struct stage *stage)
{
    if (daemon_start(&stage->daemon, NULL) < 0) {
        return false;
    }
    sysmem_status_t connected =
        channel_new(daemon_connect(&stage->daemon), MODEL_PROTOCOL_ALLOCATOR, &stage->allocator);
    stage->debug = connected == 0 ? census_open(stage->allocator) : NULL;
    if (stage->debug == NULL || census_buffers(stage->debug) != 0) {
        return false;
    }
    stage->descriptors = daemon_descriptor_count(&stage->daemon);
    return true;
}

/* A fault may have ended the daemon. */
static bool stage_mend(struct stage *stage)
{
    if (talk_barrier(stage->allocator)) {
        return true;
    }
    channel_free(stage->debug);
    channel_free(stage->allocator);
    (void)daemon_stop(&stage->daemon);
    return stage_open(stage);
}

/* False: the daemon kept something. */
static bool stage_is_clean(const struct stage *stage)
{
    int left = daemon_descriptor_settle(&stage->daemon, stage->descriptors);
    uint64_t buffers = census_buffers(stage->debug);
    bool clean = left == stage->descriptors && buffers == 0;
    if (!clean) {
        printf("after all sequences: wanted %d descriptors and no buffer in the daemon, got %d and "
               "%" PRIu64 "\n",
               stage->descriptors, left, buffers);
    }
    return clean;
}

/* Plays a sequence on a collection of its own. True: something differs, which is copied to `why`.
 */
static bool differs(const struct stage *stage, const struct sequence *sequence, zx_time_t patience,
                    char why[256])
{
    static struct players players;
    struct forecast forecast;
    const char *difference = NULL;
    players_init(&players, stage->allocator, stage->debug, patience);
    forecast_init(&forecast);
    for (unsigned i = 0; difference == NULL && i < sequence->length; i++) {
        const struct op *op = &sequence->ops[i];
        if (forecast_has(&forecast, op)) {
            forecast_apply(&forecast, op);
            players_do(&players, &forecast, op);
            difference = players_compare(&players, &forecast);
        }
    }
    if (difference == NULL) {
        difference = players_compare_tree(&players, &forecast);
    }
    if (difference != NULL) {
        (void)snprintf(why, 256, "%s", difference);
    }
    players_leave(&players);
    return difference != NULL;
}

/* Takes operations out as long as it still differs. That a slow machine looks like a difference is
 * no harm here: the result is played again. */
static void shrink(struct stage *stage, struct sequence *sequence, char why[256])
{
    for (unsigned i = sequence->length; i-- > 1;) {
        struct sequence shorter = *sequence;
        sequence_remove(&shorter, i);
        if (!stage_mend(stage)) {
            return;
        }
        if (differs(stage, &shorter, ZX_MSEC(300), why)) {
            *sequence = shorter;
            i = sequence->length;
        }
    }
}

static void show(struct stage *stage, struct sequence *sequence, zx_time_t patience, char why[256])
{
    struct sequence whole = *sequence;
    shrink(stage, sequence, why);
    if (stage_mend(stage) && differs(stage, sequence, patience, why)) {
        printf("  the shortest sequence, after which %s:\n", why);
    } else {
        printf("  it doesn't differ when it is played again; this was it:\n");
        sequence = &whole;
    }
    sequence_print(sequence);
}

/* Whether what the sequences do means anything. */
static bool tell(const struct tally *tally, uint64_t sequences)
{
    printf("  allocations: %u made, %u refused; parts attached: %u joined, %u refused\n",
           tally->allocated, tally->refused, tally->joined, tally->not_joined);
    printf("  children not selected: %u; domains emptied: %u; without a strong node: %u\n",
           tally->unselected, tally->emptied, tally->lost);
    bool all = tally->allocated > 0 && tally->refused > 0 && tally->joined > 0 &&
               tally->not_joined > 0 && tally->unselected > 0 && tally->emptied > 0 &&
               tally->lost > 0;
    if (sequences >= 1000 && !all) {
        printf("some of this never happened: the sequences test too little\n");
    }
    return sequences < 1000 || all;
}

/* True: as expected. */
static bool run(struct stage *stage, const struct options *options)
{
    struct tally tally = {0};
    zx_time_t patience = options->expect_difference ? ZX_SEC(5) : ZX_SEC(20);
    for (uint64_t i = 0; i < options->sequences; i++) {
        uint64_t seed = options->first + i;
        struct sequence sequence;
        char why[256];
        sequence_roll(&sequence, seed, options->length, &tally);
        if (differs(stage, &sequence, patience, why)) {
            printf("seed %" PRIu64 ": daemon and model differ: %s\n", seed, why);
            show(stage, &sequence, patience, why);
            return options->expect_difference;
        }
    }
    printf("%" PRIu64 " sequences from seed %" PRIu64 " on: no difference\n", options->sequences,
           options->first);
    return tell(&tally, options->sequences) && !options->expect_difference;
}

int main(int argc, char **argv)
{
    struct options options;
    if (!parse(argc, argv, &options)) {
        (void)fprintf(stderr,
                      "usage: %s [--sequences N] [--first SEED] [--length 3..%d] "
                      "[--expect-difference]\n",
                      argv[0], SEQUENCE_MAX);
        return 2;
    }
    struct stage stage = {.allocator = NULL};
    if (!stage_open(&stage)) {
        return 1;
    }
    bool ok = run(&stage, &options);
    bool clean = options.expect_difference || stage_is_clean(&stage);
    channel_free(stage.debug);
    channel_free(stage.allocator);
    bool stopped = daemon_stop(&stage.daemon);
    return ok && clean && (stopped || options.expect_difference) ? 0 : 1;
}
