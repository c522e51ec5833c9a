/* Every method in every state: the tables of docs/protocol.md, cell by cell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sysmem/sysmem.h>

#include "client/channel.h"
#include "protocol_scene.h"

#define MAX_COLUMNS 16

/* A table row, cut into cells; `line` is written into. */
static size_t cut(char *line, char *ret_cells[MAX_COLUMNS])
{
    size_t count = 0;
    char *rest = NULL;
    for (char *cell = strtok_r(line, "|\n", &rest); cell != NULL && count < MAX_COLUMNS;
         cell = strtok_r(NULL, "|\n", &rest)) {
        cell += strspn(cell, " `");
        size_t len = strlen(cell);
        while (len > 0 && strchr(" `", cell[len - 1]) != NULL) {
            cell[--len] = '\0';
        }
        ret_cells[count++] = cell;
    }
    return count;
}

struct reading {
    struct protocol_scene *scene;
    enum model_protocol protocol;
    char header[1024]; /* what `states` points into */
    char *states[MAX_COLUMNS];
    size_t state_count; /* with the methods' column; 0: not in such a table */
    size_t checked;     /* cells of the protocol */
    size_t failed;
};

static void read_row(struct reading *reading, char *line)
{
    char *cells[MAX_COLUMNS];
    size_t count = cut(line, cells);
    assert_int_equal(count, reading->state_count);
    for (size_t i = 1; i < count; i++) {
        const char *got =
            protocol_try(reading->scene, reading->protocol, cells[0], reading->states[i]);
        reading->checked++;
        if (strcmp(got, cells[i]) != 0) {
            reading->failed++;
            print_error("%s.%s, %s: docs/protocol.md has \"%s\", got \"%s\"\n",
                        model_protocol_name(reading->protocol), cells[0], reading->states[i],
                        cells[i], got);
        }
    }
}

static void read_line(struct reading *reading, char *line, enum model_protocol wanted)
{
    if (strncmp(line, "## ", 3) == 0) {
        line[strcspn(line, "\n")] = '\0';
        reading->protocol = model_protocol_by_name(line + 3);
    } else if (reading->protocol != wanted || line[0] != '|') {
        reading->state_count = 0;
    } else if (strncmp(line, "| Method |", 10) == 0) {
        (void)snprintf(reading->header, sizeof(reading->header), "%s", line);
        reading->state_count = cut(reading->header, reading->states);
    } else if (reading->state_count > 0 && strncmp(line, "| ---", 5) != 0) {
        read_row(reading, line);
    }
}

/* Each cell holds; and there is a cell for each method and state, and for unknown methods. */
static void check_tables_of(struct protocol_scene *scene, enum model_protocol protocol)
{
    FILE *page = fopen(PROTOCOL_PAGE, "re");
    assert_non_null(page);
    struct reading reading = {.scene = scene};
    char line[1024];
    while (fgets(line, sizeof(line), page) != NULL) {
        read_line(&reading, line, protocol);
    }
    (void)fclose(page);
    assert_int_equal(reading.failed, 0);
    size_t methods = 1;
    size_t count;
    const struct model_method *rows = model_methods(&count);
    for (size_t i = 0; i < count; i++) {
        methods += rows[i].protocol == protocol && rows[i].ordinal < 1000 ? 1 : 0;
    }
    assert_int_equal(reading.checked, methods * protocol_state_count(protocol));
}

static void allocator(void **state)
{
    check_tables_of(*state, MODEL_PROTOCOL_ALLOCATOR);
}

static void token(void **state)
{
    check_tables_of(*state, MODEL_PROTOCOL_TOKEN);
}

static void collection(void **state)
{
    check_tables_of(*state, MODEL_PROTOCOL_COLLECTION);
}

static void group(void **state)
{
    check_tables_of(*state, MODEL_PROTOCOL_GROUP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(allocator, protocol_set_up, protocol_tear_down),
        cmocka_unit_test_setup_teardown(token, protocol_set_up, protocol_tear_down),
        cmocka_unit_test_setup_teardown(collection, protocol_set_up, protocol_tear_down),
        cmocka_unit_test_setup_teardown(group, protocol_set_up, protocol_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
