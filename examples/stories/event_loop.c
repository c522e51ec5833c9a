/* A display hears of everything in one loop, without a thread: of the reply to its call, of the end
 * of each weak buffer, of the memory's return, and of the end of its node. */
#include <poll.h>
#include <stdlib.h>

#include "story.h"

enum { BUFFERS = 2, CHANNEL = BUFFERS, MEMORY, WATCHED };

struct display {
    struct sysmem_collection *player; /* holds the buffers strongly, until the display has them */
    struct sysmem_collection_info *info;
    struct pollfd watched[WATCHED]; /* close_weak_asap of each buffer, CHANNEL, MEMORY; -1: over */
};

static void on_allocated(void *arg, sysmem_status_t status, struct sysmem_collection_info *info)
{
    struct display *display = arg;
    must(status, "WaitForAllBuffersAllocated");
    tell("the display has its buffers; the player ends");
    display->info = info;
    for (size_t i = 0; i < BUFFERS;
         i++) { /* the handles stay the result's; POLLHUP comes unasked */
        display->watched[i].fd =
            sysmem_handle_fd(sysmem_collection_info_get(info)->buffers[i].close_weak_asap);
    }
    leave(display->player);
}

static void on_closed(void *arg, sysmem_status_t status)
{
    struct display *display = arg;
    tell("the display's node has ended: %s", sysmem_status_name(status));
    display->watched[CHANNEL].fd = -1;
}

static void let_go(struct display *display, size_t i)
{
    tell("buffer %zu is let go", i);
    (void)zx_handle_close(sysmem_collection_info_take_vmo(display->info, i));
    display->watched[i].fd = -1;
}

/* poll(2)'s form of a deadline: milliseconds, rounded up; -1: for ever. */
static int to_poll(zx_time_t deadline)
{
    zx_duration_t left = deadline - zx_clock_get_monotonic();
    return deadline == ZX_TIME_INFINITE ? -1 : left <= 0 ? 0 : (int)(left / ZX_MSEC(1)) + 1;
}

static void loop(struct display *display, struct sysmem_channel *channel)
{
    while (display->watched[CHANNEL].fd >= 0 || display->watched[MEMORY].fd >= 0) {
        display->watched[CHANNEL].events = sysmem_channel_get_events(channel);
        int timeout = to_poll(sysmem_channel_get_timeout(channel));
        must(poll(display->watched, WATCHED, timeout) < 0, "poll");
        for (size_t i = 0; i < BUFFERS; i++) {
            if (display->watched[i].revents != 0) {
                let_go(display, i);
            }
        }
        if (display->watched[MEMORY].revents != 0) {
            tell("the memory is back");
            display->watched[MEMORY].fd = -1;
        }
        (void)sysmem_channel_process(channel); /* what it returns is told to on_closed() */
    }
}

int main(void)
{
    struct sysmem_allocator *allocator = connect_as("event loop");
    struct sysmem_token *token = NULL;
    struct sysmem_token *weak = NULL;
    zx_handle_t memory = ZX_HANDLE_INVALID;
    zx_handle_t server_end = ZX_HANDLE_INVALID;
    must(sysmem_allocator_allocate_shared_collection(allocator, &token), "a collection");
    must(sysmem_token_duplicate(token, ZX_RIGHT_SAME_RIGHTS, &weak), "Duplicate");
    must(sysmem_node_set_weak(sysmem_token_node(weak)), "SetWeak");
    must(sysmem_node_sync(sysmem_token_node(token), soon()), "Sync");
    must(zx_eventpair_create(0, &memory, &server_end), "zx_eventpair_create");

    struct display display = {.player = join(allocator, token, 1, 4096)};
    struct sysmem_collection *collection = join(allocator, weak, 1, 4096);
    struct sysmem_channel *channel = sysmem_node_channel(sysmem_collection_node(collection));
    for (size_t i = 0; i < WATCHED; i++) {
        display.watched[i].fd = -1;
    }
    display.watched[CHANNEL].fd = sysmem_channel_get_fd(channel);
    display.watched[MEMORY].fd = sysmem_handle_fd(memory);
    sysmem_channel_set_nonblocking(channel, true);
    sysmem_channel_on_closed(channel, on_closed, &display);
    must(sysmem_collection_attach_lifetime_tracking(collection, server_end, 0), "tracking");
    must(sysmem_collection_wait_for_all_buffers_allocated_async(collection, on_allocated, &display),
         "WaitForAllBuffersAllocated");
    loop(&display, channel);

    sysmem_collection_info_free(display.info);
    sysmem_collection_free(collection);
    (void)zx_handle_close(memory);
    sysmem_allocator_free(allocator);
    return EXIT_SUCCESS;
}
