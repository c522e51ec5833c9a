/* The solver, with participants that want anything that a message can say. Input: a byte, how many
 * participants; two bytes of switches; a byte, how many format costs; then the tables: four bytes
 * say which fields are set, and each value begins with a byte that chooses a usual value or
 * announces any. Two of the switches say how many token groups there are: these come first, each
 * three bytes (the group around it, under which child, how many children), and then two bytes for
 * each participant (its group, under which child).
 *
 * Whatever comes out is told alike twice, watched or not; settings keep what each participant asked
 * for and come from somewhere, and a failure has reasons. With FUZZ_REASONS every failure is
 * explained too, which takes thirty times as long: a target of its own, fuzz_reasons. */
#include "fuzz.h"

#include <stdbool.h>

#include <sysmem/format.h>

#include "base/arena.h"
#include "model/field.h"
#include "model/tables.h"
#include "model/walk.h"
#ifdef FUZZ_REASONS
#include "reasons.h"
#endif
#include "solver/cost.h"
#include "solver/origin.h"
#include "solver/solver.h"
#include "world.h"

#define MAX_PARTICIPANTS 8
#define MAX_COSTS        4
#define MAX_GROUPS       3
#define MAX_CHILDREN     5 /* three groups can have more combinations than are tried */
#define BUDGET           ((size_t)64 << 20)
#define MANY             0xFF /* as many items as the interface allows */
#define ANY              0xF0 /* this and above: the value's bytes follow */

static const char *usual_heap(uint8_t choice)
{
    size_t count;
    const struct solver_heap *heaps = world_solver_heaps(&count);
    size_t pick = choice % (count + 2);
    return pick < count ? heaps[pick].heap.heap_type : pick == count ? "unknown" : "";
}

static uint64_t usual_integer(const struct model_field *field, uint8_t choice)
{
    if (field->names == NULL) {
        return choice < 0x80 ? choice : UINT64_C(1) << (choice % 64);
    }
    return field->names->names[choice % field->names->count].value;
}

static void make_table(struct fuzz_input *input, struct arena *arena, const struct model_type *type,
                       void *table);

static void make_value(struct fuzz_input *input, struct arena *arena,
                       const struct model_field *field, void *value)
{
    if (field->kind == MODEL_TABLE) {
        make_table(input, arena, field->type, value);
        return;
    }
    uint8_t choice = (uint8_t)fuzz_integer(input, 1);
    if (field->kind == MODEL_BOOL) {
        *(bool *)value = choice % 2 != 0;
    } else if (field->kind == MODEL_STRING) {
        const char *text = usual_heap(choice);
        memcpy(value, &text, sizeof(text));
    } else if (field->kind == MODEL_F32) {
        float cost = (float)choice;
        memcpy(value, &cost, sizeof(cost));
    } else {
        size_t size = model_item_size(field);
        uint64_t wide = choice < ANY ? usual_integer(field, choice) : fuzz_integer(input, size);
        memcpy(value, &wide, size); /* little-endian, as all that the project runs on */
    }
}

static void make_field(struct fuzz_input *input, struct arena *arena,
                       const struct model_field *field, void *table)
{
    unsigned char *value = (unsigned char *)table + field->offset;
    size_t size = model_item_size(field);
    size_t count = 1;
    if (field->vector) {
        uint8_t choice = (uint8_t)fuzz_integer(input, 1);
        count = choice == MANY ? field->max_count : choice % 5;
        value = arena_alloc_array(arena, count, size);
        EXPECT(value != NULL);
        model_field_set_vector(field, table, value, count);
    }
    for (size_t i = 0; i < count; i++) {
        make_value(input, arena, field, value + i * size);
    }
}

static void make_table(struct fuzz_input *input, struct arena *arena, const struct model_type *type,
                       void *table)
{
    bool optional = type->field_count > 0 && type->fields[0].has_offset != MODEL_ALWAYS;
    uint64_t set = optional ? fuzz_integer(input, 4) : UINT64_MAX;
    for (size_t i = 0; i < type->field_count; i++) {
        if ((set >> i) % 2 != 0) {
            model_field_mark(&type->fields[i], table);
            make_field(input, arena, &type->fields[i], table);
        }
    }
}

/* --- What holds of every outcome --- */

static void check_text(const char *text, size_t size)
{
    EXPECT(memchr(text, '\0', size) != NULL);
}

