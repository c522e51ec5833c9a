/* Reading the members of one request of `sysmemctl exec`. Each function reports a usage error into
 * the request's reply and returns false (or NULL) when a member is missing or of another kind. */
#ifndef CLI_EXEC_REQUEST_H
#define CLI_EXEC_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include <zircon/types.h>

#include "cli/exec_reply.h"
#include "model/type.h"

struct request {
    const json_t *object; /* borrowed */
    struct reply *reply;
};

/* A string that must be there; *ret is the request's. */
bool request_string(const struct request *request, const char *key, const char **ret);

/* A string that may be absent: then *ret is NULL. */
bool request_optional_string(const struct request *request, const char *key, const char **ret);

/* A number: a JSON integer, or a string with a decimal or 0x integer. */
bool request_u64(const struct request *request, const char *key, uint64_t *ret);
bool request_optional_u64(const struct request *request, const char *key, uint64_t absent,
                          uint64_t *ret);

/* A boolean; absent is false. */
bool request_flag(const struct request *request, const char *key, bool *ret);

/* A mask: a number, a name, or a list of names. Must be there. */
bool request_bits(const struct request *request, const char *key, const struct model_names *names,
                  uint64_t *ret);

/* Bytes as hex digits. The caller frees *ret. */
bool request_hex(const struct request *request, const char *key, unsigned char **ret,
                 size_t *ret_len);

/* The time at which "timeout_ms" (10,000 when absent) will be over. */
bool request_deadline(const struct request *request, zx_time_t *ret);

#endif
