#include "longest.h"

#include <errno.h>
#include <stdlib.h>

#include <sysmem/format.h>
#include <sysmem/usage.h>

#include "solver/solver.h"
#include "stats.h"

#define LIST 64 /* the longest that a message may have */

const uint32_t longest_participants[LONGEST_CASES] = {8, 64, 512};

/* All pairs have to be read, sorted and compared with each other; but for the first one they are of
 * no use to anybody. */
static const struct sysmem_image_format_constraints *longest_list(void)
{
    static struct sysmem_pixel_format_and_modifier pairs[LIST][LIST];
    static struct sysmem_image_format_constraints formats[LIST];
    static const uint32_t spaces[] = {SYSMEM_COLOR_SPACE_SRGB};
    for (uint32_t i = 0; i < LIST; i++) {
        for (uint32_t j = 0; j < LIST; j++) {
            pairs[i][j].pixel_format = SYSMEM_PIXEL_FORMAT_DO_NOT_CARE;
            pairs[i][j].pixel_format_modifier = UINT64_C(0x7700000000000000) + i * LIST + j;
        }
        SYSMEM_SET_VECTOR(&formats[i], pixel_format_and_modifiers, pairs[i], LIST);
        SYSMEM_SET_VECTOR(&formats[i], color_spaces, spaces, 1);
        SYSMEM_SET(&formats[i], min_size, (struct sysmem_size){64, 64});
    }
    pairs[0][0].pixel_format = SYSMEM_PIXEL_FORMAT_R8G8B8A8;
    pairs[0][0].pixel_format_modifier = SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR;
    return formats;
}

static int64_t take(const struct solver_participant *participants, uint32_t count)
{
    struct solver_environment environment;
    struct solver_outcome outcome;
    solver_environment_init(&environment);
    int64_t start = stats_now();
    solver_solve(participants, count, &environment, &outcome);
    int64_t time = stats_now() - start;
    return outcome.error == 0 ? time : -EPROTO;
}

int longest_measure(double ret[LONGEST_CASES])
{
    struct sysmem_buffer_collection_constraints constraints = {.has = {.usage = true}};
    uint32_t most = longest_participants[LONGEST_CASES - 1];
    struct solver_participant *participants = calloc(most, sizeof(*participants));
    if (participants == NULL) {
        return -ENOMEM;
    }
    SYSMEM_SET(&constraints.usage, cpu, SYSMEM_CPU_USAGE_READ);
    SYSMEM_SET(&constraints, min_buffer_count, 2);
    SYSMEM_SET_VECTOR(&constraints, image_format_constraints, longest_list(), LIST);
    for (uint32_t i = 0; i < most; i++) {
        participants[i].constraints = &constraints;
    }
    int64_t time = 0;
    for (int i = 0; i < LONGEST_CASES && time >= 0; i++) {
        time = take(participants, longest_participants[i]);
        ret[i] = (double)time;
    }
    free(participants);
    return time < 0 ? (int)time : 0;
}
