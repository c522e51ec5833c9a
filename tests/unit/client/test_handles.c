/* Handles of tables: out to descriptors, in from descriptors, none left behind. */
#include "fake_server.h"

#include <fcntl.h>
#include <poll.h>

#include <zircon/syscalls.h>

#include "client/handles.h"
#include "model/tables.h"

static bool is_handle(zx_handle_t handle)
{
    zx_info_handle_basic_t info;
    return zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL) ==
           ZX_OK;
}

static const struct model_type *bind_request(void)
{
    return &model_type_allocator_bind_shared_collection_request;
}

static void handles_become_slots(void **state)
{
    (void)state;
    size_t before = count_open();
    zx_handle_t ends[2];
    assert_int_equal(zx_channel_create(0, &ends[0], &ends[1]), ZX_OK);
    zx_info_handle_basic_t info;
    assert_int_equal(
        zx_object_get_info(ends[1], ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL), ZX_OK);
    struct model_allocator_bind_shared_collection_request request = {0};
    SYSMEM_SET(&request, token, ends[0]);
    SYSMEM_SET(&request, buffer_collection_request, ends[1]);
    struct message message;
    message_init(&message, 3, 0);
    assert_int_equal(handles_attach(bind_request(), &request, &message), 0);
    assert_false(is_handle(ends[0]) || is_handle(ends[1]));
    assert_int_equal(request.token, 1);
    assert_int_equal(request.buffer_collection_request, 2);
    const struct attachment *attachment = message_attachment(&message, 2);
    assert_int_equal(attachment->type, ZX_OBJ_TYPE_CHANNEL);
    assert_int_equal(attachment->koid, info.koid);
    handles_forget(bind_request(), &request);
    assert_int_equal(request.token, ZX_HANDLE_INVALID);
    message_clear(&message);
    assert_open(before);
}

static void a_handle_that_cannot_travel_is_consumed_with_the_rest(void **state)
{
    (void)state;
    size_t before = count_open();
    zx_handle_t ends[2];
    assert_int_equal(zx_channel_create(0, &ends[0], &ends[1]), ZX_OK);
    assert_int_equal(
        zx_handle_replace(ends[0], ZX_DEFAULT_CHANNEL_RIGHTS & ~ZX_RIGHT_TRANSFER, &ends[0]),
        ZX_OK);
    struct model_allocator_bind_shared_collection_request request = {0};
    SYSMEM_SET(&request, token, ends[0]);
    SYSMEM_SET(&request, buffer_collection_request, ends[1]);
    struct message message;
    message_init(&message, 3, 0);
    assert_int_equal(handles_attach(bind_request(), &request, &message), ZX_ERR_ACCESS_DENIED);
    assert_false(is_handle(ends[0]) || is_handle(ends[1]));
    assert_int_equal(request.token, ZX_HANDLE_INVALID);
    assert_int_equal(request.buffer_collection_request, ZX_HANDLE_INVALID);
    message_clear(&message);
    assert_open(before);
}

/* The koid of a VMO's handle. */
static zx_koid_t koid_of(zx_handle_t handle)
{
    zx_info_handle_basic_t info;
    assert_int_equal(
        zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL), ZX_OK);
    return info.koid;
}

static void a_part_of_a_vmo_goes_by_its_koid_alone(void **state)
{
    (void)state;
    size_t before = count_open();
    zx_handle_t vmo;
    zx_handle_t part;
    assert_int_equal(zx_vmo_create(8192, 0, &vmo), ZX_OK);
    assert_int_equal(zx_vmo_write(vmo, "secret", 0, 6), ZX_OK);
    assert_int_equal(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SLICE, 4096, 4096, &part), ZX_OK);
    zx_koid_t koid = koid_of(part);
    struct model_allocator_get_vmo_info_request request = {0};
    SYSMEM_SET(&request, vmo, part);
    struct message message;
    message_init(&message, 4, 1);
    assert_int_equal(handles_attach(&model_type_allocator_get_vmo_info_request, &request, &message),
                     0);
    const struct attachment *attachment = message_attachment(&message, request.vmo);
    assert_int_equal(attachment->koid, koid);
    assert_int_equal(attachment->type, ZX_OBJ_TYPE_VMO);
    char bytes[6];
    assert_true(pread(attachment->fd, bytes, sizeof(bytes), 0) <= 0 || bytes[0] == 0);
    assert_false(is_handle(part));
    message_clear(&message);
    assert_int_equal(zx_handle_close(vmo), ZX_OK);
    assert_open(before);
}

static void what_has_no_descriptor_is_refused(void **state)
{
    (void)state;
    zx_handle_t region;
    assert_int_equal(zx_handle_duplicate(zx_vmar_root_self(), ZX_RIGHT_SAME_RIGHTS, &region),
                     ZX_OK);
    struct model_allocator_get_vmo_info_request request = {0};
    SYSMEM_SET(&request, vmo, region);
    struct message message;
    message_init(&message, 4, 1);
    assert_int_equal(handles_attach(&model_type_allocator_get_vmo_info_request, &request, &message),
                     ZX_ERR_NOT_SUPPORTED);
    assert_false(is_handle(region));
    message_clear(&message);
}

