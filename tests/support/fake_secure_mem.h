/* Hardware that protects ranges of addresses, as a test wants it: it answers at once, late or
 * never, and fails when told to. It holds every call against the rules of spec/fuchsia.sysmem2.txt,
 * SecureMem, and knows for each block what a device is using and what lies in it. Shares no code
 * with what it is there to test. */
#ifndef TESTS_SUPPORT_FAKE_SECURE_MEM_H
#define TESTS_SUPPORT_FAKE_SECURE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/secure_mem.h"

#define FAKE_RANGES 64u
#define FAKE_BLOCKS 256u

enum fake_op {
    FAKE_ADD,
    FAKE_DELETE,
    FAKE_MODIFY,
    FAKE_ZERO,
};

enum fake_content {
    FAKE_RUBBISH, /* nothing that matters */
    FAKE_ZEROES,
    FAKE_SECRET,
};

struct fake_block {
    bool is_used; /* a device may be at it: it must be protected, and nothing may disturb it */
    enum fake_content content;
};

struct fake_secure_mem {
    struct secure_mem hardware;
    struct secure_mem_properties properties;
    struct range whole;
    bool is_fixed; /* all of it is protected without our doing: no call but zero, not explicit */
    /* How it behaves: */
    bool is_late;     /* answers come by fake_secure_mem_answer() alone */
    uint32_t percent; /* of calls that fail */
    uint64_t dice;
    uint32_t fails_in; /* the n-th call from now on fails; 0: none */
    /* What it has: */
    struct range ranges[FAKE_RANGES];
    size_t count;
    struct fake_block blocks[FAKE_BLOCKS];
    size_t adds; /* that succeeded */
    size_t calls;
    /* The call that is not answered yet. */
    struct secure_mem_call *call; /* NULL: there is none */
    enum fake_op op;
    struct range range;
    struct range after;
    char wrong[160]; /* the first rule that was broken; empty: none */
};

/* A zeroed struct with properties and `whole`, of at most FAKE_BLOCKS blocks, becomes one. */
void fake_secure_mem_init(struct fake_secure_mem *fake);

/* Answers the call that is under way: as it would have at once. */
void fake_secure_mem_answer(struct fake_secure_mem *fake);

/* Answers it with an error, whatever it was. */
void fake_secure_mem_refuse(struct fake_secure_mem *fake, int status);

/* A device starts to use a range that must be protected and, if `zeroed`, zeroes; it leaves a
 * secret there. Or it stops. */
void fake_secure_mem_use(struct fake_secure_mem *fake, struct range range, bool zeroed);
void fake_secure_mem_stop(struct fake_secure_mem *fake, struct range range);

/* Notes a broken rule, if it is the first one. */
__attribute__((format(printf, 2, 3))) void fake_secure_mem_wrong(struct fake_secure_mem *fake,
                                                                 const char *format, ...);

#endif
