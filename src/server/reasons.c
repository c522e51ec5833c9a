#include "server/reasons.h"

#include <string.h>

/* Which of a failure's reasons are told, and what they take. */
struct choice {
    const struct failure *failure;
    const struct reasons_reader *reader;
    bool chosen[FAILURE_MAX_REASONS];
    size_t count;
    size_t bytes;
};

static const struct failure_party *party_of(const struct failure *failure,
                                            const struct failure_reason *reason)
{
    return reason->party == FAILURE_NOBODY ? NULL : &failure->parties[reason->party];
}

/* "": nobody, or not for the reader. */
static const char *name_for(const struct reasons_reader *reader, const struct failure_party *party)
{
    bool sees = party != NULL && (reader->sees_names || party->uid == reader->uid);
    return sees ? party->name : "";
}

/* Chooses from the reader's own reasons, or from the others, in order. */
static void choose(struct choice *choice, bool own)
{
    const struct failure_conflict *conflict = &choice->failure->conflict;
    for (size_t i = 0; i < conflict->reason_count && choice->count < MODEL_FAILURE_MAX_REASONS;
         i++) {
        const struct failure_reason *reason = &conflict->reasons[i];
        const struct failure_party *party = party_of(choice->failure, reason);
        size_t bytes = strlen(reason->field) + strlen(reason->detail) +
                       strlen(name_for(choice->reader, party));
        bool is_own = party != NULL && party->node == choice->reader->node;
        if (is_own == own && choice->bytes + bytes <= REASONS_MAX_BYTES) {
            choice->chosen[i] = true;
            choice->count++;
            choice->bytes += bytes;
        }
    }
}

static void tell(const struct choice *choice, const struct failure_reason *reason,
                 struct sysmem_reason *ret)
{
    const struct failure_party *party = party_of(choice->failure, reason);
    const char *name = name_for(choice->reader, party);
    *ret = (struct sysmem_reason){0};
    SYSMEM_SET(ret, detail, reason->detail);
    if (party == NULL) {
        return;
    }
    SYSMEM_SET(ret, field, reason->field);
    SYSMEM_SET(ret, own, party->node == choice->reader->node);
    if (name[0] != '\0') {
        SYSMEM_SET(ret, participant, name);
    }
}

void reasons_tell(const struct failure *failure, const struct reasons_reader *reader,
                  struct reasons *ret)
{
    const struct failure_conflict *conflict = &failure->conflict;
    struct choice choice = {.failure = failure, .reader = reader};
    choose(&choice, true);
    choose(&choice, false);
    size_t count = 0;
    for (size_t i = 0; i < conflict->reason_count; i++) {
        if (choice.chosen[i]) {
            tell(&choice, &conflict->reasons[i], &ret->list[count++]);
        }
    }
    ret->table = (struct model_failure){0};
    SYSMEM_SET_VECTOR(&ret->table, reasons, ret->list, count);
    SYSMEM_SET(&ret->table, minimal, conflict->minimal);
    size_t omitted = conflict->omitted + conflict->reason_count - count;
    if (omitted > 0) {
        SYSMEM_SET(&ret->table, omitted, (uint32_t)omitted);
    }
}
