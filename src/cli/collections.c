#include "cli/collections.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/daemon.h"

/* Keeps a reply, which tables point into. False: no memory; the reply is cleared. */
static bool keep(struct collections *collections, struct channel_reply *reply)
{
    struct channel_reply *replies = realloc(collections->replies, (collections->reply_count + 1) *
                                                                      sizeof(struct channel_reply));
    if (replies == NULL) {
        (void)fprintf(stderr, "sysmemctl: no memory for all collections\n");
        channel_reply_clear(reply);
        return false;
    }
    collections->replies = replies;
    replies[collections->reply_count++] = *reply;
    return true;
}

/* Appends a reply's collections. False: no memory. */
static bool append(struct collections *collections,
                   const struct model_debug_get_collections_response *page)
{
    size_t before = collections->all.collections_count;
    size_t count = before + page->collections_count;
    struct model_debug_collection *rows =
        realloc((void *)(uintptr_t)collections->all.collections, (count + 1) * sizeof(*rows));
    if (rows == NULL) {
        (void)fprintf(stderr, "sysmemctl: no memory for all collections\n");
        return false;
    }
    if (page->collections_count > 0) {
        memcpy(rows + before, page->collections, page->collections_count * sizeof(*rows));
    }
    SYSMEM_SET_VECTOR(&collections->all, collections, rows, count);
    return true;
}

/* As collections_get(). `failed`: 0, or the ID of the collection whose failure is asked for. */
static bool get(struct collections *collections, const char *path, uint64_t failed)
{
    *collections = (struct collections){0};
    arena_init(&collections->arena, SIZE_MAX / 2);
    struct channel *debug = NULL;
    bool ok = daemon_open_debug(path, &debug);
    for (bool more = true; ok && more;) {
        struct model_debug_get_collections_request request = {0};
        SYSMEM_SET(&request, first, (uint32_t)collections->all.collections_count);
        if (failed != 0) {
            SYSMEM_SET(&request, failed, failed);
        }
        struct channel_reply reply;
        ok = daemon_ask(debug, "GetCollections", &request, &reply);
        if (!ok) {
            break;
        }
        const struct model_debug_get_collections_response *page = reply.response;
        more = page->more && page->collections_count > 0;
        ok = keep(collections, &reply) && append(collections, page);
    }
    channel_free(debug);
    if (!ok) {
        collections_deinit(collections);
    }
    return ok;
}

bool collections_get(struct collections *collections, const char *path)
{
    return get(collections, path, 0);
}

void collections_deinit(struct collections *collections)
{
    for (size_t i = 0; i < collections->reply_count; i++) {
        channel_reply_clear(&collections->replies[i]);
    }
    free(collections->replies);
    free((void *)(uintptr_t)collections->all.collections);
    arena_clear(&collections->arena);
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

bool collections_parse_id(const char *text, const char *command, uint64_t *ret)
{
    char *end = NULL;
    errno = 0;
    unsigned long long id = strtoull(text, &end, 0);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-') {
        (void)fprintf(stderr, "sysmemctl %s: '%s' is not a collection's ID, which is a number\n",
                      command, text);
        return false;
    }
    *ret = id;
    return true;
}

bool collections_find(struct collections_view *view, const char *path, uint64_t id)
{
    if (!collections_get(&view->collections, path)) {
        return false;
    }
    view->rows = find(&view->collections, id);
    view->count = view->rows == NULL ? 0 : 1;
    return true;
}

int collections_look(struct collections_view *view, const char *command,
                     const struct options *options)
{
    const char *argument = options->argument;
    uint64_t id = 0;
    if (argument != NULL && !collections_parse_id(argument, command, &id)) {
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
    if (view->rows == NULL) { /* it is gone: perhaps because its allocation failed */
        collections_deinit(&view->collections);
        if (!get(&view->collections, options->socket_path, id)) {
            return EXIT_REFUSED;
        }
        view->rows = find(&view->collections, id);
    }
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

/* One answer's part of a row. `buffers` has room for all. */
static void take_page(const struct model_debug_get_allocation_response *page,
                      struct model_debug_buffer *buffers, struct model_debug_collection *row)
{
    if (page->has.participants) {
        SYSMEM_SET_VECTOR(row, participants, page->participants, page->participants_count);
    }
    if (page->buffers_count > 0) {
        memcpy(buffers + row->buffers_count, page->buffers, page->buffers_count * sizeof(*buffers));
    }
    row->buffers_count += page->buffers_count;
}

/* A collection may go meanwhile: what is known of it stays then. */
static bool count_handles(struct collections *collections, struct channel *debug,
                          struct model_debug_collection *row)
{
    const struct model_debug_collection before = *row;
    struct model_debug_buffer *buffers =
        arena_alloc_array(&collections->arena, before.buffers_count + 1, sizeof(*buffers));
    if (buffers == NULL) {
        (void)fprintf(stderr, "sysmemctl: no memory for all buffers\n");
        return false;
    }
    SYSMEM_SET_VECTOR(row, buffers, buffers, 0);
    for (bool more = true; more;) {
        struct model_debug_get_allocation_request request = {0};
        struct channel_reply reply;
        SYSMEM_SET(&request, collection_id, row->id);
        SYSMEM_SET(&request, first, (uint32_t)row->buffers_count);
        if (!daemon_ask(debug, "GetAllocation", &request, &reply)) {
            return false;
        }
        const struct model_debug_get_allocation_response *page = reply.response;
        if (!keep(collections, &reply)) {
            return false;
        }
        size_t room = before.buffers_count - row->buffers_count;
        more = page->more && page->buffers_count > 0 && page->buffers_count <= room;
        if (page->buffers_count <= room) {
            take_page(page, buffers, row);
        }
    }
    if (row->buffers_count < before.buffers_count) {
        *row = before;
    }
    return true;
}

bool collections_view_count_handles(struct collections_view *view, struct channel *debug)
{
    struct model_debug_collection *rows = (void *)(uintptr_t)view->rows; /* this module's own */
    for (size_t i = 0; i < view->count; i++) {
        if (rows[i].buffers_count > 0 && !count_handles(&view->collections, debug, &rows[i])) {
            return false;
        }
    }
    return true;
}

void collections_view_deinit(struct collections_view *view)
{
    collections_deinit(&view->collections);
}
