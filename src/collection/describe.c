#include <string.h>

#include "base/strbuf.h"
#include "collection/collection.h"

const char *collection_describe_node(const struct node *node)
{
    static const char *const kinds[] = {"token", "collection", "group", "orphan"};
    static char line[1024];
    const struct collection *collection = collection_of(node);
    struct strbuf text = {0};
    strbuf_addf(&text, "collection %llu", (unsigned long long)collection->id);
    if (collection->name != NULL) {
        strbuf_addf(&text, " \"");
        strbuf_add_escaped(&text, collection->name);
        strbuf_addf(&text, "\"");
    }
    strbuf_addf(&text, " %s %llu client \"", kinds[node->kind], (unsigned long long)node->koid);
    strbuf_add_escaped(&text, node->client.name == NULL ? "" : node->client.name);
    strbuf_addf(&text, "\" pid %d uid %u", (int)node->client.pid, (unsigned)node->client.uid);
    (void)strncpy(line, strbuf_text(&text), sizeof(line) - 1);
    strbuf_deinit(&text);
    return line;
}
