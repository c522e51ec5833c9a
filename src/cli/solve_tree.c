#include "cli/solve_tree.h"

#include <stdio.h>
#include <string.h>

#include "model/tables.h"
#include "json/json.h"

struct leaf {
    struct leaf *next;
    struct solver_participant participant;
};

struct branch {
    struct branch *next;
    struct solver_group group;
};

/* One level of nesting: where the walk is, and the participants found so far, also those under
 * other groups of the same level. */
struct level {
    const json_t *children; /* of the group; NULL outside of all groups */
    uint32_t child;
    int group;           /* as in struct solver_participant */
    const json_t *list;  /* the participants of this child */
    size_t next;         /* the one to read next */
    struct leaf *leaves; /* in order: on one level depth-first is breadth-first */
    struct leaf **last_leaf;
};

/* The walk needs no recursion, so that no document can exhaust the stack. */
struct walk {
    struct arena *arena;
    struct strbuf *reason;
    struct level *levels;
    size_t depth; /* of the level that is being read */
    size_t leaf_count;
    struct branch *branches;
    struct branch **last_branch;
    int branch_count;
};

static bool no_memory(struct strbuf *reason)
{
    strbuf_addf(reason, "no memory");
    return false;
}

/* Appends where the walk is. */
static void tell_path(const struct walk *walk)
{
    strbuf_addf(walk->reason, "participants");
    for (size_t i = 0; i <= walk->depth; i++) {
        const struct level *level = &walk->levels[i];
        if (i > 0) {
            strbuf_addf(walk->reason, ".one_of[%u]", level->child);
        }
        strbuf_addf(walk->reason, "[%zu]", level->next - 1);
    }
}

static bool unusable(const struct walk *walk, const char *what)
{
    tell_path(walk);
    strbuf_addf(walk->reason, "%s", what);
    return false;
}

bool solve_has_only(const json_t *object, const char *const *keys, struct strbuf *reason)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)object, key, value)
    {
        size_t i = 0;
        while (keys[i] != NULL && strcmp(keys[i], key) != 0) {
            i++;
        }
        if (keys[i] == NULL) {
            strbuf_addf(reason, "unknown key '");
            strbuf_add_escaped(reason, key);
            strbuf_addf(reason, "'");
            return false;
        }
    }
    return true;
}

static bool has_only(const struct walk *walk, const json_t *object, const char *const *keys)
{
    struct strbuf error = {0};
    bool ok = solve_has_only(object, keys, &error);
    if (!ok) {
        tell_path(walk);
        strbuf_addf(walk->reason, ": %s", strbuf_text(&error));
    }
    strbuf_deinit(&error);
    return ok;
}

static void enter(struct walk *walk, const json_t *children, int group)
{
    struct level *level = &walk->levels[++walk->depth];
    level->children = children;
    level->child = 0;
    level->group = group;
    level->list = json_array_get(children, 0);
    level->next = 0;
}

static bool check_children(const struct walk *walk, const json_t *children)
{
    if (!json_is_array(children) || json_array_size(children) == 0) {
        return unusable(walk, ".one_of: wanted a list of at least one child");
    }
    for (size_t i = 0; i < json_array_size(children); i++) {
        if (!json_is_array(json_array_get(children, i))) {
            tell_path(walk);
            strbuf_addf(walk->reason, ".one_of[%zu]: wanted a list of participants", i);
            return false;
        }
    }
    return true;
}

static bool read_group(struct walk *walk, const json_t *object)
{
    static const char *const keys[] = {"one_of", NULL};
    const json_t *children = json_object_get(object, "one_of");
    const struct level *level = &walk->levels[walk->depth];
    if (walk->depth == SOLVE_TREE_MAX_NESTING) {
        strbuf_addf(walk->reason, "participants: wanted groups nested at most %d deep, got more",
                    SOLVE_TREE_MAX_NESTING);
        return false;
    }
    if (!has_only(walk, object, keys) || !check_children(walk, children)) {
        return false;
    }
    struct branch *branch = arena_alloc(walk->arena, sizeof(*branch));
    if (branch == NULL) {
        return no_memory(walk->reason);
    }
    branch->group = (struct solver_group){
        .parent = level->group,
        .parent_child = level->child,
        .child_count = (uint32_t)json_array_size(children),
    };
    *walk->last_branch = branch;
    walk->last_branch = &branch->next;
    enter(walk, children, ++walk->branch_count);
    return true;
}

/* The name of a participant: its own, or its position. NULL: no memory, or no string. */
static const char *read_name(const struct walk *walk, const json_t *object)
{
    const json_t *name = json_object_get(object, "name");
    char position[40];
    if (name == NULL) {
        (void)snprintf(position, sizeof(position), "participant %zu", walk->leaf_count);
        return arena_strndup(walk->arena, position, strlen(position));
    }
    const char *text = json_string_value(name);
    return text == NULL ? NULL : arena_strndup(walk->arena, text, strlen(text));
}

