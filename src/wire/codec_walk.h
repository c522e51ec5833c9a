/* The two generic walks between plain structs and protobuf's, by field number. */
#ifndef WIRE_CODEC_WALK_H
#define WIRE_CODEC_WALK_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "model/path.h"
#include "model/type.h"
#include "wire/codec.h"

/* The field of every table with vectors that lists those which are set and have no items. */
#define CODEC_SET_BUT_EMPTY 1000

/* Makes a protobuf message of a table, in the arena; it points into the table where it can. Slots
 * in handle fields are those of `message`. NULL: no memory. */
ProtobufCMessage *codec_to_proto(const struct model_type *type, const void *table,
                                 const struct message *message,
                                 const ProtobufCMessageDescriptor *descriptor, struct arena *arena);

/* Reads a body into the arena. */
enum codec_status codec_unpack(const ProtobufCMessageDescriptor *descriptor,
                               const struct message *message, struct arena *arena,
                               ProtobufCMessage **ret);

struct codec_reader {
    struct message *message;
    struct arena *arena; /* gets what the table points to */
    bool *slots_used;    /* one for each attachment */
    struct strbuf *reason;
};

/* Makes a table of a message that codec_unpack() made. *table is zeroed memory. What the message
 * says of its handles goes to the message's attachments. Limits are not checked here. */
enum codec_status codec_from_proto(const struct model_type *type, const ProtobufCMessage *proto,
                                   struct codec_reader *reader, const struct model_path *up,
                                   void *table);

#endif
