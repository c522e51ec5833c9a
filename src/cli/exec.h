/* One session of `sysmemctl exec`: requests in, replies out, and the names between them. Not
 * thread-safe. */
#ifndef CLI_EXEC_H
#define CLI_EXEC_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/list.h"
#include "cli/exec_entry.h"
#include "cli/exec_request.h"

struct exec {
    struct entry_table names;
    struct list
        async_calls; /* struct async_call, exec_async.h: asynchronous calls not awaited yet */
    const char *socket_path; /* NULL: where clients look */
    bool reached;            /* some connection to the daemon was made */
    bool unreachable;        /* one was tried before, and failed */
};

void exec_init(struct exec *exec, const char *socket_path);

/* Closes everything. */
void exec_deinit(struct exec *exec);

/* Does what one line asks for. A new reply object, the caller's; NULL: no memory. */
json_t *exec_line(struct exec *exec, const char *line, size_t len);

/* --- for the operations --- */

/* The "as" of a request that makes one thing: NULL if absent. A usage error if it is taken or not
 * allowed. */
bool exec_as(const struct exec *exec, const struct request *request, const char **ret);

/* Adds an entry under `as`, or under a fresh name that the reply then tells. False, with the reply
 * an error: no memory; *value has been closed. */
bool exec_add(struct exec *exec, const struct request *request, const char *as,
              const struct entry *value);

/* The protocol that a request names; MODEL_PROTOCOL_NONE if it names none. */
bool exec_protocol(const struct request *request, enum model_protocol *ret);

/* The handle, object or mapping that a member names; NULL, with a usage error: there is none of
 * that kind. */
struct entry *exec_find_handle(const struct exec *exec, const struct request *request,
                               const char *key);
struct entry *exec_find_mapping(const struct exec *exec, const struct request *request,
                                const char *key);

#endif
