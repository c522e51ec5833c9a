/* Which rights each participant's handles have, and that the kernel holds them to it.
 * Source: spec/fuchsia.sysmem2.txt, TABLES, BufferUsage; PROTOCOLS, BufferCollectionToken. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "negotiation.h"
#include "wishes.h"

#define READING                                                                                    \
    (ZX_RIGHTS_BASIC | ZX_RIGHT_READ | ZX_RIGHT_GET_PROPERTY | ZX_RIGHT_SET_PROPERTY | ZX_RIGHT_MAP)
#define WRITING (READING | ZX_RIGHT_WRITE)

/* The kernel, the library and the handle's rights say the same. */
static void assert_read_only(zx_handle_t vmo)
{
    int fd = sysmem_handle_fd(vmo);
    assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    assert_ptr_equal(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
    assert_int_equal(errno, EACCES);
    char byte = 1;
    assert_int_equal(zx_vmo_write(vmo, &byte, 0, 1), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(zx_vmo_read(vmo, &byte, 0, 1), ZX_OK);
    zx_vaddr_t address = 0;
    assert_int_equal(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0,
                                 PAGE, &address),
                     ZX_ERR_ACCESS_DENIED);
    zx_handle_t more = ZX_HANDLE_INVALID;
    assert_int_equal(zx_handle_duplicate(vmo, WRITING, &more), ZX_ERR_INVALID_ARGS);
}

static void assert_writable(zx_handle_t vmo)
{
    char byte = 1;
    assert_int_equal(fcntl(sysmem_handle_fd(vmo), F_GETFL) & O_ACCMODE, O_RDWR);
    assert_int_equal(zx_vmo_write(vmo, &byte, 0, 1), ZX_OK);
}

/* A participant with this usage alone gets handles with these rights. */
static void check_usage(struct stage *stage, const struct sysmem_buffer_usage *usage, bool writes)
{
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    wish.usage = *usage;
    struct negotiation n;
    negotiate(&n, stage->allocator, &wish, 1);
    assert_allocated(&n, 1);
    assert_true(result_of(&n, 0)->buffers[0].has.vmo);
    zx_handle_t vmo = result_of(&n, 0)->buffers[0].vmo;
    assert_int_equal(basic_info(vmo).rights, writes ? WRITING : READING);
    if (writes) {
        assert_writable(vmo);
    } else {
        assert_read_only(vmo);
    }
    negotiation_close(&n);
}

static void cpu_usages(void **state)
{
    const uint32_t writing = SYSMEM_CPU_USAGE_WRITE | SYSMEM_CPU_USAGE_WRITE_OFTEN;
    for (uint32_t bit = SYSMEM_CPU_USAGE_READ; bit <= SYSMEM_CPU_USAGE_WRITE_OFTEN; bit <<= 1) {
        const struct sysmem_buffer_usage usage = {.cpu = bit, .has.cpu = true};
        check_usage(*state, &usage, (bit & writing) != 0);
    }
}

static void vulkan_image_usages(void **state)
{
    const uint32_t writing =
        SYSMEM_VULKAN_IMAGE_USAGE_TRANSFER_DST | SYSMEM_VULKAN_IMAGE_USAGE_STORAGE;
    for (uint32_t bit = SYSMEM_VULKAN_IMAGE_USAGE_TRANSFER_SRC;
         bit <= SYSMEM_VULKAN_IMAGE_USAGE_INPUT_ATTACHMENT; bit <<= 1) {
        const struct sysmem_buffer_usage usage = {.vulkan = bit, .has.vulkan = true};
        check_usage(*state, &usage, (bit & writing) != 0);
    }
}

static void vulkan_buffer_usages(void **state)
{
    static const struct {
        uint32_t bit;
        bool writes;
    } usages[] = {
        {SYSMEM_VULKAN_BUFFER_USAGE_TRANSFER_SRC,         false},
        {SYSMEM_VULKAN_BUFFER_USAGE_TRANSFER_DST,         true },
        {SYSMEM_VULKAN_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER, false},
        {SYSMEM_VULKAN_BUFFER_USAGE_UNIFORM_BUFFER,       false},
        {SYSMEM_VULKAN_BUFFER_USAGE_STORAGE_BUFFER,       true },
        {SYSMEM_VULKAN_BUFFER_USAGE_INDEX_BUFFER,         false},
        {SYSMEM_VULKAN_BUFFER_USAGE_VERTEX_BUFFER,        false},
        {SYSMEM_VULKAN_BUFFER_USAGE_INDIRECT_BUFFER,      false},
    };
    for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++) {
        const struct sysmem_buffer_usage usage = {.vulkan = usages[i].bit, .has.vulkan = true};
        check_usage(*state, &usage, usages[i].writes);
    }
}