static void check_failure(const struct solver_outcome *outcome,
                          const struct solver_problem *problem)
{
    size_t participants = problem->participant_count;
    enum solver_secure secure = problem->environment->secure;
    EXPECT(outcome->error == SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY ||
           (outcome->error == SYSMEM_ERROR_PENDING && secure == SOLVER_SECURE_EXPECTED) ||
           (outcome->error == SYSMEM_ERROR_UNSPECIFIED && secure == SOLVER_SECURE_LOST) ||
           (problem->group_count > 0 &&
            outcome->error == SYSMEM_ERROR_TOO_MANY_GROUP_CHILD_COMBINATIONS));
    EXPECT(outcome->reason_count >= 1 && outcome->reason_count <= SOLVER_MAX_REASONS);
    for (size_t i = 0; i < outcome->reason_count; i++) {
        const struct solver_reason *reason = &outcome->reasons[i];
        EXPECT(reason->participant >= -1 && reason->participant < (int)participants);
        check_text(reason->field, sizeof(reason->field));
        check_text(reason->detail, sizeof(reason->detail));
        EXPECT(reason->detail[0] != '\0');
    }
}

/* The buffers that one participant keeps for itself. */
static uint64_t camped(const struct sysmem_buffer_collection_constraints *wish)
{
    return (wish->has.min_buffer_count_for_camping ? wish->min_buffer_count_for_camping : 0) +
           (uint64_t)(wish->has.min_buffer_count_for_dedicated_slack
                          ? wish->min_buffer_count_for_dedicated_slack
                          : 0);
}

static void check_memory(const struct sysmem_buffer_memory_constraints *wish,
                         const struct sysmem_buffer_memory_settings *got)
{
    EXPECT(!wish->has.min_size_bytes || got->size_bytes >= wish->min_size_bytes);
    EXPECT(!wish->has.max_size_bytes || got->size_bytes <= wish->max_size_bytes);
    EXPECT(!wish->has.secure_required || !wish->secure_required || got->is_secure);
    EXPECT(!wish->has.cpu_domain_supported || wish->cpu_domain_supported ||
           got->coherency_domain != SYSMEM_COHERENCY_DOMAIN_CPU);
    EXPECT(!wish->has.ram_domain_supported || wish->ram_domain_supported ||
           got->coherency_domain != SYSMEM_COHERENCY_DOMAIN_RAM);
    EXPECT(!wish->has.inaccessible_domain_supported || wish->inaccessible_domain_supported ||
           got->coherency_domain != SYSMEM_COHERENCY_DOMAIN_INACCESSIBLE);
}

static bool is_or_any(uint32_t wanted, uint32_t got)
{
    return wanted == got || wanted == SYSMEM_PIXEL_FORMAT_DO_NOT_CARE;
}

/* Whether a participant named the pixel format, or said that it does not care. */
static bool permits_format(const struct sysmem_buffer_collection_constraints *wish, uint32_t got)
{
    for (size_t i = 0; i < wish->image_format_constraints_count; i++) {
        const struct sysmem_image_format_constraints *image = &wish->image_format_constraints[i];
        if (image->has.pixel_format && is_or_any(image->pixel_format, got)) {
            return true;
        }
        for (size_t j = 0; j < image->pixel_format_and_modifiers_count; j++) {
            if (is_or_any(image->pixel_format_and_modifiers[j].pixel_format, got)) {
                return true;
            }
        }
    }
    return wish->image_format_constraints_count == 0;
}

static void check_image(const struct sysmem_buffer_collection_constraints *wish,
                        const struct sysmem_single_buffer_settings *got)
{
    const struct sysmem_image_format_constraints *image = &got->image_format_constraints;
    if (!got->has.image_format_constraints) {
        EXPECT(wish->image_format_constraints_count == 0);
        return;
    }
    EXPECT(permits_format(wish, image->pixel_format));
    EXPECT(image->color_spaces_count == 1);
    EXPECT(!image->has.max_size || (image->min_size.width <= image->max_size.width &&
                                    image->min_size.height <= image->max_size.height));
}

static void check_limits(const struct solver_outcome *outcome, const struct solver_limits *limits)
{
    uint64_t size = outcome->settings.buffer_settings.size_bytes;
    EXPECT(outcome->buffer_count >= 1 && outcome->buffer_count <= limits->max_buffers);
    EXPECT(size >= 1 && size <= limits->max_buffer_bytes && size <= limits->max_allocation_size);
    EXPECT(size * outcome->buffer_count <= limits->max_collection_bytes);
}

