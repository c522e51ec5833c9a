/* Things that go wrong between participants: spoils a random world, so that failures of every kind
 * occur often. */
#ifndef TESTS_PROPERTY_TROUBLE_H
#define TESTS_PROPERTY_TROUBLE_H

#include <stdint.h>

#include "world.h"

/* Makes up to three troubles for participants picked at random; the same for the same dice. */
void trouble_make(struct world *world, uint64_t *dice);

#endif
