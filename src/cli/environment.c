#include "cli/environment.h"

#include <stdio.h>

#include "cli/daemon.h"
#include "model/debug.h"
#include "model/tables.h"
#include "json/json.h"

/* Adds a page's costs to those of `all`, or becomes `all`. NULL: no memory. */
static json_t *add_page(json_t *all, const struct model_debug_get_environment_response *response)
{
    struct model_debug_get_environment_response shown = *response;
    shown.has.more = false;
    shown.has.format_costs = true;
    json_t *page = table_to_json(&model_type_debug_get_environment_response, &shown, NULL);
    if (all == NULL) {
        return page;
    }
    json_t *costs = json_object_get(all, "format_costs");
    bool added =
        page != NULL && json_array_extend(costs, json_object_get(page, "format_costs")) == 0;
    json_decref(page);
    if (!added) {
        json_decref(all);
    }
    return added ? all : NULL;
}

json_t *environment_get(struct channel *debug)
{
    json_t *all = NULL;
    for (bool more = true; more;) {
        struct model_debug_get_environment_request request = {0};
        struct channel_reply reply;
        size_t had = json_array_size(json_object_get(all, "format_costs"));
        SYSMEM_SET(&request, first_format_cost, (uint32_t)had);
        if (!daemon_ask(debug, "GetEnvironment", &request, &reply)) {
            json_decref(all);
            return NULL;
        }
        const struct model_debug_get_environment_response *page = reply.response;
        more = page->more && page->format_costs_count > 0;
        all = add_page(all, page);
        channel_reply_clear(&reply);
        if (all == NULL) {
            (void)fprintf(stderr, "sysmemctl: no memory for the daemon's format costs\n");
            return NULL;
        }
    }
    return all;
}