/* Each group that is not hidden selects one of its children. */
static void check_selected(const struct solver_problem *problem, const uint32_t *selected)
{
    for (size_t i = 0; i < problem->group_count; i++) {
        const struct solver_group *group = &problem->groups[i];
        bool hidden = group->parent > 0 && selected[group->parent - 1] != group->parent_child;
        EXPECT(hidden ? selected[i] == SOLVER_HIDDEN : selected[i] < group->child_count);
    }
}

static bool is_present(const struct solver_participant *participant, const uint32_t *selected)
{
    return participant->constraints != NULL &&
           (participant->group == 0 || selected[participant->group - 1] == participant->child);
}

static void check_success(const struct solver_outcome *outcome,
                          const struct solver_problem *problem, const uint32_t *selected)
{
    uint64_t all_camped = 0;
    check_selected(problem, selected);
    check_limits(outcome, &problem->environment->limits);
    EXPECT(outcome->settings.has.buffer_settings && outcome->reason_count == 0);
    for (size_t i = 0; i < problem->participant_count; i++) {
        const struct sysmem_buffer_collection_constraints *wish =
            problem->participants[i].constraints;
        if (!is_present(&problem->participants[i], selected)) {
            continue;
        }
        all_camped += problem->environment->force_zero_slack ? 0 : camped(wish);
        EXPECT(!wish->has.min_buffer_count || outcome->buffer_count >= wish->min_buffer_count);
        EXPECT(!wish->has.max_buffer_count || outcome->buffer_count <= wish->max_buffer_count);
        if (wish->has.buffer_memory_constraints) {
            check_memory(&wish->buffer_memory_constraints, &outcome->settings.buffer_settings);
        }
        check_image(wish, &outcome->settings);
    }
    EXPECT(outcome->buffer_count >= all_camped);
}

/* Every value comes from somewhere. */
static void check_origins(const struct solver_problem *problem, const uint32_t *selected,
                          const struct solver_outcome *outcome)
{
    struct solver_origins origins;
    EXPECT(solver_origins(problem, selected, outcome, &origins) == 0 && origins.count > 0);
    for (size_t i = 0; i < origins.count; i++) {
        EXPECT(origins.list[i].source_count > 0 && origins.list[i].value[0] != '\0');
        for (size_t j = 0; j < origins.list[i].source_count; j++) {
            const struct solver_source *source = &origins.list[i].sources[j];
            EXPECT(source->text[0] != '\0');
            EXPECT(source->participant < (int)problem->participant_count);
            EXPECT(source->participant < 0 ||
                   is_present(&problem->participants[source->participant], selected));
        }
    }
    solver_origins_deinit(&origins);
}

/* Whoever watches sees steps in words. */
static void expect_step(void *arg, const struct solver_step *step)
{
    EXPECT(arg != NULL && step->text != NULL && step->text[0] != '\0');
}

static void check_choose(const struct solver_problem *problem)
{
    static struct solver_outcome outcome;
    static struct solver_outcome again;
    uint32_t selected[MAX_GROUPS] = {0};
    uint32_t selected_again[MAX_GROUPS] = {0};
    const struct solver_tracer tracer = {expect_step, &again};
    struct solver_problem watched = *problem;
    watched.tracer = &tracer;
    solver_choose(problem, selected, &outcome);
    solver_choose(&watched, selected_again, &again);
    EXPECT(outcome.error == again.error && outcome.reason_count == again.reason_count);
    EXPECT(memcmp(selected, selected_again, sizeof(selected)) == 0);
    if (outcome.error != 0) {
        check_failure(&outcome, problem);
#ifdef FUZZ_REASONS
        reasons_check(problem, outcome.error);
#endif
        return;
    }
    EXPECT(outcome.buffer_count == again.buffer_count);
    EXPECT(model_equal(&model_type_single_buffer_settings, &outcome.settings, &again.settings));
    check_success(&outcome, problem, selected);
    check_origins(problem, selected, &outcome);
}

/* Into the order that the solver wants, one after the other. */
static void sort_costs(struct sysmem_format_cost_entry *entries, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct sysmem_format_cost_entry entry = entries[i];
        size_t at = i;
        for (; at > 0 && format_cost_compare(&entries[at - 1].key, &entry.key) > 0; at--) {
            entries[at] = entries[at - 1];
        }
        entries[at] = entry;
    }
}

