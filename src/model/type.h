/* The description of a protocol type's fields: encoding, JSON, printing, comparing and copying all
 * walk these tables, so that a new field is written down once.
 *
 * One row describes one field of one plain struct of <sysmem/types.h> or "model/requests.h".
 */
#ifndef MODEL_TYPE_H
#define MODEL_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum model_kind {
    MODEL_BOOL,
    MODEL_U32,
    MODEL_U64,
    MODEL_I64,
    MODEL_F32,
    MODEL_STRING, /* const char *, UTF-8, NUL-terminated */
    MODEL_HANDLE, /* zx_handle_t; while a message is encoded or decoded: the 1-based number of the
                   * descriptor in the message's list ("slot") */
    MODEL_TABLE,  /* a struct by value, described by .type */
};

/* What stands in a handle field. */
enum model_handle {
    MODEL_HANDLE_NONE,
    MODEL_HANDLE_VMO,
    MODEL_HANDLE_EVENTPAIR,
    MODEL_HANDLE_EVENT,
    MODEL_HANDLE_CLIENT_END,
    MODEL_HANDLE_SERVER_END,
};

/* Enumerator or bit names of an integer field. */
struct model_name {
    const char *name;
    uint64_t value;
};

struct model_names {
    bool bits; /* a mask of bits rather than an enumeration */
    const struct model_name *names;
    size_t count;
};

#define MODEL_ALWAYS ((uint16_t)0xFFFF) /* has_offset of a field that cannot be unset */

struct model_type;

struct model_field {
    const char *name; /* FIDL name */
    uint32_t number;  /* protobuf field number: the position in spec/, counted from 1 */
    enum model_kind kind;
    uint16_t offset;     /* of the value, or of the pointer to the items of a vector */
    uint16_t has_offset; /* of the bool in .has, or MODEL_ALWAYS */
    bool vector;
    uint16_t count_offset;           /* of the vector's size_t */
    uint32_t max_count;              /* of a vector's items, or of a string's bytes; 0: unbounded */
    const struct model_type *type;   /* MODEL_TABLE */
    const struct model_names *names; /* integers; NULL: a plain number */
    enum model_handle handle;        /* MODEL_HANDLE */
    uint8_t protocol;                /* enum model_protocol of a channel end */
};

struct model_type {
    const char *name; /* FIDL name */
    size_t size;      /* of the C struct, or of one item of a vector */
    const struct model_field *fields;
    size_t field_count;
};

#endif
