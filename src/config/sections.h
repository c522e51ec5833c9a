/* The sections of a configuration: one reader function for the value of each top-level key. *ret is
 * the struct config. Used within this module. */
#ifndef CONFIG_SECTIONS_H
#define CONFIG_SECTIONS_H

#include "config/config.h"
#include "config/reader.h"

bool config_read_costs(struct reader *reader, const struct model_path *path, const json_t *json,
                       void *ret);
bool config_read_heaps(struct reader *reader, const struct model_path *path, const json_t *json,
                       void *ret);
bool config_read_limits(struct reader *reader, const struct model_path *path, const json_t *json,
                        void *ret);
bool config_read_debug(struct reader *reader, const struct model_path *path, const json_t *json,
                       void *ret);
bool config_read_testing(struct reader *reader, const struct model_path *path, const json_t *json,
                         void *ret);

#endif
