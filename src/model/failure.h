/* Why an allocation failed, as it travels beside the error of a result: the project's own. */
#ifndef MODEL_FAILURE_H
#define MODEL_FAILURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sysmem/failure.h>

#define MODEL_FAILURE_MAX_REASONS     64
#define MODEL_FAILURE_MAX_PARTICIPANT 256 /* bytes */
#define MODEL_FAILURE_MAX_FIELD       128
#define MODEL_FAILURE_MAX_DETAIL      1024

struct model_failure {
    const struct sysmem_reason *reasons;
    size_t reasons_count;
    uint32_t omitted; /* further reasons */
    bool minimal;
    struct {
        bool reasons;
        bool omitted;
        bool minimal;
    } has;
};

#endif
