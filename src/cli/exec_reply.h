/* One reply of `sysmemctl exec`: {"ok": ...} or {"error": ...}. The first error that is reported
 * stays. */
#ifndef CLI_EXEC_REPLY_H
#define CLI_EXEC_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include <sysmem/error.h>
#include <zircon/types.h>

/* A zeroed reply is an empty success. */
struct reply {
    json_t *ok;    /* an object, or NULL: an empty one */
    json_t *error; /* NULL: a success */
};

static inline bool reply_failed(const struct reply *reply)
{
    return reply->error != NULL;
}

/* Adds a key to the success. Takes the reference; a NULL value (no memory) turns the reply into an
 * error. */
void reply_set(struct reply *reply, const char *key, json_t *value);

/* The same with a 64-bit number, which is written as a decimal string. */
void reply_set_u64(struct reply *reply, const char *key, uint64_t value);

/* Kind "usage". Always false, so that checks can return it. */
__attribute__((format(printf, 2, 3))) bool reply_usage(struct reply *reply, const char *format,
                                                       ...);

/* The outcome of a zx_* call: an error of kind "status" unless it is ZX_OK. Returns whether it is.
 */
bool reply_status(struct reply *reply, zx_status_t status);

/* The outcome of a call to the daemon, in the kind that it is. Returns whether it is 0. */
bool reply_call_status(struct reply *reply, sysmem_status_t status);

/* Kind "timed_out". */
void reply_timed_out(struct reply *reply);

/* Kind "peer_closed", with a reason for people (may be NULL). */
void reply_peer_closed(struct reply *reply, const char *detail);

/* Prose for people beside an error that was reported before. */
void reply_add_detail(struct reply *reply, const char *detail);

/* The finished line: a new object that the caller owns, with `id` (may be NULL) in it. Empties the
 * reply. NULL: no memory. */
json_t *reply_finish(struct reply *reply, json_t *id);

#endif
