/* Which protobuf message a protocol type, or a method's result, is on the wire. */
#ifndef WIRE_CODEC_SCHEMA_H
#define WIRE_CODEC_SCHEMA_H

#include <protobuf-c/protobuf-c.h>

#include "model/method.h"

/* NULL: the message without fields. Every type of "model/tables.h" has one. */
const ProtobufCMessageDescriptor *codec_descriptor(const struct model_type *type);

/* The result union of a two-way method. */
const ProtobufCMessageDescriptor *codec_result_descriptor(const struct model_method *method);

#endif