static void video_usages(void **state)
{
    static const struct {
        uint32_t bit;
        bool writes;
    } usages[] = {
        {SYSMEM_VIDEO_USAGE_HW_DECODER,          true },
        {SYSMEM_VIDEO_USAGE_HW_ENCODER,          true },
        {SYSMEM_VIDEO_USAGE_CAPTURE,             false},
        {SYSMEM_VIDEO_USAGE_DECRYPTOR_OUTPUT,    true },
        {SYSMEM_VIDEO_USAGE_HW_DECODER_INTERNAL, true },
    };
    for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++) {
        const struct sysmem_buffer_usage usage = {.video = usages[i].bit, .has.video = true};
        check_usage(*state, &usage, usages[i].writes);
    }
}

static void display_usages(void **state)
{
    for (uint32_t bit = SYSMEM_DISPLAY_USAGE_LAYER; bit <= SYSMEM_DISPLAY_USAGE_CURSOR; bit <<= 1) {
        const struct sysmem_buffer_usage usage = {.display = bit, .has.display = true};
        check_usage(*state, &usage, false);
    }
}

static void one_writing_usage_is_enough(void **state)
{
    struct sysmem_buffer_usage usage = {0};
    SYSMEM_SET(&usage, cpu, SYSMEM_CPU_USAGE_READ);
    SYSMEM_SET(&usage, display, SYSMEM_DISPLAY_USAGE_LAYER);
    check_usage(*state, &usage, false);
    SYSMEM_SET(&usage, video, SYSMEM_VIDEO_USAGE_HW_DECODER);
    check_usage(*state, &usage, true);
}

static void each_participant_has_its_own_rights(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wishes[] = {cpu_constraints(1, PAGE, 0),
                                                            cpu_constraints(1, PAGE, 0)};
    wishes[1].usage.cpu = SYSMEM_CPU_USAGE_READ_OFTEN;
    struct negotiation n;
    negotiate(&n, stage->allocator, wishes, 2);
    assert_allocated(&n, 2);
    char byte = 42;
    assert_int_equal(zx_vmo_write(result_of(&n, 0)->buffers[1].vmo, &byte, 9, 1), ZX_OK);
    assert_read_only(result_of(&n, 1)->buffers[1].vmo);
    byte = 0;
    assert_int_equal(zx_vmo_read(result_of(&n, 1)->buffers[1].vmo, &byte, 9, 1), ZX_OK);
    assert_int_equal(byte, 42);
    negotiation_close(&n);
}