static bool read_constraints(const struct walk *walk, json_t *json,
                             const struct sysmem_buffer_collection_constraints **ret)
{
    struct strbuf error = {0};
    struct sysmem_buffer_collection_constraints *constraints =
        arena_alloc(walk->arena, sizeof(*constraints));
    if (constraints == NULL) {
        return no_memory(walk->reason);
    }
    bool ok = json_to_table(&model_type_buffer_collection_constraints, json, walk->arena, NULL,
                            constraints, &error);
    if (!ok) {
        tell_path(walk);
        strbuf_addf(walk->reason, ".constraints%s%s", json_is_object(json) ? "." : ": ",
                    strbuf_text(&error));
    }
    strbuf_deinit(&error);
    *ret = constraints;
    return ok;
}

static bool read_participant(struct walk *walk, const json_t *object)
{
    static const char *const keys[] = {"name", "constraints", NULL};
    struct level *level = &walk->levels[walk->depth];
    if (!has_only(walk, object, keys)) {
        return false;
    }
    struct leaf *leaf = arena_alloc(walk->arena, sizeof(*leaf));
    if (leaf == NULL) {
        return no_memory(walk->reason);
    }
    leaf->participant = (struct solver_participant){
        .name = read_name(walk, object),
        .group = level->group,
        .child = level->child,
    };
    if (leaf->participant.name == NULL) {
        return unusable(walk, ".name: wanted a string");
    }
    json_t *constraints = json_object_get(object, "constraints");
    if (constraints != NULL &&
        !read_constraints(walk, constraints, &leaf->participant.constraints)) {
        return false;
    }
    *level->last_leaf = leaf;
    level->last_leaf = &leaf->next;
    walk->leaf_count++;
    return true;
}

/* Goes to what is to be read next. False: there is nothing more. */
static bool advance(struct walk *walk, const json_t **ret)
{
    struct level *level = &walk->levels[walk->depth];
    while (level->next == json_array_size(level->list)) {
        if (level->children != NULL && level->child + 1 < json_array_size(level->children)) {
            level->list = json_array_get(level->children, ++level->child);
            level->next = 0;
        } else if (walk->depth > 0) {
            level = &walk->levels[--walk->depth];
        } else {
            return false;
        }
    }
    *ret = json_array_get(level->list, level->next++);
    return true;
}

static bool walk_all(struct walk *walk)
{
    const json_t *item = NULL;
    while (advance(walk, &item)) {
        bool ok = !json_is_object(item)                     ? unusable(walk, ": wanted an object")
                  : json_object_get(item, "one_of") != NULL ? read_group(walk, item)
                                                            : read_participant(walk, item);
        if (!ok) {
            return false;
        }
    }
    return true;
}

/* From lists to arrays. */
static bool collect(const struct walk *walk, struct solve_question *ret)
{
    struct solver_participant *participants =
        arena_alloc_array(walk->arena, walk->leaf_count, sizeof(*participants));
    struct solver_group *groups =
        arena_alloc_array(walk->arena, (size_t)walk->branch_count, sizeof(*groups));
    if (participants == NULL || groups == NULL) {
        return no_memory(walk->reason);
    }
    *ret = (struct solve_question){.participants = participants, .groups = groups};
    for (size_t i = 0; i <= SOLVE_TREE_MAX_NESTING; i++) {
        for (const struct leaf *leaf = walk->levels[i].leaves; leaf != NULL; leaf = leaf->next) {
            participants[ret->participant_count++] = leaf->participant;
        }
    }
    for (const struct branch *branch = walk->branches; branch != NULL; branch = branch->next) {
        groups[ret->group_count++] = branch->group;
    }
    return true;
}

bool solve_tree_read(struct arena *arena, const json_t *list, struct solve_question *ret,
                     struct strbuf *reason)
{
    struct walk walk = {.arena = arena, .reason = reason};
    if (!json_is_array(list) || json_array_size(list) == 0) {
        strbuf_addf(reason, "participants: wanted a list of at least one");
        return false;
    }
    walk.levels = arena_alloc_array(arena, SOLVE_TREE_MAX_NESTING + 1, sizeof(*walk.levels));
    if (walk.levels == NULL) {
        return no_memory(reason);
    }
    for (size_t i = 0; i <= SOLVE_TREE_MAX_NESTING; i++) {
        walk.levels[i].last_leaf = &walk.levels[i].leaves;
    }
    walk.last_branch = &walk.branches;
    walk.levels[0].list = list;
    if (!walk_all(&walk)) {
        return false;
    }
    if (walk.leaf_count == 0) {
        strbuf_addf(reason, "participants: wanted at least one, got groups without any");
        return false;
    }
    return collect(&walk, ret);
}
