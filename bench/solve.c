#include "solve.h"

#include <errno.h>

#include <sysmem/format.h>
#include <sysmem/usage.h>

#include "solver/solver.h"
#include "stats.h"

#define PARTICIPANTS 4
#define FORMATS      4
#define SAMPLES      500
#define BATCH                                                                                      \
    20 /* calls a sample: one takes about as long as reading the clock a hundred times             \
        */

struct problem {
    struct solver_environment environment;
    struct solver_participant participants[PARTICIPANTS];
    struct sysmem_buffer_collection_constraints constraints[PARTICIPANTS];
    struct sysmem_image_format_constraints formats[PARTICIPANTS][FORMATS];
};

static const uint32_t pixel_formats[FORMATS] = {SYSMEM_PIXEL_FORMAT_NV12, SYSMEM_PIXEL_FORMAT_I420,
                                                SYSMEM_PIXEL_FORMAT_YV12, SYSMEM_PIXEL_FORMAT_YUY2};
static const uint32_t color_spaces[] = {SYSMEM_COLOR_SPACE_REC709, SYSMEM_COLOR_SPACE_REC601_NTSC};

/* All have the formats in common, each in an order of its own, and each with a divisor of its own.
 */
static void pose(struct problem *problem)
{
    static const char *const names[PARTICIPANTS] = {"camera", "encoder", "filter", "display"};
    solver_environment_init(&problem->environment);
    for (uint32_t i = 0; i < PARTICIPANTS; i++) {
        struct sysmem_buffer_collection_constraints *constraints = &problem->constraints[i];
        struct sysmem_buffer_usage usage = {0};
        for (uint32_t j = 0; j < FORMATS; j++) {
            struct sysmem_image_format_constraints *format = &problem->formats[i][j];
            *format = (struct sysmem_image_format_constraints){0};
            SYSMEM_SET(format, pixel_format, pixel_formats[(i + j) % FORMATS]);
            SYSMEM_SET(format, pixel_format_modifier, SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR);
            SYSMEM_SET_VECTOR(format, color_spaces, color_spaces, 2);
            SYSMEM_SET(format, min_size, (struct sysmem_size){16, 16});
            SYSMEM_SET(format, max_size, (struct sysmem_size){4096, 4096});
            SYSMEM_SET(format, required_max_size, (struct sysmem_size){1920, 1080});
            SYSMEM_SET(format, bytes_per_row_divisor, 16U << i);
        }
        *constraints = (struct sysmem_buffer_collection_constraints){0};
        SYSMEM_SET(&usage, cpu, SYSMEM_CPU_USAGE_READ | SYSMEM_CPU_USAGE_WRITE);
        SYSMEM_SET(constraints, usage, usage);
        SYSMEM_SET(constraints, min_buffer_count_for_camping, 2);
        SYSMEM_SET_VECTOR(constraints, image_format_constraints, problem->formats[i], FORMATS);
        problem->participants[i] =
            (struct solver_participant){.name = names[i], .constraints = constraints};
    }
}

/* Nanoseconds for one solution, as the mean of a batch; -EPROTO: there was none. */
static int64_t take(const struct problem *problem)
{
    struct solver_outcome outcome;
    int64_t start = stats_now();
    for (int i = 0; i < BATCH; i++) {
        solver_solve(problem->participants, PARTICIPANTS, &problem->environment, &outcome);
    }
    int64_t time = stats_now() - start;
    return outcome.error == 0 ? time / BATCH : -EPROTO;
}

int solve_measure(uint32_t rounds, struct measured *ret)
{
    struct problem problem;
    double p50[ROUNDS_MAX];
    double p99[ROUNDS_MAX];
    pose(&problem);
    for (uint32_t round = 0; round < rounds; round++) {
        int64_t times[SAMPLES];
        for (int i = 0; i < SAMPLES; i++) {
            times[i] = take(&problem);
            if (times[i] < 0) {
                return (int)times[i];
            }
        }
        p50[round] = (double)stats_percentile(times, SAMPLES, 50);
        p99[round] = (double)stats_percentile(times, SAMPLES, 99);
    }
    *ret = (struct measured){stats_median(p50, rounds), stats_median(p99, rounds)};
    return 0;
}