static void make_environment(struct fuzz_input *input, struct arena *arena, uint64_t switches,
                             struct solver_environment *ret)
{
    size_t costs = (size_t)fuzz_integer(input, 1) % (MAX_COSTS + 1);
    struct sysmem_format_cost_entry *entries = arena_alloc_array(arena, costs, sizeof(*entries));
    EXPECT(entries != NULL);
    for (size_t i = 0; i < costs; i++) {
        make_table(input, arena, &model_type_format_cost_entry, &entries[i]);
        entries[i].has.key = true;
        entries[i].key.has.pixel_format = true;
        entries[i].has.cost = true;
    }
    sort_costs(entries, costs);
    solver_environment_init(ret);
    ret->format_costs = entries;
    ret->format_cost_count = costs;
    ret->contiguous_supported = switches % 2 != 0;
    ret->force_zero_slack = switches / 2 % 2 != 0;
    if (switches / 4 % 2 != 0) {
        ret->heaps = world_solver_heaps(&ret->heap_count);
    }
}

/* Read last, so that inputs from before there was such a thing keep their meaning. */
static void make_heaps_absent(struct fuzz_input *input, struct arena *arena,
                              struct solver_environment *environment)
{
    static const enum solver_secure secure[4] = {
        [1] = SOLVER_SECURE_EXPECTED, [2] = SOLVER_SECURE_LOST};
    uint64_t switches = fuzz_integer(input, 1);
    struct solver_heap *heaps = arena_alloc_array(arena, environment->heap_count, sizeof(*heaps));
    EXPECT(heaps != NULL);
    for (size_t i = 0; i < environment->heap_count; i++) {
        heaps[i] = environment->heaps[i];
        heaps[i].absent_reason = (switches >> (2 + i)) % 2 == 0 ? NULL : "it is away";
    }
    environment->heaps = heaps;
    environment->secure = secure[switches % 4];
}

/* Below a group that was made before, or below none. */
static void make_groups(struct fuzz_input *input, struct solver_group *groups, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        groups[i].parent = (int)(fuzz_integer(input, 1) % (i + 1));
        uint32_t children = groups[i].parent == 0 ? 1 : groups[groups[i].parent - 1].child_count;
        groups[i].parent_child = (uint32_t)fuzz_integer(input, 1) % children;
        groups[i].child_count = 1 + (uint32_t)fuzz_integer(input, 1) % MAX_CHILDREN;
    }
}

static void put_under_group(struct fuzz_input *input, const struct solver_group *groups,
                            size_t group_count, struct solver_participant *participant)
{
    participant->group = (int)(fuzz_integer(input, 1) % (group_count + 1));
    uint32_t children = participant->group == 0 ? 1 : groups[participant->group - 1].child_count;
    participant->child = (uint32_t)fuzz_integer(input, 1) % children;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {.at = data, .left = size};
    struct solver_participant participants[MAX_PARTICIPANTS] = {0};
    struct sysmem_buffer_collection_constraints wishes[MAX_PARTICIPANTS] = {0};
    struct solver_group groups[MAX_GROUPS] = {0};
    struct solver_environment environment;
    struct arena arena;
    arena_init(&arena, BUDGET);
    size_t count = (size_t)fuzz_integer(&input, 1) % (MAX_PARTICIPANTS + 1);
    uint64_t switches = fuzz_integer(&input, 2);
    size_t group_count = (switches >> 3) % (MAX_GROUPS + 1);
    make_environment(&input, &arena, switches, &environment);
    make_groups(&input, groups, group_count);
    for (size_t i = 0; i < count && group_count > 0; i++) {
        put_under_group(&input, groups, group_count, &participants[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if ((switches >> (8 + i)) % 2 == 0) { /* the others have set none */
            make_table(&input, &arena, &model_type_buffer_collection_constraints, &wishes[i]);
            participants[i].constraints = &wishes[i];
        }
    }
    make_heaps_absent(&input, &arena, &environment);
    const struct solver_problem problem = {.participants = participants,
                                           .participant_count = count,
                                           .groups = groups,
                                           .group_count = group_count,
                                           .environment = &environment};
    check_choose(&problem);
    arena_clear(&arena);
    return 0;
}
