#include "report.h"

#include <inttypes.h>
#include <stdio.h>

#include "solve.h"

static const char *const subject_names[SUBJECTS] = {"floor", "sysmem"};

/* Calls of one kind in one cycle, client and server together. */
static double calls_a_cycle(const struct report *report, int measure, int subject, size_t kind)
{
    const struct syscount *count = &report->calls[measure][subject];
    return (double)(syscount_of_kind(count, SYSCOUNT_CLIENT, kind) +
                    syscount_of_kind(count, SYSCOUNT_SERVER, kind)) /
           measures[measure].counted;
}

static void print_comparison(const char *title, const struct comparison *times, double goal)
{
    (void)printf("%-37s %9.1f %9.1f %10.1f %9.1f %7.2f %7.2f %6.1f\n", title,
                 times->of[FLOOR].p50 / 1e3, times->of[FLOOR].p99 / 1e3, times->of[REAL].p50 / 1e3,
                 times->of[REAL].p99 / 1e3, times->ratio_p50, times->ratio_p99, goal);
}

static void print_times(const struct report *report)
{
    (void)printf("Times in microseconds, medians of %" PRIu32 " rounds:\n\n", report->rounds);
    (void)printf("%-37s %9s %9s %10s %9s %7s %7s %6s\n", "", "floor p50", "p99", "sysmem p50",
                 "p99", "ratio", "p99", "goal");
    for (int i = 0; i < MEASURES; i++) {
        print_comparison(measures[i].title, &report->times[i], measures[i].goal);
    }
    for (int i = 0; i < OBJECTS_CASES; i++) {
        if (report->objects[i].ratio_p50 > 0) {
            print_comparison(objects_cases[i].title, &report->objects[i], objects_cases[i].goal);
        } else {
            (void)printf("%-37s vm.max_map_count is too low\n", objects_cases[i].title);
        }
    }
    (void)printf("%-37s %9s %9s %10.2f %9.2f %7s %7s %3.0f us\n",
                 "solve, 4 participants of 4 formats", "", "", report->solve.p50 / 1e3,
                 report->solve.p99 / 1e3, "", "", SOLVE_GOAL_NS / 1e3);
    for (int i = 0; i < LONGEST_CASES; i++) {
        const struct longest_case *one = &longest_cases[i];
        (void)printf("solve, %3" PRIu32 " of %4" PRIu32 " pairs, %2" PRIu32
                     " combinations%s %9.0f\n",
                     one->participants, one->pairs, one->combinations,
                     one->explained ? ", explained" : "           ", report->longest[i] / 1e3);
    }
}

static void print_calls(const struct report *report)
{
    if (!report->has_calls) {
        (void)printf("\nSystem calls were not counted: %s\n", report->no_calls);
        return;
    }
    (void)printf(
        "\nSystem calls of client and server together, in one round trip or cycle:\n\n%-18s", "");
    for (int i = 0; i < MEASURES; i++) {
        (void)printf("%21s", measures[i].name);
    }
    (void)printf("\n%-18s", "");
    for (int i = 0; i < MEASURES; i++) {
        (void)printf("%11s%10s", subject_names[FLOOR], subject_names[REAL]);
    }
    (void)putchar('\n');
    for (size_t kind = 0; kind < syscount_kinds(); kind++) {
        (void)printf("%-18s", syscount_kind_name(kind));
        for (int i = 0; i < MEASURES; i++) {
            (void)printf("%11.1f%10.1f", calls_a_cycle(report, i, FLOOR, kind),
                         calls_a_cycle(report, i, REAL, kind));
        }
        (void)putchar('\n');
    }
}

void report_print(const struct report *report)
{
    if (report->has_times) {
        print_times(report);
    }
    print_calls(report);
}

