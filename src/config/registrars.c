/* "registrars": who may serve which heaps, and secure memory. */
#include <grp.h>

#include "config/sections.h"

/* A group's name or number. */
bool config_read_group(struct reader *reader, const struct model_path *path, const json_t *json,
                       void *ret)
{
    _Static_assert(sizeof(gid_t) == sizeof(uint32_t), "reader_u32 fills a gid_t");
    gid_t *gid = ret;
    if (!json_is_string(json)) {
        return reader_u32(reader, path, json, gid);
    }
    const struct group *group = getgrnam(json_string_value(json));
    if (group == NULL) {
        return reader_fail(reader, path, "wanted a group of this system, got '%s'",
                           json_string_value(json));
    }
    *gid = group->gr_gid;
    return true;
}

static bool read_uids(struct reader *reader, const struct model_path *path, const json_t *json,
                      void *ret)
{
    _Static_assert(sizeof(uid_t) == sizeof(uint32_t), "reader_u32 fills a uid_t");
    struct config_registrar *registrar = ret;
    void *items = NULL;
    if (!reader_list(reader, path, json, reader_u32, sizeof(uid_t), &items,
                     &registrar->uid_count)) {
        return false;
    }
    registrar->uids = items;
    return true;
}

static bool read_groups(struct reader *reader, const struct model_path *path, const json_t *json,
                        void *ret)
{
    struct config_registrar *registrar = ret;
    void *items = NULL;
    if (!reader_list(reader, path, json, config_read_group, sizeof(gid_t), &items,
                     &registrar->group_count)) {
        return false;
    }
    registrar->groups = items;
    return true;
}

static bool read_entry(struct reader *reader, const struct model_path *path, const json_t *json,
                       void *ret)
{
    static const struct reader_key keys[] = {
        {"heap_type",  reader_string, offsetof(struct config_registrar, heap_type)},
        {"secure_mem",            reader_bool,              offsetof(struct config_registrar,                        secure_mem)},
        {"uids", read_uids,              0                 },
        {"groups",           read_groups,           0                  },
    };
    struct config_registrar *registrar = ret;
    if (!reader_object(reader, path, json, keys, sizeof(keys) / sizeof(keys[0]), registrar)) {
        return false;
    }
    bool has_type = registrar->heap_type != NULL && registrar->heap_type[0] != '\0';
    if (has_type == registrar->secure_mem) {
        return reader_fail(reader, path, "wanted either a heap_type or secure_mem, got %s",
                           has_type ? "both" : "neither");
    }
    return true;
}

bool config_read_registrars(struct reader *reader, const struct model_path *path,
                            const json_t *json, void *ret)
{
    struct config *config = ret;
    void *items = NULL;
    if (!reader_list(reader, path, json, read_entry, sizeof(struct config_registrar), &items,
                     &config->registrar_count)) {
        return false;
    }
    config->registrars = items;
    return true;
}

static json_t *write_numbers(const uint32_t *numbers, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        config_append(&list, json_integer(numbers[i]));
    }
    return list;
}

json_t *config_write_registrars(const struct config *config)
{
    json_t *list = json_array();
    for (size_t i = 0; i < config->registrar_count; i++) {
        const struct config_registrar *registrar = &config->registrars[i];
        config_append(&list,
                      json_pack("{s:s*, s:b, s:o, s:o}", "heap_type", registrar->heap_type,
                                "secure_mem", (int)registrar->secure_mem, "uids",
                                write_numbers(registrar->uids, registrar->uid_count), "groups",
                                write_numbers(registrar->groups, registrar->group_count)));
    }
    return list;
}
