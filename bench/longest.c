#include "longest.h"

#include <errno.h>
#include <stdlib.h>

#include <sysmem/format.h>
#include <sysmem/usage.h>

#include "solver/explain.h"
#include "solver/solver.h"
#include "stats.h"

#define LIST 64 /* the longest that a message may have */

#define AFBC (SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16)

const struct longest_case longest_cases[LONGEST_CASES] = {
    {8,   4096, 1,  false},
    {64,  4096, 1,  false},
    {512, 4096, 1,  false},
    {8,   64,   1,  false},
    {8,   512,  1,  false},
    {8,   512,  8,  false},
    {8,   512,  64, false},
    {8,   512,  1,  true },
    {8,   4096, 1,  true },
};

struct list {
    struct sysmem_pixel_format_and_modifier pairs[LIST][LIST];
    struct sysmem_image_format_constraints entries[LIST];
};

/* Up to 512: four formats with every flag of AFBC that there is, which all participants keep. More:
 * pairs that have to be read, sorted and compared, but are of no use to anybody. The first is
 * linear. */
static struct sysmem_pixel_format_and_modifier pair_of(uint32_t index, uint32_t count)
{
    static const uint32_t formats[] = {SYSMEM_PIXEL_FORMAT_R8G8B8A8, SYSMEM_PIXEL_FORMAT_B8G8R8A8,
                                       SYSMEM_PIXEL_FORMAT_R8G8B8X8, SYSMEM_PIXEL_FORMAT_B8G8R8X8};
    static const uint64_t flags[] = {0x10, 0x20, 0x40, 0x800, 0x1000, 0x2000};
    struct sysmem_pixel_format_and_modifier pair = {SYSMEM_PIXEL_FORMAT_DO_NOT_CARE,
                                                    UINT64_C(0x7700000000000000) + index};
    if (index == 0) {
        pair.pixel_format = formats[0];
        pair.pixel_format_modifier = SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR;
    } else if (count <= 512) {
        pair.pixel_format = formats[index % 4];
        pair.pixel_format_modifier = AFBC + (index / 4 % 2);
        for (uint32_t i = 0; i < 6; i++) {
            pair.pixel_format_modifier |= (index / 8 >> i) % 2 == 1 ? flags[i] : 0;
        }
    }
    return pair;
}

static void add_entry(struct list *list, uint32_t index, uint32_t length)
{
    static const uint32_t spaces[] = {SYSMEM_COLOR_SPACE_SRGB};
    struct sysmem_image_format_constraints *entry = &list->entries[index];
    *entry = (struct sysmem_image_format_constraints){0};
    SYSMEM_SET_VECTOR(entry, pixel_format_and_modifiers, list->pairs[index], length);
    SYSMEM_SET_VECTOR(entry, color_spaces, spaces, 1);
    SYSMEM_SET(entry, min_size, (struct sysmem_size){64, 64});
}

/* In as many entries as it can be. */
static void fill(struct list *list, uint32_t pairs,
                 struct sysmem_buffer_collection_constraints *constraints)
{
    for (uint32_t i = 0; i < pairs; i++) {
        list->pairs[i % LIST][i / LIST] = pair_of(i, pairs);
    }
    for (uint32_t i = 0; i < LIST; i++) {
        add_entry(list, i, pairs / LIST);
    }
    *constraints = (struct sysmem_buffer_collection_constraints){.has = {.usage = true}};
    SYSMEM_SET(&constraints->usage, cpu, SYSMEM_CPU_USAGE_READ);
    SYSMEM_SET(constraints, min_buffer_count, 2);
    SYSMEM_SET_VECTOR(constraints, image_format_constraints, list->entries, LIST);
}

/* Who has nothing in common with the others, which shows when all of them have been folded. */
static const struct sysmem_buffer_collection_constraints *stranger(void)
{
    static const uint32_t spaces[] = {SYSMEM_COLOR_SPACE_REC709};
    static struct sysmem_image_format_constraints entry;
    static struct sysmem_buffer_collection_constraints constraints;
    entry = (struct sysmem_image_format_constraints){0};
    SYSMEM_SET(&entry, pixel_format, SYSMEM_PIXEL_FORMAT_NV12);
    SYSMEM_SET_VECTOR(&entry, color_spaces, spaces, 1);
    constraints = (struct sysmem_buffer_collection_constraints){.has = {.usage = true}};
    SYSMEM_SET(&constraints.usage, cpu, SYSMEM_CPU_USAGE_READ);
    SYSMEM_SET_VECTOR(&constraints, image_format_constraints, &entry, 1);
    return &constraints;
}

static int64_t take(const struct solver_problem *problem, bool explained)
{
    struct solver_explanation explanation = {0};
    struct solver_outcome outcome;
    uint32_t selected = 0;
    int64_t start = stats_now();
    solver_choose(problem, &selected, &outcome);
    int r = explained ? solver_explain(problem, false, &explanation) : 0;
    int64_t time = stats_now() - start;
    bool right = explained ? r == 0 && explanation.conflict_count == 1 : outcome.error == 0;
    if (explained && r == 0) {
        solver_explanation_deinit(&explanation);
    }
    return right ? time : -EPROTO;
}

/* The last participants are the children of a group, or the one that nothing goes with. */
static int64_t measure(const struct longest_case *what, struct list *list,
                       struct solver_participant *participants)
{
    struct sysmem_buffer_collection_constraints constraints;
    struct solver_environment environment;
    const struct solver_group group = {.child_count = what->combinations};
    bool grouped = what->combinations > 1;
    uint32_t others = grouped ? what->combinations - 1 : what->explained ? 1 : 0;
    fill(list, what->pairs, &constraints);
    solver_environment_init(&environment);
    for (uint32_t i = 0; i < what->participants; i++) {
        participants[i] = (struct solver_participant){.constraints = &constraints};
    }
    for (uint32_t i = 0; i < others; i++) {
        participants[what->participants + i] = (struct solver_participant){
            .constraints = stranger(), .group = grouped ? 1 : 0, .child = i};
    }
    const struct solver_problem problem = {
        .participants = participants,
        .participant_count = what->participants + others,
        .groups = &group,
        .group_count = grouped ? 1 : 0,
        .environment = &environment,
    };
    return take(&problem, what->explained);
}

int longest_measure(double ret[LONGEST_CASES])
{
    struct list *list = malloc(sizeof(*list));
    struct solver_participant *participants = calloc(1024, sizeof(*participants));
    int64_t time = list == NULL || participants == NULL ? -ENOMEM : 0;
    for (int i = 0; i < LONGEST_CASES && time >= 0; i++) {
        time = measure(&longest_cases[i], list, participants);
        ret[i] = (double)time;
    }
    free(participants);
    free(list);
    return time < 0 ? (int)time : 0;
}
