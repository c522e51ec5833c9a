/* sysmemctl explain: why allocations failed, and where a result comes from. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/allocated.h"
#include "cli/collections.h"
#include "cli/command.h"
#include "cli/daemon.h"
#include "cli/failures.h"
#include "cli/solve_text.h"

/* All that is known of one collection. */
struct known {
    struct failures failures;
    json_t *allocated; /* NULL: it has no buffers, or is not there */
};

static bool look_for_buffers(struct known *known, const char *socket_path, struct channel *debug,
                             uint64_t id)
{
    struct collections_view view;
    if (!collections_find(&view, socket_path, id)) {
        return false;
    }
    bool looked = true;
    if (view.count > 0 && view.rows->has.settings && view.rows->buffer_count > 0) {
        looked = collections_view_count_handles(&view, debug);
        known->allocated = looked ? allocated_explain(view.rows) : NULL;
    }
    collections_view_deinit(&view);
    return looked;
}

static bool print_allocated(json_t *told)
{
    const json_t *left = json_object_get(told, "left");
    return solve_text_print(told, stdout) &&
           (left == NULL || printf("not known is what %" JSON_INTEGER_FORMAT
                                   " more asked for, who got the buffers and left\n",
                                   json_integer_value(left)) >= 0);
}

static bool print_known(const struct known *known)
{
    bool printed = known->allocated == NULL || print_allocated(known->allocated);
    for (size_t i = 0; printed && i < known->failures.count; i++) {
        bool first = i == 0 && known->allocated == NULL;
        printed = (first || puts("") >= 0) && failures_print(known->failures.list[i], stdout);
    }
    return printed;
}

/* {"failures": [...], "allocated": {...}} */
static int print_known_json(struct known *known)
{
    json_t *json = failures_to_json(&known->failures);
    if (json != NULL && known->allocated != NULL) {
        (void)json_object_set(json, "allocated", json_object_get(known->allocated, "ok"));
    }
    return command_print_json(json);
}

static int explain_one(const struct options *options, struct channel *debug, uint64_t id,
                       bool every)
{
    struct known known = {0};
    if (!failures_get(&known.failures, debug, id, every)) {
        return EXIT_REFUSED;
    }
    int status = EXIT_REFUSED;
    bool looked = look_for_buffers(&known, options->socket_path, debug, id);
    if (looked && known.failures.count == 0 && known.allocated == NULL) {
        (void)fprintf(stderr,
                      "sysmemctl explain: there is no collection %" PRIu64
                      " that you may see and that has buffers or failed lately; 'sysmemctl "
                      "explain' lists the last failures\n",
                      id);
    } else if (looked) {
        status = options->json         ? print_known_json(&known)
                 : print_known(&known) ? EXIT_DONE
                                       : EXIT_REFUSED;
    }
    json_decref(known.allocated);
    failures_deinit(&known.failures);
    return status;
}

static int explain_all(const struct options *options, struct channel *debug, bool every)
{
    struct failures failures;
    if (!failures_get(&failures, debug, 0, every)) {
        return EXIT_REFUSED;
    }
    int status = options->json ? command_print_json(failures_to_json(&failures))
                 : failures_print_list(&failures, stdout) ? EXIT_DONE
                                                          : EXIT_REFUSED;
    failures_deinit(&failures);
    return status;
}

int command_explain(int argc, char **argv, const char *socket_path)
{
    const char *all = NULL;
    const struct options_own own[] = {
        {"all", NULL, "Tell the conflict of every combination of group children", &all},
    };
    const struct options_spec spec = {
        .argument = "[ID]",
        .has_json = true,
        .own = own,
        .own_count = 1,
        .doc = "List the last allocations that failed; or tell why that of one collection did, or, "
               "where it has buffers, who each of their properties comes from."};
    struct options options = {.socket_path = socket_path};
    options_parse(argc, argv, &spec, &options);
    uint64_t id = 0;
    if (options.argument != NULL && !collections_parse_id(options.argument, "explain", &id)) {
        return EXIT_USAGE;
    }
    struct channel *debug = NULL;
    if (!daemon_open_debug(options.socket_path, &debug)) {
        return EXIT_REFUSED;
    }
    int status = options.argument == NULL ? explain_all(&options, debug, all != NULL)
                                          : explain_one(&options, debug, id, all != NULL);
    channel_free(debug);
    return status;
}
