/* Tries the kernel mechanisms that the daemon rests on, one by one, in a few milliseconds: on
 * another kernel, in another sandbox, this decides, not a version number. */
#ifndef OS_SELF_TEST_H
#define OS_SELF_TEST_H

#include <stdbool.h>

struct self_test_result {
    const char *name;  /* a short word, such as "memfd-seals" */
    const char *wants; /* what it should do, for people */
    bool required;     /* otherwise a convenience: the daemon does without */
    bool ok;
    const char *got; /* what happened instead; NULL if ok */
    int error;       /* errno's value behind it, or 0 */
};

typedef void (*self_test_report_fn)(void *arg, const struct self_test_result *result);

/* Tries everything, in an order in which the first failure names the cause, and reports each
 * result. Whether all that is required is there. Keeps no descriptor; the caller ignores SIGIO (see
 * os/memfile.h). */
bool self_test_run(self_test_report_fn report, void *arg);

#endif
