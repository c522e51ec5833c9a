#include "tee/trap.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const calls[] = {"dynamic", "physical", "properties", "memory",
                                    "add",     "delete",   "modify",     "zero"};

static const struct {
    const char *name;
    enum trap_kind kind;
} kinds[] = {
    {"fail",       TRAP_FAIL      },
    {"exit",       TRAP_EXIT      },
    {"exit-after", TRAP_EXIT_AFTER},
    {"stop",       TRAP_STOP      },
};

static bool is_call(const char *name)
{
    bool found = false;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        found = found || strcmp(calls[i], name) == 0;
    }
    return found;
}

static enum trap_kind kind_of(const char *name)
{
    enum trap_kind kind = TRAP_NONE;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        kind = strcmp(kinds[i].name, name) == 0 ? kinds[i].kind : kind;
    }
    return kind;
}

bool traps_add(struct traps *traps, char *text)
{
    struct trap trap = {0};
    char *kind = text;
    char *at = strsep(&kind, "=");
    trap.call = strsep(&at, ":");
    if (at != NULL) {
        char *end = at;
        unsigned long number = isdigit((unsigned char)at[0]) ? strtoul(at, &end, 10) : 0;
        if (number == 0 || number > 1000000 || *end != '\0') {
            return false;
        }
        trap.at = (unsigned)number;
    }
    trap.kind = kind == NULL ? TRAP_NONE : kind_of(kind);
    if (traps->count == TRAP_MAX || trap.kind == TRAP_NONE || !is_call(trap.call)) {
        return false;
    }
    traps->traps[traps->count++] = trap;
    return true;
}

enum trap_kind traps_spring(struct traps *traps, const char *call)
{
    enum trap_kind kind = TRAP_NONE;
    for (size_t i = 0; i < traps->count; i++) {
        struct trap *trap = &traps->traps[i];
        if (strcmp(trap->call, call) == 0) {
            trap->seen++;
            kind = trap->at == 0 || trap->at == trap->seen ? trap->kind : kind;
        }
    }
    return kind;
}
