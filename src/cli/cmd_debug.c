/* sysmemctl list, tree and heaps: what the daemon tells of itself. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/collections.h"
#include "cli/command.h"
#include "cli/daemon.h"
#include "cli/debug_view.h"
#include "model/tables.h"
#include "json/json.h"

static int print_json(const struct model_type *type, const void *table)
{
    json_t *json = table_to_json(type, table, NULL);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    bool printed = text != NULL && puts(text) >= 0;
    free(text);
    json_decref(json);
    return printed ? EXIT_DONE : EXIT_REFUSED;
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
    int status = options.json
                     ? print_json(&model_type_debug_get_collections_response, &collections.all)
                 : debug_view_list(&collections.all, stdout) ? EXIT_DONE
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
    int status = options.json ? print_json(reply.method->response, reply.response)
                 : debug_view_heaps(reply.response, stdout) ? EXIT_DONE
                                                            : EXIT_REFUSED;
    channel_reply_clear(&reply);
    return status;
}

static bool parse_id(const char *text, uint64_t *ret)
{
    char *end = NULL;
    errno = 0;
    unsigned long long id = strtoull(text, &end, 0);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-') {
        return false;
    }
    *ret = id;
    return true;
}

int command_tree(int argc, char **argv, const char *socket_path)
{
    static const struct options_spec spec = {
        .argument = "ID",
        .has_json = true,
        .doc = "Show the participants of one collection, by the ID that 'sysmemctl list' tells."};
    struct options options = {.socket_path = socket_path};
    options_parse(argc, argv, &spec, &options);
    uint64_t id = 0;
    if (!parse_id(options.argument, &id)) {
        (void)fprintf(stderr, "sysmemctl tree: '%s' is not a collection's ID, which is a number\n",
                      options.argument);
        return EXIT_USAGE;
    }
    struct collections collections;
    if (!collections_get(&collections, options.socket_path)) {
        return EXIT_REFUSED;
    }
    int status = EXIT_REFUSED;
    const struct model_debug_collection *collection = collections_find(&collections, id);
    if (collection == NULL) {
        (void)fprintf(stderr,
                      "sysmemctl tree: there is no collection %" PRIu64
                      " that you may see; 'sysmemctl list' shows which there are\n",
                      id);
    } else if (options.json) {
        status = print_json(&model_type_debug_collection, collection);
    } else if (debug_view_tree(collection, stdout)) {
        status = EXIT_DONE;
    }
    collections_deinit(&collections);
    return status;
}
