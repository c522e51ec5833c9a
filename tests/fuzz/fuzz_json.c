/* JSON of the protocol's types: what is read must come out as text that reads as the same table.
 * Input: a line that names a type; the text. */
#include "fuzz.h"

#include <jansson.h>

#include "base/arena.h"
#include "model/tables.h"
#include "model/walk.h"
#include "json/json.h"

#define BUDGET ((size_t)4 << 20)

/* Handles are called "n" and their number. */
static bool handle_from_name(void *arg, const struct model_field *field, const char *name,
                             zx_handle_t *ret_handle, struct strbuf *error)
{
    (void)arg;
    EXPECT(field->kind == MODEL_HANDLE);
    if (name[0] != 'n') {
        strbuf_addf(error, "no handle has this name");
        return false;
    }
    *ret_handle = (zx_handle_t)strtoul(name + 1, NULL, 10);
    return true;
}

static void handle_to_name(void *arg, const struct model_field *field, zx_handle_t handle,
                           struct strbuf *ret_name)
{
    (void)arg;
    (void)field;
    strbuf_addf(ret_name, "n%u", handle);
}

static const struct json_handles handles = {.from_name = handle_from_name,
                                            .to_name = handle_to_name};

static bool read_text(const struct model_type *type, const char *text, size_t len,
                      struct arena *arena, void *ret_table)
{
    struct strbuf error = {0};
    json_t *json = json_from_text(text, len, &error);
    bool done = json != NULL && json_to_table(type, json, arena, &handles, ret_table, &error);
    EXPECT(done == (error.len == 0));
    json_decref(json);
    strbuf_deinit(&error);
    return done;
}

static void check_round_trip(const struct model_type *type, const void *table, struct arena *arena)
{
    json_t *json = table_to_json(type, table, &handles);
    EXPECT(json != NULL);
    char *text = json_dumps(json, JSON_COMPACT);
    EXPECT(text != NULL);
    void *again = arena_alloc(arena, type->size);
    EXPECT(again != NULL && read_text(type, text, strlen(text), arena, again));
    EXPECT(model_equal(type, table, again));
    free(text);
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {.at = data, .left = size};
    char name[96];
    const struct model_type *type =
        fuzz_line(&input, name, sizeof(name)) ? model_type_find(name) : NULL;
    if (type == NULL) {
        return 0;
    }
    struct arena arena;
    arena_init(&arena, BUDGET);
    void *table = arena_alloc(&arena, type->size);
    EXPECT(table != NULL);
    if (read_text(type, (const char *)input.at, input.left, &arena, table)) {
        arena.budget = SIZE_MAX; /* the way back needs as much again */
        check_round_trip(type, table, &arena);
    }
    arena_clear(&arena);
    return 0;
}
