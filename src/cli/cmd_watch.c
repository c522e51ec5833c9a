/* sysmemctl watch: a line for each thing that happens, as it happens. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/daemon.h"
#include "cli/debug_view.h"
#include "model/tables.h"
#include "json/json.h"

/* Each line goes out at once. Returns whether it was printed. */
static bool print_line(json_t *json)
{
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
    bool printed = text != NULL && puts(text) >= 0;
    free(text);
    json_decref(json);
    return printed;
}

static bool print_heading(bool json)
{
    bool printed =
        json ? print_line(json_pack("{s:b}", "watching", 1)) : debug_view_event_heading(stdout);
    return printed && fflush(stdout) == 0;
}

static bool print_missed(uint64_t missed, bool json)
{
    return json ? print_line(json_pack("{s:I}", "missed", (json_int_t)missed))
                : printf("%" PRIu64 " events missed\n", missed) > 0;
}

static bool print_events(const struct model_debug_wait_for_change_response *response, bool json)
{
    bool printed = response->missed == 0 || print_missed(response->missed, json);
    for (size_t i = 0; i < response->events_count && printed; i++) {
        const struct model_debug_event *event = &response->events[i];
        printed = json ? print_line(table_to_json(&model_type_debug_event, event, NULL))
                       : debug_view_event(event, stdout);
    }
    return printed && fflush(stdout) == 0;
}

/* Until the daemon ends: 0. */
static int follow(struct channel *debug, bool json)
{
    const struct model_method *wait = model_method_by_name(MODEL_PROTOCOL_DEBUG, "WaitForChange");
    for (bool printed = true; printed;) {
        struct channel_reply reply;
        channel_call(debug, wait, NULL, ZX_TIME_INFINITE, &reply);
        if (reply.status != 0) {
            bool ended = reply.status == ZX_ERR_PEER_CLOSED;
            (void)fprintf(stderr, "sysmemctl watch: %s\n",
                          ended ? "the daemon has ended" : sysmem_status_name(reply.status));
            channel_reply_clear(&reply);
            return ended ? EXIT_DONE : EXIT_REFUSED;
        }
        printed = print_events(reply.response, json);
        channel_reply_clear(&reply);
    }
    return EXIT_REFUSED; /* nobody reads */
}

int command_watch(int argc, char **argv, const char *socket_path)
{
    static const struct options_spec spec = {
        .has_json = true,
        .doc = "Follow what happens to the collections that you may see, until it is interrupted "
               "or the daemon ends. With --json, one object a line."};
    struct options options = {.socket_path = socket_path};
    options_parse(argc, argv, &spec, &options);
    struct channel *debug = NULL;
    struct channel_reply reply;
    int status = EXIT_REFUSED;
    if (daemon_open_debug(options.socket_path, &debug) &&
        daemon_ask(debug, "WaitForChange", NULL, &reply)) {
        channel_reply_clear(&reply);
        status = print_heading(options.json) ? follow(debug, options.json) : EXIT_REFUSED;
    }
    channel_free(debug);
    return status;
}
