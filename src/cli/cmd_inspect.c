/* sysmemctl inspect: all that the daemon tells of its collections and heaps. */
#include <stdio.h>

#include "cli/collections.h"
#include "cli/command.h"
#include "cli/daemon.h"
#include "cli/debug_view.h"
#include "cli/environment.h"
#include "cli/failures.h"
#include "model/tables.h"
#include "json/json.h"

/* {"collections": [...], "heaps": [...], "environment": {...}}; NULL: no memory. Takes the
 * reference to `environment` over. */
static json_t *as_json(const struct collections_view *view,
                       const struct model_debug_get_heaps_response *heaps, json_t *environment)
{
    struct model_debug_get_collections_response shown = {0};
    SYSMEM_SET_VECTOR(&shown, collections, view->rows, view->count);
    json_t *json = table_to_json(&model_type_debug_get_collections_response, &shown, NULL);
    json_t *more = table_to_json(&model_type_debug_get_heaps_response, heaps, NULL);
    if (json == NULL || more == NULL || json_object_update(json, more) != 0 ||
        json_object_set(json, "environment", environment) != 0) {
        json_decref(json);
        json = NULL;
    }
    json_decref(more);
    json_decref(environment);
    return json;
}

/* Why a part of it failed last, if one did. */
static bool print_failure(const struct failures *failures, uint64_t collection_id)
{
    const struct model_debug_failure *last = failures_last_of(failures, collection_id);
    return last == NULL || (puts("the last failure:") >= 0 && failures_print(last, stdout));
}

static int print(const struct collections_view *view, const struct failures *failures,
                 const struct model_debug_get_heaps_response *heaps)
{
    for (size_t i = 0; i < view->count; i++) {
        if (!debug_view_inspect(&view->rows[i], stdout) ||
            !print_failure(failures, view->rows[i].id) || puts("") < 0) {
            return EXIT_REFUSED;
        }
    }
    return debug_view_heaps(heaps, stdout) ? EXIT_DONE : EXIT_REFUSED;
}

static int print_json(const struct collections_view *view,
                      const struct model_debug_get_heaps_response *heaps, struct channel *debug)
{
    json_t *environment = environment_get(debug);
    return environment == NULL ? EXIT_REFUSED
                               : command_print_json(as_json(view, heaps, environment));
}

static int show(struct collections_view *view, struct channel *debug, bool json)
{
    struct failures failures;
    struct channel_reply reply;
    int status = EXIT_REFUSED;
    if (!failures_get(&failures, debug, 0, false)) {
        return EXIT_REFUSED;
    }
    failures_add_reasons(&failures, view);
    if (collections_view_count_handles(view, debug) &&
        daemon_ask(debug, "GetHeaps", NULL, &reply)) {
        status =
            json ? print_json(view, reply.response, debug) : print(view, &failures, reply.response);
        channel_reply_clear(&reply);
    }
    failures_deinit(&failures);
    return status;
}

int command_inspect(int argc, char **argv, const char *socket_path)
{
    static const struct options_spec spec = {
        .argument = "[ID]",
        .has_json = true,
        .doc =
            "Show all that the daemon knows of one collection, or of all that you may see: "
            "participants with their constraints, settings, who holds each buffer; and the heaps."};
    struct options options = {.socket_path = socket_path};
    options_parse(argc, argv, &spec, &options);
    struct collections_view view;
    int status = collections_look(&view, "inspect", &options);
    if (status != EXIT_DONE) {
        return status;
    }
    struct channel *debug = NULL;
    status = daemon_open_debug(options.socket_path, &debug) ? show(&view, debug, options.json)
                                                            : EXIT_REFUSED;
    channel_free(debug);
    collections_view_deinit(&view);
    return status;
}
