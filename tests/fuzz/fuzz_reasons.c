/* What fuzz_solve does, and every failure is explained. The input is the same, and so is the
 * corpus. */
#define FUZZ_REASONS
#include "fuzz_solve.c"
