#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "collection/internal.h"

void collection_add_label(const struct collection *collection, struct strbuf *text)
{
    strbuf_addf(text, "collection %llu", (unsigned long long)collection->id);
    if (collection->name != NULL) {
        strbuf_add(text, " ", 1);
        strbuf_add_quoted(text, collection->name);
    }
}

/* A client's name may have kilobytes, and what comes after it in a line counts more. */
#define MAX_NAME_BYTES 400

/* client "name" id 7 pid 71 uid 1000 */
static void add_client(struct strbuf *text, const struct node_client *client)
{
    struct strbuf name = {0};
    strbuf_add_quoted(&name, client->name == NULL ? "" : client->name);
    size_t len = utf8_cut(strbuf_text(&name), MAX_NAME_BYTES);
    strbuf_addf(text, "client %.*s%s", (int)len, strbuf_text(&name), len < name.len ? "...\"" : "");
    strbuf_deinit(&name);
    if (client->id != 0) {
        strbuf_addf(text, " id %llu", (unsigned long long)client->id);
    }
    strbuf_addf(text, " pid %d uid %u", (int)client->pid, (unsigned)client->uid);
}

const char *collection_describe_node(const struct node *node)
{
    static const char *const kinds[] = {"token", "collection", "group", "orphan"};
    static char line[1024];
    const struct collection *collection = collection_of(node);
    struct strbuf text = {0};
    collection_add_label(collection, &text);
    strbuf_addf(&text, " %s %llu ", kinds[node->kind], (unsigned long long)node->koid);
    add_client(&text, &node->client);
    (void)strncpy(line, strbuf_text(&text), sizeof(line) - 1);
    strbuf_deinit(&text);
    return line;
}