static void unset_fields_are_left_alone(void **state)
{
    (void)state;
    struct model_allocator_bind_shared_collection_request request = {.token = 77};
    struct message message;
    message_init(&message, 3, 0);
    assert_int_equal(handles_attach(bind_request(), &request, &message), 0);
    assert_int_equal(message.attachment_count, 0);
    assert_int_equal(request.token, 77);
    assert_int_equal(handles_attach(NULL, NULL, &message), 0);
}

static void slots_become_handles(void **state)
{
    (void)state;
    size_t before = count_open();
    struct message message;
    message_init(&message, 4, 1);
    struct sysmem_vmo_buffer buffer = {0};
    SYSMEM_SET(&buffer, vmo, server_attach_vmo(&message, 12));
    SYSMEM_SET(&buffer, close_weak_asap, server_attach_end(&message, 0, NULL));
    assert_int_equal(handles_take(&model_type_vmo_buffer, &buffer, &message), 0);
    zx_info_handle_basic_t info;
    assert_int_equal(zx_object_get_info(buffer.close_weak_asap, ZX_INFO_HANDLE_BASIC, &info,
                                        sizeof(info), NULL, NULL),
                     ZX_OK);
    assert_int_equal(info.type, ZX_OBJ_TYPE_EVENTPAIR); /* as the interface says */
    assert_true(is_handle(buffer.vmo));
    handles_close(&model_type_vmo_buffer, &buffer);
    assert_int_equal(buffer.vmo, ZX_HANDLE_INVALID);
    message_clear(&message);
    assert_open(before);
}

/* Closed, and nobody else has it. */
static bool has_hung_up(int fd)
{
    struct pollfd item = {.fd = fd};
    return poll(&item, 1, 0) == 1 && (item.revents & POLLHUP) != 0;
}

/* In with a response, out with a request, gone with the handle. */
static void companions_go_along(void **state)
{
    (void)state;
    size_t before = count_open();
    struct message message;
    message_init(&message, 4, 1);
    int other = -1;
    struct sysmem_vmo_buffer buffer = {0};
    uint32_t companion = server_attach_end(&message, 0, &other);
    SYSMEM_SET(&buffer, vmo, server_attach_vmo(&message, 12));
    message.attachments[buffer.vmo - 1].companion = companion;
    SYSMEM_SET(&buffer, close_weak_asap, server_attach_end(&message, 0, NULL));
    assert_int_equal(handles_take(&model_type_vmo_buffer, &buffer, &message), 0);
    message_clear(&message);
    assert_false(has_hung_up(other));

    struct model_allocator_get_vmo_info_request request = {0};
    zx_handle_t copy;
    assert_int_equal(zx_handle_duplicate(buffer.vmo, ZX_RIGHT_SAME_RIGHTS, &copy), ZX_OK);
    SYSMEM_SET(&request, vmo, copy);
    message_init(&message, 4, 1);
    assert_int_equal(handles_attach(&model_type_allocator_get_vmo_info_request, &request, &message),
                     0);
    handles_close(&model_type_vmo_buffer, &buffer);
    assert_int_equal(message.attachment_count, 2);
    const struct attachment *attachment = message_attachment(&message, request.vmo);
    assert_int_equal(attachment->koid, 12);
    assert_int_equal(message_attachment(&message, attachment->companion)->companion, 0);
    assert_int_equal(message_attachment(&message, attachment->companion)->type, 0);
    assert_false(has_hung_up(other));
    message_clear(&message);
    assert_true(has_hung_up(other));
    close(other);
    assert_open(before);
}

/* What `type` makes of a VMO's field that holds this descriptor. */
static sysmem_status_t take_as_vmo(int fd, uint32_t type)
{
    struct message message;
    message_init(&message, 4, 1);
    struct sysmem_vmo_buffer buffer = {0};
    int slot = message_attach(&message, &(struct attachment){.fd = fd, .type = type});
    SYSMEM_SET(&buffer, close_weak_asap, server_attach_end(&message, 0, NULL));
    SYSMEM_SET(&buffer, vmo, (zx_handle_t)slot);
    sysmem_status_t status = handles_take(&model_type_vmo_buffer, &buffer, &message);
    if (status != 0) {
        assert_int_equal(buffer.close_weak_asap, ZX_HANDLE_INVALID);
    }
    handles_close(&model_type_vmo_buffer, &buffer);
    message_clear(&message);
    return status;
}

static void descriptors_of_another_kind_are_an_error(void **state)
{
    (void)state;
    size_t before = count_open();
    assert_int_equal(take_as_vmo(open("/dev/null", O_RDWR | O_CLOEXEC), ZX_OBJ_TYPE_VMO),
                     ZX_ERR_IO);
    assert_int_equal(take_as_vmo(memfd_create("test", MFD_CLOEXEC), ZX_OBJ_TYPE_CHANNEL),
                     ZX_ERR_IO);
    assert_int_equal(take_as_vmo(-1, ZX_OBJ_TYPE_VMO), ZX_ERR_IO);
    assert_open(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handles_become_slots),
        cmocka_unit_test(a_handle_that_cannot_travel_is_consumed_with_the_rest),
        cmocka_unit_test(a_part_of_a_vmo_goes_by_its_koid_alone),
        cmocka_unit_test(what_has_no_descriptor_is_refused),
        cmocka_unit_test(unset_fields_are_left_alone),
        cmocka_unit_test(slots_become_handles),
        cmocka_unit_test(companions_go_along),
        cmocka_unit_test(descriptors_of_another_kind_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
