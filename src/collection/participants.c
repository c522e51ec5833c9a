#include "collection/participants.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static uint64_t footprint(const struct participant *participant)
{
    return sizeof(*participant) + strlen(participant->name) + 1;
}

static void forget(struct participants *participants, struct account *account, size_t at)
{
    struct participant *list = participants->list;
    account_discharge(account, ACCOUNT_MESSAGE_BYTES, footprint(&list[at]));
    free(list[at].name);
    participants->count--;
    memmove(&list[at], &list[at + 1], (participants->count - at) * sizeof(*list));
}

/* Room for one more. False: no memory, or none of the most that are remembered has left. */
static bool make_room(struct participants *participants, struct account *account)
{
    if (participants->count == PARTICIPANTS_MAX) {
        size_t at = 0;
        while (at < participants->count && !participants->list[at].left) {
            at++;
        }
        if (at == participants->count) {
            return false;
        }
        forget(participants, account, at);
    }
    if (participants->count == participants->size) {
        size_t size = participants->size == 0 ? 4 : participants->size * 2;
        struct participant *list = realloc(participants->list, size * sizeof(*list));
        if (list == NULL) {
            return false;
        }
        participants->list = list;
        participants->size = size;
    }
    return true;
}

static void copy_counts(const struct sysmem_buffer_collection_constraints *from,
                        struct participant *to)
{
    if (from != NULL) { /* fields that are unset are 0 */
        to->min_buffer_count_for_camping = from->min_buffer_count_for_camping;
        to->min_buffer_count_for_dedicated_slack = from->min_buffer_count_for_dedicated_slack;
        to->min_buffer_count_for_shared_slack = from->min_buffer_count_for_shared_slack;
        to->min_buffer_count = from->min_buffer_count;
    }
}

void participants_add(struct participants *participants, struct account *account, struct node *node)
{
    node->participant = ++participants->last_number;
    struct participant participant = {
        .number = node->participant,
        .node = node->koid,
        .client_id = node->client.id,
        .pid = node->client.pid,
        .uid = node->client.uid,
    };
    if (!make_room(participants, account)) {
        return;
    }
    copy_counts(node->constraints, &participant);
    const char *name = node->client.name == NULL ? "" : node->client.name;
    participant.name = strndup(name, utf8_cut(name, PARTICIPANTS_MAX_NAME_BYTES));
    if (participant.name == NULL ||
        !account_charge(account, ACCOUNT_MESSAGE_BYTES, footprint(&participant))) {
        free(participant.name);
        return;
    }
    participants->list[participants->count++] = participant;
}

const struct participant *participants_find(const struct participants *participants,
                                            uint32_t number)
{
    for (size_t i = 0; i < participants->count; i++) {
        if (participants->list[i].number == number) {
            return &participants->list[i];
        }
    }
    return NULL;
}

void participants_leave(struct participants *participants, const struct node *node)
{
    const struct participant *found = participants_find(participants, node->participant);
    if (found != NULL) {
        participants->list[found - participants->list].left = true;
    }
}

void participants_deinit(struct participants *participants, struct account *account)
{
    while (participants->count > 0) {
        forget(participants, account, participants->count - 1);
    }
    free(participants->list);
    *participants = (struct participants){.last_number = participants->last_number};
}
