/* The main() of a test that compares something with a model of it, seed by seed.
 *
 *   test [--seeds N] [--first SEED] [--expect-difference]
 *
 * Says the first seed on which they differ and fails; with --expect-difference it fails when they
 * never do (what is compared then has a fault in it that the model must find). */
#ifndef TESTS_PROPERTY_DRIVER_H
#define TESTS_PROPERTY_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

/* One seed: what differs, or NULL. *ret_ok: whether it is one of those that the test is about. */
typedef const char *driver_run(uint64_t seed, bool *ret_ok);

/* Returns the exit status. wanted: what the seeds are that the test is about, as "solvable"; a
 * twentieth of all must be. */
int driver_main(int argc, char **argv, const char *wanted, driver_run *run);

#endif