static void print_json_calls(const struct report *report, int measure)
{
    (void)printf(", \"system_calls\": {");
    for (int subject = 0; subject < SUBJECTS; subject++) {
        const struct syscount *count = &report->calls[measure][subject];
        double cycles = measures[measure].counted;
        (void)printf("%s\"%s\": {", subject > 0 ? ", " : "", subject_names[subject]);
        for (size_t kind = 0; kind < syscount_kinds(); kind++) {
            (void)printf("%s\"%s\": {\"client\": %.2f, \"server\": %.2f}", kind > 0 ? ", " : "",
                         syscount_kind_name(kind),
                         (double)syscount_of_kind(count, SYSCOUNT_CLIENT, kind) / cycles,
                         (double)syscount_of_kind(count, SYSCOUNT_SERVER, kind) / cycles);
        }
        (void)putchar('}');
    }
    (void)putchar('}');
}

static void print_json_comparison(const struct comparison *times)
{
    for (int subject = 0; subject < SUBJECTS; subject++) {
        (void)printf(", \"%s\": {\"p50_ns\": %.0f, \"p99_ns\": %.0f}", subject_names[subject],
                     times->of[subject].p50, times->of[subject].p99);
    }
    (void)printf(", \"ratio\": {\"p50\": %.3f, \"p99\": %.3f}", times->ratio_p50, times->ratio_p99);
}

/* Those that the system allows. */
static void print_json_objects(const struct report *report)
{
    const char *comma = "";
    (void)printf(",\n \"objects\": [");
    for (int i = 0; i < OBJECTS_CASES; i++) {
        if (report->objects[i].ratio_p50 > 0) {
            (void)printf("%s\n  {\"name\": \"%s\", \"goal\": %.2f", comma, objects_cases[i].name,
                         objects_cases[i].goal);
            print_json_comparison(&report->objects[i]);
            (void)putchar('}');
            comma = ",";
        }
    }
    (void)putchar(']');
}

void report_print_json(const struct report *report)
{
    (void)printf("{\"rounds\": %" PRIu32 ", \"measures\": [", report->rounds);
    for (int i = 0; i < MEASURES; i++) {
        const struct comparison *times = &report->times[i];
        (void)printf("%s\n  {\"name\": \"%s\", \"goal\": %.2f", i > 0 ? "," : "", measures[i].name,
                     measures[i].goal);
        if (report->has_times) {
            print_json_comparison(times);
        }
        if (report->has_calls) {
            print_json_calls(report, i);
        }
        (void)putchar('}');
    }
    (void)printf("]");
    if (report->has_times) {
        (void)printf(",\n \"solve\": {\"p50_ns\": %.0f, \"p99_ns\": %.0f, \"goal_ns\": %d}",
                     report->solve.p50, report->solve.p99, SOLVE_GOAL_NS);
        print_json_objects(report);
        (void)printf(",\n \"longest\": [");
        for (int i = 0; i < LONGEST_CASES; i++) {
            const struct longest_case *one = &longest_cases[i];
            (void)printf("%s{\"participants\": %" PRIu32 ", \"pairs\": %" PRIu32
                         ", \"combinations\": %" PRIu32 ", \"explained\": %s, \"ns\": %.0f}",
                         i > 0 ? ", " : "", one->participants, one->pairs, one->combinations,
                         one->explained ? "true" : "false", report->longest[i]);
        }
        (void)printf("]");
    }
    if (!report->has_calls) {
        (void)printf(",\n \"system_calls_not_counted\": \"%s\"", report->no_calls);
    }
    (void)printf("}\n");
}

bool report_floor_is_low(const struct report *report)
{
    bool low = true;
    for (int i = 0; i < MEASURES; i++) {
        for (size_t kind = 0; kind < syscount_kinds(); kind++) {
            double floor_calls = calls_a_cycle(report, i, FLOOR, kind);
            double real_calls = calls_a_cycle(report, i, REAL, kind);
            if (floor_calls > real_calls) {
                (void)fprintf(stderr, "%s: the floor makes %.2f calls of kind '%s', sysmem %.2f\n",
                              measures[i].name, floor_calls, syscount_kind_name(kind), real_calls);
                low = false;
            }
        }
    }
    return low;
}
