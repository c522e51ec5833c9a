/* One step of a random sequence, and what is said about it when a sequence is shown. */
#ifndef TESTS_MODEL_OP_H
#define TESTS_MODEL_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum op_kind {
    OP_ALLOCATE, /* flag: not shared */
    OP_DUPLICATE,
    OP_DUPLICATE_SYNC, /* makes two */
    OP_CREATE_GROUP,
    OP_CREATE_CHILD,
    OP_ALL_CHILDREN_PRESENT,
    OP_SET_DISPENSABLE,
    OP_SET_WEAK,
    OP_SET_WEAK_OK, /* flag: for_child_nodes_also */
    OP_BIND,
    OP_SET_CONSTRAINTS,
    OP_ATTACH,
    OP_RELEASE,
    OP_CLOSE, /* flag: half of it first */
    OP_WAIT,  /* flag: the buffers are kept until OP_DROP */
    OP_CHECK,
    OP_SYNC,
    OP_DROP,
    OP_KIND_COUNT,
};

enum role {
    ROLE_TOKEN,
    ROLE_COLLECTION,
    ROLE_GROUP,
};

/* What a participant may ask for. */
struct wish {
    const char *name;
    bool said; /* false: SetConstraints without constraints */
    bool uses; /* a CPU usage; else none */
    uint64_t min_size;
    uint64_t max_size;  /* 0: not set */
    uint32_t max_count; /* 0: not set */
};

#define WISH_COUNT 6
extern const struct wish wishes[WISH_COUNT];

/* Nodes have numbers that stay the same when other operations are taken out of the sequence. */
struct op {
    enum op_kind kind;
    unsigned node; /* on which node; of OP_ALLOCATE: which one it makes */
    unsigned made; /* the number of the first node that it makes */
    unsigned wish; /* index into wishes */
    uint32_t camping;
    bool flag;
};

#define OP_MAX_NODES 128

/* Whether `kind` is a call that a node of this role knows. */
bool op_fits(enum op_kind kind, enum role role);

/* As people write it: "#2 SetConstraints one page, camping 1". */
void op_print(const struct op *op);

#endif
