/* Plain structs to bodies and back. The only place, with its generated code, that knows protobuf.
 */
#ifndef WIRE_CODEC_H
#define WIRE_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/method.h"
#include "wire/message.h"

enum codec_status {
    CODEC_OK,
    CODEC_NO_MEMORY,   /* or the arena's budget is used up */
    CODEC_MALFORMED,   /* undecodable, invalid UTF-8, a slot that is missing or used twice, a
                          descriptor unused */
    CODEC_TOO_LONG,    /* a vector or string longer than the interface allows */
    CODEC_UNKNOWN_ARM, /* a result with no arm that is known */
};

/* What a result holds. */
struct codec_result {
    uint32_t err; /* 0: the response arm; else the Error value of the err arm */
    uint32_t framework_err;
};

/* Sets message->body from a table. Handle fields hold slots of the message. `type` NULL: an empty
 * body. */
enum codec_status codec_encode(const struct model_type *type, const void *table,
                               struct message *message);

/* Fills *ret_table (type->size bytes) from a body; everything it points to is in the arena. Handle
 * fields hold slots. Vector and string limits of the interface are checked. *ret_reason gets a
 * constant or arena string. */
enum codec_status codec_decode(const struct model_type *type, struct message *message,
                               struct arena *arena, void *ret_table, const char **ret_reason);

/* The same for the result of a two-way method: the response arm (err == 0), or the err arm. */
enum codec_status codec_encode_result(const struct model_method *method, uint32_t err,
                                      const void *response, struct message *message);
enum codec_status codec_decode_result(const struct model_method *method, struct message *message,
                                      struct arena *arena, struct codec_result *ret_result,
                                      void *ret_response, const char **ret_reason);

#endif
