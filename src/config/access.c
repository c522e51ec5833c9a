/* "debug", who sees all collections; and "testing". */
#include "config/sections.h"

static bool read_group(struct reader *reader, const struct model_path *path, const json_t *json,
                       void *ret)
{
    struct config_debug *debug = ret;
    debug->has_group = config_read_group(reader, path, json, &debug->group);
    return debug->has_group;
}

static bool read_uids(struct reader *reader, const struct model_path *path, const json_t *json,
                      void *ret)
{
    _Static_assert(sizeof(uid_t) == sizeof(uint32_t), "reader_u32 fills a uid_t");
    struct config_debug *debug = ret;
    void *items = NULL;
    if (!reader_list(reader, path, json, reader_u32, sizeof(uid_t), &items, &debug->uid_count)) {
        return false;
    }
    debug->uids = items;
    return true;
}

bool config_read_debug(struct reader *reader, const struct model_path *path, const json_t *json,
                       void *ret)
{
    static const struct reader_key keys[] = {
        {"group",                       read_group,         0},
        {                   "uids",                    read_uids,                  0 },
        { "show_client_names", reader_bool, offsetof(struct config_debug,  show_client_names)},
    };
    struct config *config = ret;
    return reader_object(reader, path, json, keys, sizeof(keys) / sizeof(keys[0]), &config->debug);
}

bool config_read_testing(struct reader *reader, const struct model_path *path, const json_t *json,
                         void *ret)
{
    static const struct reader_key keys[] = {
        {"force_zero_slack", reader_bool, offsetof(struct config, force_zero_slack)},
    };
    return reader_object(reader, path, json, keys, sizeof(keys) / sizeof(keys[0]), ret);
}

json_t *config_write_debug(const struct config *config)
{
    const struct config_debug *debug = &config->debug;
    json_t *uids = json_array();
    for (size_t i = 0; i < debug->uid_count; i++) {
        config_append(&uids, json_integer(debug->uids[i]));
    }
    json_t *group = debug->has_group ? json_integer(debug->group) : NULL;
    return json_pack("{s:o*, s:o, s:b}", "group", group, "uids", uids, "show_client_names",
                     (int)debug->show_client_names);
}

json_t *config_write_testing(const struct config *config)
{
    return json_pack("{s:b}", "force_zero_slack", (int)config->force_zero_slack);
}
