#include "server/chore.h"

#include "base/log.h"
#include "server/server.h"

/* Of one turn: for channels that are ready, and for each kind of chore. What one bit takes comes on
 * top: a message, or an answer with 128 buffers. */
#define SERVE_NS UINT64_C(4000000)
#define TURN_NS  UINT64_C(2000000)

void chore_add(struct binding *binding)
{
    if (list_is_empty(&binding->chore)) { /* else it keeps its place */
        list_append(&binding->server->chores, &binding->chore);
    }
}

void chore_add_ending(struct binding *binding)
{
    list_remove(&binding->chore);
    list_append(&binding->server->endings, &binding->chore);
}

bool chore_turn_is_over(struct server *server)
{
    if (server->turn_end_ns == 0) {
        server->turn_end_ns = uv_hrtime() + SERVE_NS;
    } else if (!server->turn_is_over) {
        server->turn_is_over = uv_hrtime() >= server->turn_end_ns;
    }
    return server->turn_is_over;
}

static struct binding *first_of(const struct list *chores)
{
    return container_of(chores->next, struct binding, chore);
}

static void do_chores(struct server *server)
{
    uint64_t end = uv_hrtime() + TURN_NS;
    while (!list_is_empty(&server->chores) && uv_hrtime() < end) {
        struct binding *binding = first_of(&server->chores);
        list_remove(&binding->chore);
        log_begin_cause(binding->uid);
        if (binding_do_chore(binding)) {
            chore_add(binding);
        }
        log_end_cause();
    }
}

/* The first one has to be over before the next begins. */
static void end_first(struct server *server)
{
    struct binding *binding = first_of(&server->endings);
    log_begin_cause(binding->uid);
    if (!binding_end_step(binding)) {
        list_remove(&binding->chore);
    }
    log_end_cause();
}

static void do_endings(struct server *server)
{
    uint64_t end = uv_hrtime() + TURN_NS;
    while (!list_is_empty(&server->endings) && uv_hrtime() < end) {
        end_first(server);
    }
}

void chore_end_all(struct server *server)
{
    while (!list_is_empty(&server->endings)) {
        end_first(server);
    }
}

static void sweep(struct server *server)
{
    uint64_t end = uv_hrtime() + TURN_NS;
    while (collection_table_needs_sweep(&server->collections) && uv_hrtime() < end) {
        collection_table_sweep(&server->collections);
    }
}

/* While it runs, the loop does not sleep. */
static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

void chore_wake(struct server *server)
{
    (void)uv_idle_start(&server->busy, on_idle);
}

void chore_run(struct server *server)
{
    server->turn_end_ns = 0;
    server->turn_is_over = false;
    do_chores(server);
    do_endings(server);
    sweep(server);
    bool busy = !list_is_empty(&server->chores) || !list_is_empty(&server->endings) ||
                collection_table_needs_sweep(&server->collections);
    if (busy != (uv_is_active((uv_handle_t *)&server->busy) != 0)) {
        (void)(busy ? uv_idle_start(&server->busy, on_idle) : uv_idle_stop(&server->busy));
    }
}
