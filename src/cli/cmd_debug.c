/* sysmemctl list, tree, graph and heaps: what the daemon tells of itself. */
#include <stdio.h>

#include "cli/collections.h"
#include "cli/command.h"
#include "cli/daemon.h"
#include "cli/debug_view.h"
#include "cli/failures.h"
#include "model/tables.h"

/* And what failed last, which is no collection any more. */
static bool print_list(const struct collections *collections, const char *socket_path)
{
    struct channel *debug = NULL;
    struct failures failures;
    bool printed = debug_view_list(&collections->all, stdout) &&
                   daemon_open_debug(socket_path, &debug) &&
                   failures_get(&failures, debug, 0, false);
    if (printed) {
        printed = failures_print_last(&failures, stdout);
        failures_deinit(&failures);
    }
    channel_free(debug);
    return printed;
}

int command_list(int argc, char **argv, const char *socket_path)
{
    static const struct options_spec spec = {
        .has_json = true,
        .doc = "Show the collections that you may see: your own and those that you take part in; "
               "all of them, for root and the group that the daemon's configuration names."};
    struct options options = {.socket_path = socket_path};
    options_parse(argc, argv, &spec, &options);
    struct collections collections;
    if (!collections_get(&collections, options.socket_path)) {
        return EXIT_REFUSED;
    }
    int status = options.json ? command_print_table(&model_type_debug_get_collections_response,
                                                    &collections.all)
                 : print_list(&collections, options.socket_path) ? EXIT_DONE
                                                                 : EXIT_REFUSED;
    collections_deinit(&collections);
    return status;
}

int command_heaps(int argc, char **argv, const char *socket_path)
{
    static const struct options_spec spec = {
        .has_json = true, .doc = "Show the heaps, what they can do, and how much of them is used."};
    struct options options = {.socket_path = socket_path};
    options_parse(argc, argv, &spec, &options);
    struct channel *debug = NULL;
    struct channel_reply reply;
    if (!daemon_open_debug(options.socket_path, &debug)) {
        return EXIT_REFUSED;
    }
    bool answered = daemon_ask(debug, "GetHeaps", NULL, &reply);
    channel_free(debug);
    if (!answered) {
        return EXIT_REFUSED;
    }
    int status = options.json ? command_print_table(reply.method->response, reply.response)
                 : debug_view_heaps(reply.response, stdout) ? EXIT_DONE
                                                            : EXIT_REFUSED;
    channel_reply_clear(&reply);
    return status;
}

int command_tree(int argc, char **argv, const char *socket_path)
{
    static const struct options_spec spec = {
        .argument = "ID",
        .has_json = true,
        .doc = "Show the participants of one collection, by the ID that 'sysmemctl list' tells."};
    struct options options = {.socket_path = socket_path};
    options_parse(argc, argv, &spec, &options);
    struct collections_view view;
    int status = collections_look(&view, "tree", &options);
    if (status != EXIT_DONE) {
        return status;
    }
    status = options.json ? command_print_table(&model_type_debug_collection, view.rows)
             : debug_view_tree(view.rows, stdout) ? EXIT_DONE
                                                  : EXIT_REFUSED;
    collections_view_deinit(&view);
    return status;
}

int command_graph(int argc, char **argv, const char *socket_path)
{
    static const struct options_spec spec = {
        .argument = "[ID]",
        .doc = "Write one collection, or all that you may see, in Graphviz' language: "
               "'sysmemctl graph | dot -Tsvg' makes a picture. Failure domains are clusters."};
    struct options options = {.socket_path = socket_path};
    options_parse(argc, argv, &spec, &options);
    struct collections_view view;
    int status = collections_look(&view, "graph", &options);
    if (status != EXIT_DONE) {
        return status;
    }
    status = debug_view_graph(view.rows, view.count, stdout) ? EXIT_DONE : EXIT_REFUSED;
    collections_view_deinit(&view);
    return status;
}
