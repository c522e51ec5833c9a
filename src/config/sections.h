/* The sections of a configuration: for the value of each top-level key a function that reads it
 * (*ret is the struct config), and one that makes it again (a new value, which the caller owns;
 * NULL: no memory). Used within this module. */
#ifndef CONFIG_SECTIONS_H
#define CONFIG_SECTIONS_H

#include "config/config.h"
#include "config/reader.h"

/* Bytes of a pool of addresses: more would be filled for minutes at start, and is a mistake. */
#define CONFIG_MAX_POOL (UINT64_C(1) << 40)

/* What is asked of the addresses of a pool, at `path`. */
bool config_check_addresses(struct reader *reader, const struct model_path *path, uint64_t size,
                            uint64_t base);

bool config_read_costs(struct reader *reader, const struct model_path *path, const json_t *json,
                       void *ret);
bool config_read_heaps(struct reader *reader, const struct model_path *path, const json_t *json,
                       void *ret);
bool config_read_contiguous(struct reader *reader, const struct model_path *path,
                            const json_t *json, void *ret);
bool config_read_protected(struct reader *reader, const struct model_path *path, const json_t *json,
                           void *ret);
bool config_read_limits(struct reader *reader, const struct model_path *path, const json_t *json,
                        void *ret);
bool config_read_registrars(struct reader *reader, const struct model_path *path,
                            const json_t *json, void *ret);
bool config_read_debug(struct reader *reader, const struct model_path *path, const json_t *json,
                       void *ret);
bool config_read_testing(struct reader *reader, const struct model_path *path, const json_t *json,
                         void *ret);

json_t *config_write_costs(const struct config *config);
json_t *config_write_heaps(const struct config *config);
json_t *config_write_contiguous(const struct config *config);
json_t *config_write_protected(const struct config *config);
json_t *config_write_limits(const struct config *config);
json_t *config_write_registrars(const struct config *config);
json_t *config_write_debug(const struct config *config);
json_t *config_write_testing(const struct config *config);

/* Reads a group's name or number into a gid_t. */
bool config_read_group(struct reader *reader, const struct model_path *path, const json_t *json,
                       void *ret);

/* After a file: its pools do not overlap, whichever came first. */
bool config_check_pools(struct reader *reader, const struct config *config);

/* Appends to *list and takes `item` over. Without memory *list is given up: NULL from then on. */
void config_append(json_t **list, json_t *item);

#endif
