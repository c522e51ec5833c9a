/* A display keeps the last frame on the screen after the player has ended, without keeping the
 * player's memory any longer than the player's owner wants.
 *
 * The display's node is weak: its handles do not count. close_weak_asap tells it, for each buffer,
 * that the strong ones are gone and that it should let go, too; only then is the memory back, which
 * AttachLifetimeTracking tells the player. Source: spec/fuchsia.sysmem2.txt, Node.SetWeak;
 * VmoBuffer.close_weak_asap. */
#include <stdlib.h>
#include <string.h>

#include "story.h"

int main(void)
{
    struct sysmem_allocator *player_side = connect_as("player");
    struct sysmem_allocator *display_side = connect_as("display");
    struct sysmem_token *root = NULL;
    struct sysmem_token *display_token = NULL;
    must(sysmem_allocator_allocate_shared_collection(player_side, &root),
         "AllocateSharedCollection");
    must(sysmem_token_duplicate(root, ZX_RIGHT_SAME_RIGHTS, &display_token), "Duplicate");
    must(sysmem_node_set_weak(sysmem_token_node(display_token)), "SetWeak");
    must(sysmem_node_sync(sysmem_token_node(root), soon()), "Sync");
    must(sysmem_node_sync(sysmem_token_node(display_token), soon()), "Sync");

    struct sysmem_collection *display = join(display_side, display_token, 1, 4096);
    struct sysmem_collection *player = join(player_side, root, 1, 4096);
    zx_handle_t memory_is_back = ZX_HANDLE_INVALID;
    zx_handle_t server_end = ZX_HANDLE_INVALID;
    must(zx_eventpair_create(0, &memory_is_back, &server_end), "zx_eventpair_create");
    must(sysmem_collection_attach_lifetime_tracking(player, server_end, 0),
         "AttachLifetimeTracking");
    struct sysmem_collection_info *strong = buffers_of(player);
    struct sysmem_collection_info *weak = buffers_of(display);
    zx_handle_t frame = sysmem_collection_info_take_vmo(strong, 0);
    zx_handle_t last_frame = sysmem_collection_info_take_vmo(weak, 0);
    zx_handle_t let_go = sysmem_collection_info_take_close_weak_asap(weak, 0);
    must(zx_vmo_write(frame, "the end", 0, 8), "zx_vmo_write");
    tell("the player shows its last frame");

    must(zx_handle_close(frame), "zx_handle_close");
    sysmem_collection_info_free(strong);
    leave(player);
    char text[8] = {0};
    must(zx_vmo_read(last_frame, text, 0, sizeof(text)), "zx_vmo_read");
    tell("the player has ended; the display still shows \"%s\"", text);
    must(zx_object_wait_one(let_go, ZX_EVENTPAIR_PEER_CLOSED, soon(), NULL), "close_weak_asap");
    tell("the display was asked to let go");

    must(zx_handle_close(last_frame), "zx_handle_close");
    sysmem_collection_info_free(weak);
    must(zx_object_wait_one(memory_is_back, ZX_EVENTPAIR_PEER_CLOSED, soon(), NULL),
         "lifetime tracking");
    tell("the memory is back");

    sysmem_collection_free(display);
    (void)zx_handle_close(let_go);
    (void)zx_handle_close(memory_is_back);
    sysmem_allocator_free(display_side);
    sysmem_allocator_free(player_side);
    return strcmp(text, "the end") == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
