#include "server/registrar.h"

#include <stdlib.h>
#include <string.h>

#include "server/peer.h"
#include "server/receiver.h"

struct registrar {
    bool may_all;
    bool admitted[]; /* by config->registrars[i] */
};

static bool admits(const struct config_registrar *row, const struct binding *allocator)
{
    bool admitted = false;
    for (size_t i = 0; i < row->uid_count && !admitted; i++) {
        admitted = row->uids[i] == allocator->uid;
    }
    for (size_t i = 0; i < row->group_count && !admitted; i++) {
        admitted = peer_is_in_group(allocator->stream.fd, row->groups[i]);
    }
    return admitted;
}

struct registrar *registrar_new(const struct binding *allocator)
{
    const struct config *config = allocator->server->config;
    struct registrar *registrar =
        calloc(1, sizeof(*registrar) + config->registrar_count * sizeof(registrar->admitted[0]));
    if (registrar == NULL) {
        return NULL;
    }
    registrar->may_all = receiver_trusts(allocator->uid);
    for (size_t i = 0; i < config->registrar_count; i++) {
        registrar->admitted[i] = admits(&config->registrars[i], allocator);
    }
    return registrar;
}

bool registrar_may_serve_heap(const struct registrar *registrar, const struct config *config,
                              const char *heap_type)
{
    bool may = registrar->may_all;
    for (size_t i = 0; i < config->registrar_count && !may; i++) {
        const char *type = config->registrars[i].heap_type;
        may = registrar->admitted[i] && type != NULL && strcmp(type, heap_type) == 0;
    }
    return may;
}

bool registrar_may_serve_secure_mem(const struct registrar *registrar, const struct config *config)
{
    bool may = registrar->may_all;
    for (size_t i = 0; i < config->registrar_count && !may; i++) {
        may = registrar->admitted[i] && config->registrars[i].secure_mem;
    }
    return may;
}
