/* Random sequences of operations. */
#ifndef TESTS_MODEL_SEQUENCE_H
#define TESTS_MODEL_SEQUENCE_H

#include <stdint.h>

#include "forecast.h"
#include "op.h"

#define SEQUENCE_MAX 60

struct sequence {
    struct op ops[SEQUENCE_MAX];
    unsigned length;
};

/* The sequence of this seed: always the same, of at most `max_length` operations. Adds what the
 * forecast says happens in it to `tally`. */
void sequence_roll(struct sequence *sequence, uint64_t seed, unsigned max_length,
                   struct tally *tally);

/* Without the operation at `index`. */
void sequence_remove(struct sequence *sequence, unsigned index);

void sequence_print(const struct sequence *sequence);

#endif
