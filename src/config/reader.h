/* Reading JSON objects whose keys are known, strictly: an unknown key, a wrong kind or a number out
 * of range is an error that names its path. Used within this module. */
#ifndef CONFIG_READER_H
#define CONFIG_READER_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "model/path.h"
#include "model/type.h"

/* A text that JSON was read from. */
struct reader_source {
    const char *name; /* of the file */
    const char *text; /* NUL-terminated, and understood as JSON */
};

struct reader {
    struct arena *arena; /* gets the strings and tables */
    /* NULL: reading ends at the first mistake. Otherwise it goes on to the next member or item, and
     * what is said starts with the file and the line. */
    const struct reader_source *source;
    struct strbuf error; /* a line for each mistake; empty: none yet */
    size_t mistakes;
};

/* Reads `value` into *ret. False: an error, which has been reported. */
typedef bool (*reader_fn)(struct reader *reader, const struct model_path *path, const json_t *value,
                          void *ret);

struct reader_key {
    const char *name;
    reader_fn read;
    size_t offset; /* of what *ret is, in the object's struct */
};

/* Reads each member of an object by its key's function. */
bool reader_object(struct reader *reader, const struct model_path *path, const json_t *json,
                   const struct reader_key *keys, size_t key_count, void *base);

/* Reads each item of a list into an array of `size` bytes an item, in the arena. */
bool reader_list(struct reader *reader, const struct model_path *path, const json_t *json,
                 reader_fn read, size_t size, void **ret_items, size_t *ret_count);

/* Reader functions for single values: *ret is a uint32_t, a uint64_t, a bool, a const char *. */
bool reader_u32(struct reader *reader, const struct model_path *path, const json_t *json,
                void *ret);
bool reader_u64(struct reader *reader, const struct model_path *path, const json_t *json,
                void *ret);
bool reader_bool(struct reader *reader, const struct model_path *path, const json_t *json,
                 void *ret);
bool reader_string(struct reader *reader, const struct model_path *path, const json_t *json,
                   void *ret);

/* Reads a table of the protocol. */
bool reader_table(struct reader *reader, const struct model_path *path, const json_t *json,
                  const struct model_type *type, void *ret);

/* Reports a mistake: the path, and what is wrong. Always false. The 21st and further ones are not
 * told. */
__attribute__((format(printf, 3, 4))) bool reader_fail(struct reader *reader,
                                                       const struct model_path *path,
                                                       const char *format, ...);

#endif
