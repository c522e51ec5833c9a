#include "server/chore.h"

#include "base/log.h"
#include "server/server.h"

/* Of one turn. What one bit takes comes on top: a message, or an answer with 128 buffers. */
#define TURN_NS UINT64_C(2000000)

void chore_add(struct binding *binding)
{
    list_remove(&binding->chore);
    list_append(&binding->server->chores, &binding->chore);
}

/* While it runs, the loop does not sleep. */
static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

void chore_run(struct server *server)
{
    struct list *chores = &server->chores;
    if (!list_is_empty(chores)) {
        uint64_t end = uv_hrtime() + TURN_NS;
        do {
            struct binding *binding = container_of(chores->next, struct binding, chore);
            list_remove(&binding->chore);
            log_begin_cause(binding->uid);
            if (binding_do_chore(binding)) {
                list_append(chores, &binding->chore);
            }
            log_end_cause();
        } while (!list_is_empty(chores) && uv_hrtime() < end);
    }
    bool busy = !list_is_empty(chores);
    if (busy != (uv_is_active((uv_handle_t *)&server->busy) != 0)) {
        (void)(busy ? uv_idle_start(&server->busy, on_idle) : uv_idle_stop(&server->busy));
    }
}
