#include "driver.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    uint64_t first;
    uint64_t seeds;
    bool expect_difference;
};

static bool parse(int argc, char **argv, struct options *ret)
{
    *ret = (struct options){.first = 1, .seeds = 20000};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--expect-difference") == 0) {
            ret->expect_difference = true;
        } else if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc) {
            ret->seeds = strtoull(argv[++i], NULL, 0);
        } else if (strcmp(argv[i], "--first") == 0 && i + 1 < argc) {
            ret->first = strtoull(argv[++i], NULL, 0);
        } else {
            return false;
        }
    }
    return ret->seeds > 0;
}

int driver_main(int argc, char **argv, const char *wanted, driver_run *run)
{
    struct options options;
    uint64_t count = 0;
    if (!parse(argc, argv, &options)) {
        fprintf(stderr, "usage: %s [--seeds N] [--first SEED] [--expect-difference]\n", argv[0]);
        return 2;
    }
    for (uint64_t i = 0; i < options.seeds; i++) {
        bool ok = false;
        const char *difference = run(options.first + i, &ok);
        count += ok ? 1 : 0;
        if (difference != NULL) {
            printf("seed %" PRIu64 ": differs from the model: %s\n", options.first + i, difference);
            return options.expect_difference ? 0 : 1;
        }
    }
    printf("%" PRIu64 " seeds from %" PRIu64 " on, %" PRIu64 " of them %s: no difference\n",
           options.seeds, options.first, count, wanted);
    if (options.seeds >= 1000 && count * 20 < options.seeds) {
        printf("too few %s ones to mean anything\n", wanted);
        return 1;
    }
    return options.expect_difference ? 1 : 0;
}