/* The rights that a writing participant gets through these masks, one duplicate after the other. */
static zx_rights_t rights_through(struct stage *stage, const zx_rights_t *masks, size_t count)
{
    struct sysmem_token *token = root_token(stage->allocator);
    for (size_t i = 0; i < count; i++) {
        struct sysmem_token *next = NULL;
        assert_int_equal(sysmem_token_duplicate(token, masks[i], &next), 0);
        assert_int_equal(sysmem_node_release(sysmem_token_node(token)), 0);
        sysmem_token_free(token);
        token = next;
    }
    assert_open(sysmem_token_node(token));
    struct sysmem_collection *collection = bind_token(stage->allocator, token);
    const struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    assert_int_equal(sysmem_collection_set_constraints(collection, &wish), 0);
    struct sysmem_collection_info *info = NULL;
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info),
                     0);
    zx_handle_t vmo = sysmem_collection_info_get(info)->buffers[0].vmo;
    zx_rights_t rights = basic_info(vmo).rights;
    if ((rights & ZX_RIGHT_WRITE) == 0) {
        assert_read_only(vmo);
    }
    sysmem_collection_info_free(info);
    leave(collection);
    return rights;
}

static void attenuation_accumulates(void **state)
{
    static const zx_rights_t same[] = {ZX_RIGHT_SAME_RIGHTS, ZX_RIGHT_SAME_RIGHTS};
    static const zx_rights_t all[] = {UINT32_MAX, UINT32_MAX};
    static const zx_rights_t kept[] = {~ZX_RIGHT_WRITE, ZX_RIGHT_SAME_RIGHTS};
    static const zx_rights_t both[] = {~ZX_RIGHT_WRITE, ~ZX_RIGHT_SET_PROPERTY};
    static const zx_rights_t regained[] = {READING, WRITING | ZX_RIGHT_EXECUTE};
    static const zx_rights_t wide[] = {WRITING | ZX_RIGHT_EXECUTE | ZX_RIGHT_SIGNAL};
    assert_int_equal(rights_through(*state, NULL, 0), WRITING);
    assert_int_equal(rights_through(*state, same, 2), WRITING);
    assert_int_equal(rights_through(*state, all, 2), WRITING);
    assert_int_equal(rights_through(*state, kept, 2), READING);
    assert_int_equal(rights_through(*state, both, 2), READING & ~ZX_RIGHT_SET_PROPERTY);
    assert_int_equal(rights_through(*state, regained, 2), READING);
    assert_int_equal(rights_through(*state, wide, 1), WRITING);
}

static void a_mask_is_its_own_branchs_alone(void **state)
{
    struct stage *stage = *state;
    static const zx_rights_t masks[] = {~ZX_RIGHT_WRITE, ZX_RIGHT_SAME_RIGHTS,
                                        ZX_RIGHTS_BASIC | ZX_RIGHT_READ};
    static const zx_rights_t wanted[] = {READING, WRITING, ZX_RIGHTS_BASIC | ZX_RIGHT_READ};
    const struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    struct negotiation n;
    negotiation_open(&n, stage->allocator, masks, 3);
    for (size_t i = 0; i < 3; i++) {
        negotiation_say(&n, i, &wish);
    }
    negotiation_decide(&n);
    assert_allocated(&n, 3);
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            assert_int_equal(basic_info(result_of(&n, i)->buffers[j].vmo).rights, wanted[i]);
        }
    }
    negotiation_close(&n);
}

static void handles_that_may_not_be_sent_fail_their_participant(void **state)
{
    struct stage *stage = *state;
    static const zx_rights_t mask = ~ZX_RIGHT_TRANSFER;
    const struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    struct negotiation n;
    negotiation_open(&n, stage->allocator, &mask, 1);
    negotiation_say(&n, 0, &wish);
    negotiation_decide(&n);
    assert_int_equal(n.seats[0].status, ZX_ERR_PEER_CLOSED);
    negotiation_close(&n);
    assert_still_serves(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(cpu_usages),
        CASE(vulkan_image_usages),
        CASE(vulkan_buffer_usages),
        CASE(video_usages),
        CASE(display_usages),
        CASE(one_writing_usage_is_enough),
        CASE(each_participant_has_its_own_rights),
        CASE(attenuation_accumulates),
        CASE(a_mask_is_its_own_branchs_alone),
        CASE(handles_that_may_not_be_sent_fail_their_participant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
