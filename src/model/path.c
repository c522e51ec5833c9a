#include "model/path.h"

void model_path_print(const struct model_path *path, struct strbuf *buf)
{
    if (path->up != NULL) {
        model_path_print(path->up, buf);
        strbuf_addf(buf, ".");
    }
    strbuf_addf(buf, "%s", path->name);
    if (path->index != MODEL_NO_INDEX) {
        strbuf_addf(buf, "[%zu]", path->index);
    }
}
