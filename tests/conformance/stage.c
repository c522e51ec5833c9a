#include "stage.h"

#include <poll.h>
#include <stdlib.h>

static int open_with(void **state, const char *config)
{
    struct stage *stage = calloc(1, sizeof(*stage));
    assert_non_null(stage);
    const char *const args[] = {"--log-level", "debug", NULL};
    const struct daemon_options options = {.args = args, .config = config};
    stage->own_descriptors = own_descriptor_count();
    assert_int_equal(daemon_start(&stage->daemon, &options), 0);
    stage->daemon_descriptors = daemon_descriptor_count(&stage->daemon);
    stage->allocator = connect_to(&stage->daemon);
    *state = stage;
    return 0;
}

int stage_open(void **state)
{
    return open_with(state, NULL);
}

int stage_open_lazy(void **state)
{
    return open_with(state, "{\"heaps\": [{\"heap\": {\"heap_type\": \"" SYSMEM_HEAP_TYPE_SYSTEM_RAM
                            "\"}, "
                            "\"coherency_domain_support\": {\"cpu_supported\": true}, "
                            "\"commit\": \"lazy\"}]}");
}

int stage_open_config(void **state)
{
    return open_with(state, *state);
}

int stage_close(void **state)
{
    struct stage *stage = *state;
    sysmem_allocator_free(stage->allocator);
    if (stage->daemon.pid != 0) {
        assert_int_equal(daemon_descriptor_settle(&stage->daemon, stage->daemon_descriptors),
                         stage->daemon_descriptors);
    }
    assert_true(daemon_stop(&stage->daemon));
    assert_int_equal(own_descriptor_count(), stage->own_descriptors);
    free(stage);
    return 0;
}

void assert_still_serves(const struct stage *stage)
{
    struct sysmem_collection *collection = NULL;
    assert_int_equal(sysmem_allocator_allocate_non_shared_collection(stage->allocator, &collection),
                     0);
    assert_open(sysmem_collection_node(collection));
    sysmem_collection_free(collection);
}

void assert_open(struct sysmem_node *node)
{
    assert_int_equal(sysmem_node_sync(node, soon()), 0);
}

void assert_closed(struct sysmem_node *node)
{
    struct pollfd hang_up = {.fd = sysmem_channel_get_fd(sysmem_node_channel(node))};
    assert_int_equal(poll(&hang_up, 1, DAEMON_PATIENCE_MS), 1);
    assert_int_equal(sysmem_node_sync(node, soon()), ZX_ERR_PEER_CLOSED);
}

zx_info_handle_basic_t basic_info(zx_handle_t handle)
{
    zx_info_handle_basic_t info;
    assert_int_equal(
        zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL), ZX_OK);
    return info;
}

uint64_t size_of_vmo(zx_handle_t vmo)
{
    uint64_t size = 0;
    assert_int_equal(zx_vmo_get_size(vmo, &size), ZX_OK);
    return size;
}
