#include "cli/solve_text.h"

#include <string.h>

#include "base/strbuf.h"
#include "cli/text_table.h"

/* A string, so that it cannot move the cursor; "-" for none. */
static void add_string(struct strbuf *buf, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    if (text == NULL) {
        strbuf_addf(buf, "-");
    } else {
        strbuf_add_escaped(buf, text);
    }
}

/* One object a row, one of its keys a column; below the heading. */
static bool print_rows(const json_t *list, const char *const keys[3], const char *const heading[3],
                       FILE *out)
{
    struct text_table table;
    text_table_init(&table, 3);
    text_table_add(&table, heading);
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct strbuf cells[3] = {0};
        for (size_t c = 0; c < 3; c++) {
            add_string(&cells[c], json_array_get(list, i), keys[c]);
        }
        text_table_add(&table,
                       (const char *const[3]){strbuf_text(&cells[0]), strbuf_text(&cells[1]),
                                              strbuf_text(&cells[2])});
        for (size_t c = 0; c < 3; c++) {
            strbuf_deinit(&cells[c]);
        }
    }
    bool printed = text_table_print(&table, 0, out);
    text_table_deinit(&table);
    return printed;
}

static bool print_trace(const json_t *trace, FILE *out)
{
    static const char *const keys[3] = {"step", "participant", "text"};
    static const char *const heading[3] = {"STEP", "PARTICIPANT", "WHAT"};
    return trace == NULL || (print_rows(trace, keys, heading, out) && fputs("\n", out) >= 0);
}

/* Those of an error or of a conflict, and how many there are beside. */
static bool print_reasons(const json_t *of, FILE *out)
{
    static const char *const keys[3] = {"participant", "field", "detail"};
    static const char *const heading[3] = {"PARTICIPANT", "FIELD", "DETAIL"};
    const json_t *omitted = json_object_get(of, "omitted");
    return print_rows(json_object_get(of, "reasons"), keys, heading, out) &&
           (omitted == NULL ||
            fprintf(out, "and %lld more\n", (long long)json_integer_value(omitted)) >= 0);
}

static void add_selected(struct strbuf *buf, const json_t *selected)
{
    for (size_t i = 0; i < json_array_size(selected); i++) {
        strbuf_addf(buf, "%s%d", i == 0 ? "" : ", ",
                    (int)json_integer_value(json_array_get(selected, i)));
    }
}

/* Whether a source's own text has what would stand between sources. */
static bool has_commas(const json_t *sources)
{
    bool found = false;
    for (size_t i = 0; i < json_array_size(sources) && !found; i++) {
        const json_t *text = json_object_get(json_array_get(sources, i), "text");
        found = json_is_string(text) && strchr(json_string_value(text), ',') != NULL;
    }
    return found;
}

/* bytes_per_row_divisor 256: gpu 256, camera 64 */
static void add_origin(struct strbuf *buf, const json_t *origin)
{
    const char *field = json_string_value(json_object_get(origin, "field"));
    const char *dot = field == NULL ? NULL : strrchr(field, '.');
    const json_t *sources = json_object_get(origin, "sources");
    const char *separator = has_commas(sources) ? "; " : ", ";
    strbuf_add_escaped(buf, dot == NULL ? field : dot + 1);
    strbuf_addf(buf, " ");
    add_string(buf, origin, "value");
    for (size_t i = 0; i < json_array_size(sources); i++) {
        const json_t *source = json_array_get(sources, i);
        strbuf_addf(buf, "%s", i == 0 ? ": " : separator);
        if (json_object_get(source, "participant") != NULL) {
            add_string(buf, source, "participant");
            strbuf_addf(buf, " ");
        }
        add_string(buf, source, "text");
    }
    strbuf_addf(buf, "\n");
}

static bool print_success(const json_t *ok, FILE *out)
{
    struct strbuf text = {0};
    const json_t *origins = json_object_get(ok, "origins");
    const json_t *selected = json_object_get(ok, "selected");
    for (size_t i = 0; i < json_array_size(origins); i++) {
        add_origin(&text, json_array_get(origins, i));
    }
    if (selected != NULL) {
        strbuf_addf(&text, "selected children ");
        add_selected(&text, selected);
        strbuf_addf(&text, "\n");
    }
    bool printed = !text.failed && fputs(strbuf_text(&text), out) >= 0;
    strbuf_deinit(&text);
    return printed;
}

static bool print_conflict(const json_t *conflict, FILE *out)
{
    const json_t *selected = json_object_get(conflict, "selected");
    struct strbuf text = {0};
    strbuf_addf(&text, "\n%s", selected == NULL ? "no combination" : "selected children ");
    add_selected(&text, selected);
    if (json_is_false(json_object_get(conflict, "minimal"))) {
        strbuf_addf(&text, " (not all of these may be needed)");
    }
    bool printed = !text.failed && fprintf(out, "%s\n", strbuf_text(&text)) >= 0;
    strbuf_deinit(&text);
    return printed && print_reasons(conflict, out);
}

/* Where there are no groups the one conflict is what the reasons say already. */
static bool print_failure(const json_t *error, FILE *out)
{
    const json_t *conflicts = json_object_get(error, "conflicts");
    bool printed = fprintf(out, "%s\n", json_string_value(json_object_get(error, "name"))) >= 0 &&
                   print_reasons(error, out);
    for (size_t i = 0; printed && i < json_array_size(conflicts); i++) {
        const json_t *conflict = json_array_get(conflicts, i);
        bool new = json_array_size(conflicts) > 1 || json_object_get(conflict, "selected") != NULL;
        printed = !new || print_conflict(conflict, out);
    }
    return printed;
}

static bool print_waits(const json_t *waits, FILE *out)
{
    return fprintf(out, "waits for secure memory\n") >= 0 && print_reasons(waits, out);
}

bool solve_text_print(const json_t *told, FILE *out)
{
    const json_t *ok = json_object_get(told, "ok");
    const json_t *waits = json_object_get(told, "waits");
    return print_trace(json_object_get(told, "trace"), out) &&
           (ok != NULL      ? print_success(ok, out)
            : waits != NULL ? print_waits(waits, out)
                            : print_failure(json_object_get(told, "error"), out));
}
