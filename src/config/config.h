/* The configuration: what JSON files may change of the daemon's and the solver's behaviour, as a
 * plain struct. The keys are described in docs/config.md. Not thread-safe; nothing changes after
 * the daemon's start. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "solver/solver.h"

struct json_t;

/* "limits", besides the solver's: how much of the daemon one tree, one connection or one uid may
 * use. 0 is a legal value and means none at all. */
struct config_quotas {
    uint32_t max_nodes_per_tree;
    uint32_t max_children_per_group;
    uint32_t max_connections_per_uid;
    uint32_t max_nodes_per_uid;
    uint32_t max_collections_per_uid;
    uint64_t max_bytes_per_uid; /* of buffers, in whole pages */
    uint32_t max_descriptors_per_uid;
    uint64_t max_message_bytes_per_uid; /* constraints, parts of requests, replies not read */
    uint32_t max_pending_calls_per_connection;
    uint64_t max_queued_bytes_per_connection; /* replies that the client has not read */
    uint32_t max_heaps_per_uid;               /* that its processes serve */
    uint32_t external_heap_deadline_ms;       /* for each answer of theirs; at least 1 */
};

/* Keys of a heap that only some backends take. */
enum config_heap_key {
    CONFIG_HEAP_COMMIT = 1 << 0,
    CONFIG_HEAP_PAGE_SIZE = 1 << 1,
    CONFIG_HEAP_DEVICE = 1 << 2,
};

/* What a heap's backend is told, besides what the solver knows of it. */
struct config_heap_options {
    const char *backend; /* NULL: as its type has it */
    unsigned keys;       /* enum config_heap_key: those that are there */
    bool lazy;           /* "commit": "lazy": system RAM is committed page by page, at first use */
    bool huge_pages;     /* "commit": "huge": at allocation, in huge pages if possible; not lazy */
    uint64_t page_size;  /* in bytes, a power of two from 16 KiB to 16 GiB */
    const char *device;  /* a file's name, without a slash */
    uint64_t max_size_bytes; /* of one buffer; 0: not said */
};

/* "contiguous": the pool of emulated physical addresses. */
struct config_contiguous {
    uint64_t size; /* bytes, a multiple of 4096; 0: there is none, and no contiguous system RAM */
    uint64_t physical_base; /* the first address, a multiple of 4096 and not 0 */
    uint32_t guard_pages;
    bool internal_guards;
    bool fatal_guards;
    uint32_t check_seconds; /* 0: never */
    uint32_t cycle_seconds; /* at least 1 */
};

/* "protected": the pool whose addresses secure memory's hardware protects. */
struct config_protected {
    uint64_t
        size; /* bytes, a multiple of 4096; 0: there is none, and no secure memory is awaited */
    uint64_t physical_base; /* the first address, a multiple of 4096 and not 0 */
    uint32_t deadline_ms;   /* for each buffer; at least 1 */
};

/* One of "registrars": who may serve a type of heap, or secure memory. The daemon's own uid and
 * root always may. */
struct config_registrar {
    const char *heap_type; /* NULL: secure_mem */
    bool secure_mem;
    const uid_t *uids;
    size_t uid_count;
    const gid_t *groups;
    size_t group_count;
};

/* "debug": who sees all collections, not only the own ones. Root always does. */
struct config_debug {
    bool has_group;
    gid_t group;
    const uid_t *uids;
    size_t uid_count;
    bool show_client_names; /* other uids' debug names as they are, instead of "uid N" */
};

/* What one file brought. */
struct config_tally {
    size_t format_costs; /* entries that it has */
    size_t
        format_costs_replaced; /* by them: entries of earlier files, or earlier in the same one */
    size_t heaps;
    size_t heaps_replaced;
};

/* Zeroed is not a configuration: config_init(). Everything that it points to lives as long as it
 * does. */
struct config {
    struct solver_limits limits;
    struct config_quotas quotas;
    const struct sysmem_format_cost_entry
        *format_costs; /* no two with equal key, in the solver's order; key, its modifier and cost
                          are set, usage where there are bits */
    size_t format_cost_count;
    const struct solver_heap *heaps; /* no two with equal type and id; both are set */
    const struct config_heap_options *heap_options; /* heap_options[i] belongs to heaps[i] */
    size_t heap_count;
    struct config_contiguous contiguous;
    struct config_protected protected; /* does not overlap it */
    const struct config_registrar *registrars;
    size_t registrar_count;
    struct config_debug debug;
    bool force_zero_slack;     /* "testing": slack counts are taken as 0 */
    bool has_heaps;            /* `heaps` came from a file: the built-in one is out */
    struct config_tally tally; /* of what was merged last */
    struct arena arena;
};

/* The built-in configuration: the limits of docs/config.md, and system RAM as the only heap. */
void config_init(struct config *config);

/* Merges a file into `config`: single values and lists of uids and registrars replace what was
 * there; format costs and heaps replace the entry with the same key, and are appended otherwise;
 * the first file that names heaps replaces the built-in heap. On failure `config` may hold a part
 * of the file: do not use it further. 0, -EINVAL (bad contents), or what opening or reading came
 * to; *ret_error then says where and what, for people, and is the caller's to free (NULL if there
 * was no memory for it). It has a line for each mistake, of up to 20, without a newline at the end:
 * "FILE:LINE: path: wanted ..., got ...". */
int config_load_file(struct config *config, const char *path, char **ret_error);

/* The same with a value of jansson's (a json_t), which stays the caller's. *ret_error is the first
 * mistake; it starts with its path, from the value's keys on. */
int config_merge_json(struct config *config, const struct json_t *json, char **ret_error);

/* A list of heaps alone, as the value of "heaps": replaces all heaps of `config`. */
int config_set_heaps(struct config *config, const struct json_t *json, char **ret_error);

/* The whole configuration as a new JSON value (a json_t), which the caller owns: what a file would
 * have to hold to come to the same, with every default filled in, in an order that depends on
 * nothing but `config`. Heaps only if a file had some, since they would replace the built-in one.
 * NULL: no memory. */
struct json_t *config_to_json(const struct config *config);

/* Appends "format_costs 3 (1 overriding), heaps 0 (0 overriding)". */
void config_tally_print(const struct config_tally *tally, struct strbuf *buf);

/* What the solver is to know. Borrows from `config`. */
void config_environment(const struct config *config, struct solver_environment *ret);

void config_deinit(struct config *config);

#endif
