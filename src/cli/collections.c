#include "cli/collections.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/daemon.h"

/* Appends a reply's collections, and keeps the reply. False: no memory; the reply is the caller's.
 */
static bool append(struct collections *collections, const struct channel_reply *reply)
{
    const struct model_debug_get_collections_response *page = reply->response;
    size_t before = collections->all.collections_count;
    size_t count = before + page->collections_count;
    struct channel_reply *replies = realloc(collections->replies, (collections->reply_count + 1) *
                                                                      sizeof(struct channel_reply));
    if (replies == NULL) {
        return false;
    }
    collections->replies = replies;
    struct model_debug_collection *rows =
        realloc((void *)(uintptr_t)collections->all.collections, (count + 1) * sizeof(*rows));
    if (rows == NULL) {
        return false;
    }
    if (page->collections_count > 0) {
        memcpy(rows + before, page->collections, page->collections_count * sizeof(*rows));
    }
    SYSMEM_SET_VECTOR(&collections->all, collections, rows, count);
    replies[collections->reply_count++] = *reply;
    return true;
}

bool collections_get(struct collections *collections, const char *path)
{
    *collections = (struct collections){0};
    struct channel *debug = NULL;
    bool ok = daemon_open_debug(path, &debug);
    for (bool more = true; ok && more;) {
        struct model_debug_get_collections_request request = {0};
        SYSMEM_SET(&request, first, (uint32_t)collections->all.collections_count);
        struct channel_reply reply;
        ok = daemon_ask(debug, "GetCollections", &request, &reply);
        if (!ok) {
            break;
        }
        const struct model_debug_get_collections_response *page = reply.response;
        more = page->more && page->collections_count > 0;
        ok = append(collections, &reply);
        if (!ok) {
            (void)fprintf(stderr, "sysmemctl: no memory for all collections\n");
            channel_reply_clear(&reply);
        }
    }
    channel_free(debug);
    if (!ok) {
        collections_deinit(collections);
    }
    return ok;
}

void collections_deinit(struct collections *collections)
{
    for (size_t i = 0; i < collections->reply_count; i++) {
        channel_reply_clear(&collections->replies[i]);
    }
    free(collections->replies);
    free((void *)(uintptr_t)collections->all.collections);
    *collections = (struct collections){0};
}

static const struct model_debug_collection *find(const struct collections *collections, uint64_t id)
{
    for (size_t i = 0; i < collections->all.collections_count; i++) {
        if (collections->all.collections[i].id == id) {
            return &collections->all.collections[i];
        }
    }
    return NULL;
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

int collections_look(struct collections_view *view, const char *command,
                     const struct options *options)
{
    const char *argument = options->argument;
    uint64_t id = 0;
    if (argument != NULL && !parse_id(argument, &id)) {
        (void)fprintf(stderr, "sysmemctl %s: '%s' is not a collection's ID, which is a number\n",
                      command, argument);
        return EXIT_USAGE;
    }
    if (!collections_get(&view->collections, options->socket_path)) {
        return EXIT_REFUSED;
    }
    view->rows = view->collections.all.collections;
    view->count = view->collections.all.collections_count;
    if (argument == NULL) {
        return EXIT_DONE;
    }
    view->rows = find(&view->collections, id);
    view->count = 1;
    if (view->rows == NULL) {
        (void)fprintf(stderr,
                      "sysmemctl %s: there is no collection %" PRIu64
                      " that you may see; 'sysmemctl list' shows which there are\n",
                      command, id);
        collections_view_deinit(view);
        return EXIT_REFUSED;
    }
    return EXIT_DONE;
}

void collections_view_deinit(struct collections_view *view)
{
    collections_deinit(&view->collections);
}
