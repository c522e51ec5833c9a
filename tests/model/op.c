#include "op.h"

#include <stdio.h>

#define TOKEN      (1u << ROLE_TOKEN)
#define COLLECTION (1u << ROLE_COLLECTION)
#define GROUP      (1u << ROLE_GROUP)
#define ALL        (TOKEN | COLLECTION | GROUP)

#define PAGE       4096u

const struct wish wishes[WISH_COUNT] = {
    {"nothing",   false, false, 0,        0,        0},
    {"no usage",  true,  false, 0,        0,        0},
    {"any size",  true,  true,  0,        0,        0},
    {"one page",  true,  true,  PAGE,     PAGE,     0},
    {"two pages", true,  true,  2 * PAGE, 2 * PAGE, 0},
    {"at most 3", true,  true,  PAGE,     0,        3},
};

static const struct {
    const char *name;
    unsigned roles;
} kinds[OP_KIND_COUNT] = {
    [OP_ALLOCATE] = {"Allocate",                         0         },
    [OP_DUPLICATE] = {"Duplicate",                        TOKEN     },
    [OP_DUPLICATE_SYNC] = {"DuplicateSync",                    TOKEN     },
    [OP_CREATE_GROUP] = {"CreateBufferCollectionTokenGroup", TOKEN     },
    [OP_CREATE_CHILD] = {"CreateChild",                      GROUP     },
    [OP_ALL_CHILDREN_PRESENT] = {"AllChildrenPresent",               GROUP     },
    [OP_SET_DISPENSABLE] = {"SetDispensable",                   TOKEN     },
    [OP_SET_WEAK] = {"SetWeak",                          ALL       },
    [OP_SET_WEAK_OK] = {"SetWeakOk",                        ALL       },
    [OP_BIND] = {"BindSharedCollection",             TOKEN     },
    [OP_SET_CONSTRAINTS] = {"SetConstraints",                   COLLECTION},
    [OP_ATTACH] = {"AttachToken",                      COLLECTION},
    [OP_RELEASE] = {"Release",                          ALL       },
    [OP_CLOSE] = {"close",                            ALL       },
    [OP_WAIT] = {"WaitForAllBuffersAllocated",       COLLECTION},
    [OP_CHECK] = {"CheckAllBuffersAllocated",         COLLECTION},
    [OP_SYNC] = {"Sync",                             ALL       },
    [OP_DROP] = {"drop the buffers",                 COLLECTION},
};

bool op_fits(enum op_kind kind, enum role role)
{
    return (kinds[kind].roles & (1u << role)) != 0;
}

static const char *flag_text(const struct op *op)
{
    switch (op->kind) {
    case OP_ALLOCATE:
        return op->flag ? "NonSharedCollection" : "SharedCollection";
    case OP_SET_WEAK_OK:
        return op->flag ? " for_child_nodes_also" : "";
    case OP_CLOSE:
        return op->flag ? ", half of it first" : "";
    case OP_WAIT:
        return op->flag ? ", keeping the buffers" : "";
    default:
        return "";
    }
}

void op_print(const struct op *op)
{
    (void)printf("    #%u %s%s", op->node, kinds[op->kind].name, flag_text(op));
    switch (op->kind) {
    case OP_SET_CONSTRAINTS:
        (void)printf(" %s, camping %u", wishes[op->wish].name, op->camping);
        break;
    case OP_DUPLICATE_SYNC:
        (void)printf(" -> #%u #%u", op->made, op->made + 1);
        break;
    case OP_DUPLICATE:
    case OP_CREATE_GROUP:
    case OP_CREATE_CHILD:
    case OP_ATTACH:
        (void)printf(" -> #%u", op->made);
        break;
    default:
        break;
    }
    (void)printf("\n");
}
