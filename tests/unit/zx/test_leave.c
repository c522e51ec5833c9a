#include "channel_test.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "zx/form.h"

/* A handle leaves and comes back, as it would in another process. */
static zx_handle_t travel(zx_handle_t handle)
{
    unsigned char form[SYSMEM_HANDLE_FORM_BYTES];
    int fd = -1;
    zx_handle_t back = ZX_HANDLE_INVALID;
    assert_ok(sysmem_handle_into_form(handle, form, &fd));
    assert_false(is_valid(handle));
    assert_ok(sysmem_handle_from_form(fd, form, &back));
    return back;
}

static void unread_messages_go_along(void **state)
{
    (void)state;
    zx_handle_t ends[2];
    zx_handle_t event = new_event();
    zx_koid_t koid = basic_of(event).koid;
    zx_koid_t related;
    uint32_t count = 0;
    new_channel(IN_MEMORY, ends);
    related = basic_of(ends[1]).related_koid;
    write_text(ends[0], "one");
    assert_ok(zx_channel_write(ends[0], 0, NULL, 0, &event, 1));
    write_text(ends[1], "back");
    ends[1] = travel(ends[1]);
    write_text(ends[0], "two");
    assert_int_equal(basic_of(ends[1]).related_koid, related);
    expect_text(ends[1], "one");
    assert_ok(zx_channel_read(ends[1], 0, NULL, &event, 0, 1, NULL, &count));
    assert_int_equal(basic_of(event).koid, koid);
    expect_text(ends[1], "two");
    ends[0] = travel(ends[0]); /* with what the other end wrote before it left */
    expect_text(ends[0], "back");
    const zx_handle_t all[] = {ends[0], ends[1], event};
    assert_ok(zx_handle_close_many(all, 3));
}

static void the_last_words_of_a_closed_end_go_along(void **state)
{
    (void)state;
    zx_handle_t ends[2];
    new_channel(IN_MEMORY, ends);
    write_text(ends[0], "last");
    assert_ok(zx_handle_close(ends[0]));
    ends[1] = travel(ends[1]);
    assert_int_equal(signals_of(ends[1]), ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED);
    expect_text(ends[1], "last");
    assert_status(read_nothing(ends[1]), ZX_ERR_PEER_CLOSED);
    assert_ok(zx_handle_close(ends[1]));
}

static void ends_within_messages_of_ends_go_along(void **state)
{
    (void)state;
    zx_handle_t inner[2];
    zx_handle_t outer[2];
    new_channel(IN_MEMORY, inner);
    new_channel(IN_MEMORY, outer);
    write_text(inner[0], "deep");
    assert_ok(zx_channel_write(outer[0], 0, NULL, 0, &inner[1], 1));
    outer[1] = travel(outer[1]);
    assert_ok(zx_channel_read(outer[1], 0, NULL, &inner[1], 0, 1, NULL, NULL));
    expect_text(inner[1], "deep");
    assert_ok(zx_handle_close_many(inner, 2));
    assert_ok(zx_handle_close_many(outer, 2));
}

static void what_cannot_leave_keeps_the_end_here(void **state)
{
    (void)state;
    zx_handle_t ends[2];
    zx_handle_t port;
    unsigned char form[SYSMEM_HANDLE_FORM_BYTES];
    int fd = 77;
    new_channel(IN_MEMORY, ends);
    assert_ok(zx_port_create(0, &port));
    assert_status(sysmem_handle_into_form(port, form, &fd), ZX_ERR_NOT_SUPPORTED);
    assert_status(sysmem_handle_into_form(zx_vmar_root_self(), form, &fd), ZX_ERR_NOT_SUPPORTED);
    assert_ok(zx_channel_write(ends[0], 0, NULL, 0, &port, 1));
    assert_status(sysmem_handle_into_form(ends[1], form, &fd), ZX_ERR_NOT_SUPPORTED);
    /* The other end can: the message stays for this one, which then waits until it is read. */
    ends[0] = travel(ends[0]);
    assert_status(sysmem_handle_into_form(ends[1], form, &fd), ZX_ERR_BAD_STATE);
    assert_int_equal(fd, 77);
    assert_ok(zx_channel_read(ends[1], 0, NULL, &port, 0, 1, NULL, NULL));
    ends[1] = travel(ends[1]);
    write_text(ends[0], "still");
    expect_text(ends[1], "still");
    const zx_handle_t all[] = {ends[0], ends[1], port};
    assert_ok(zx_handle_close_many(all, 3));
}

/* An end with an end among its messages, with an end ..., of so many altogether. */
static zx_handle_t new_nest(int depth)
{
    zx_handle_t inner = ZX_HANDLE_INVALID;
    for (int i = 0; i < depth; i++) {
        zx_handle_t ends[2];
        new_channel(IN_MEMORY, ends);
        assert_ok(zx_channel_write(ends[0], 0, "x", 1, &inner, i == 0 ? 0 : 1));
        assert_ok(zx_handle_close(ends[0]));
        inner = ends[1];
    }
    return inner;
}

static void ends_leave_so_many_deep(void **state)
{
    (void)state;
    unsigned char form[SYSMEM_HANDLE_FORM_BYTES];
    int fd = 77;
    zx_handle_t end = travel(new_nest(4));
    assert_ok(zx_handle_close(end));
    end = new_nest(5);
    assert_status(sysmem_handle_into_form(end, form, &fd), ZX_ERR_NOT_SUPPORTED);
    for (int i = 0; i < 5; i++) { /* and all is there still */
        char byte;
        zx_handle_t inner = ZX_HANDLE_INVALID;
        assert_ok(zx_channel_read(end, 0, &byte, &inner, 1, 1, NULL, NULL));
        assert_ok(zx_handle_close(end));
        end = inner;
    }
    assert_int_equal(fd, 77);
}

/* What a closed end has left goes into the socket, which has so much room; with the other end open
 * it queues there. */
static void what_was_left_leaves_if_it_is_little(void **state)
{
    (void)state;
    static const char bytes[40000];
    const struct {
        uint32_t count;
        uint32_t len;
        bool fits;
    } rows[] = {
        {64, 8,             true },
        {65, 8,             false},
        {1,  sizeof(bytes), true },
        {2,  sizeof(bytes), false},
    };
    for (size_t i = 0; i < 8; i++) {
        zx_handle_t ends[2];
        unsigned char form[SYSMEM_HANDLE_FORM_BYTES];
        int fd = 77;
        bool is_closed = i % 2 == 0;
        new_channel(IN_MEMORY, ends);
        for (uint32_t j = 0; j < rows[i / 2].count; j++) {
            assert_ok(zx_channel_write(ends[0], 0, bytes, rows[i / 2].len, NULL, 0));
        }
        assert_ok(is_closed ? zx_handle_close(ends[0]) : ZX_OK);
        if (is_closed && !rows[i / 2].fits) {
            assert_status(sysmem_handle_into_form(ends[1], form, &fd), ZX_ERR_BAD_STATE);
            assert_int_equal(fd, 77);
        } else {
            ends[1] = travel(ends[1]);
        }
        for (uint32_t j = 0; j < rows[i / 2].count; j++) {
            static char got[sizeof(bytes)];
            wait_for(ends[1], ZX_CHANNEL_READABLE);
            assert_ok(zx_channel_read(ends[1], 0, got, NULL, sizeof(got), 0, NULL, NULL));
        }
        assert_ok(zx_handle_close(ends[1]));
        assert_ok(is_closed ? ZX_OK : zx_handle_close(ends[0]));
    }
}

static void a_pair_within_itself_stays(void **state)
{
    (void)state;
    zx_handle_t p[2];
    zx_handle_t q[2];
    unsigned char form[SYSMEM_HANDLE_FORM_BYTES];
    int fd = 77;
    new_channel(IN_MEMORY, p);
    new_channel(IN_MEMORY, q);
    assert_ok(zx_channel_write(q[0], 0, NULL, 0, &p[0], 1)); /* in q[1] */
    zx_handle_t inner = q[1];
    zx_handle_t writer = ZX_HANDLE_INVALID;
    assert_ok(zx_channel_read(q[1], 0, NULL, &writer, 0, 1, NULL, NULL));
    assert_ok(zx_channel_write(q[0], 0, NULL, 0, NULL, 0));
    assert_ok(zx_channel_write(writer, 0, NULL, 0, &inner, 1)); /* q[1] in p[1] */
    assert_ok(zx_channel_write(q[0], 0, NULL, 0, &writer, 1));  /* p[0] in q[1] in p[1] */
    assert_status(sysmem_handle_into_form(p[1], form, &fd), ZX_ERR_NOT_SUPPORTED);
    assert_ok(zx_handle_close(p[1]));
    assert_int_equal(signals_of(q[0]), ZX_CHANNEL_PEER_CLOSED);
    assert_ok(zx_handle_close(q[0]));
}

/* Some of it is in the socket, some with the thread that sends it. */
static void what_waits_to_be_sent_is_sent_when_its_end_has_left(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    zx_handle_t ends[2];
    new_channel(BY_SOCKET, ends);
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_ok(zx_channel_write(ends[0], 0, &i, sizeof(i), NULL, 0));
    }
    assert_ok(zx_object_signal_peer(ends[0], 0, ZX_USER_SIGNAL_1));
    ends[0] = travel(ends[0]);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t got = 0;
        wait_for(ends[1], ZX_CHANNEL_READABLE);
        assert_ok(zx_channel_read(ends[1], 0, &got, NULL, sizeof(got), 0, NULL, NULL));
        assert_int_equal(got, i);
    }
    wait_for(ends[1], ZX_USER_SIGNAL_1);
    write_text(ends[0], "new");
    wait_for(ends[1], ZX_CHANNEL_READABLE);
    expect_text(ends[1], "new");
    assert_ok(zx_handle_close(ends[0]));
    wait_for(ends[1], ZX_CHANNEL_PEER_CLOSED);
    assert_ok(zx_handle_close(ends[1]));
}

/* What is for the new holder stays in the socket, though the thread that sends still has it. */
static void an_end_that_leaves_takes_nothing_from_its_socket(void **state)
{
    (void)state;
    zx_handle_t ends[2];
    new_channel(BY_SOCKET, ends);
    for (uint32_t i = 0; i < 2000; i++) {
        assert_ok(zx_channel_write(ends[0], 0, &i, sizeof(i), NULL, 0));
    }
    unsigned char form[SYSMEM_HANDLE_FORM_BYTES];
    int fd = -1;
    assert_ok(sysmem_handle_into_form(ends[0], form, &fd));
    assert_ok(zx_object_signal_peer(ends[1], 0, ZX_USER_SIGNAL_2));
    for (uint32_t i = 0; i < 2000; i++) { /* has the thread look at the socket */
        wait_for(ends[1], ZX_CHANNEL_READABLE);
        assert_ok(zx_channel_read(ends[1], 0, &i, NULL, sizeof(i), 0, NULL, NULL));
    }
    assert_ok(sysmem_handle_from_form(fd, form, &ends[0]));
    wait_for(ends[0], ZX_USER_SIGNAL_2);
    assert_ok(zx_handle_close_many(ends, 2));
}

/* Its descriptor is gone with the message while the pump still knows it. */
static void an_observed_end_leaves_in_a_message(void **state)
{
    (void)state;
    zx_handle_t inner[2];
    zx_handle_t outer[2];
    zx_handle_t other[2];
    zx_handle_t port;
    zx_port_packet_t packet;
    assert_ok(zx_port_create(0, &port));
    new_channel(BY_SOCKET, inner);
    new_channel(BY_SOCKET, other);
    new_channel(IN_MEMORY, outer);
    assert_ok(zx_object_wait_async(other[1], port, 1, ZX_CHANNEL_READABLE, 0));
    assert_ok(zx_object_wait_async(inner[1], port, 2, ZX_CHANNEL_READABLE, 0));
    assert_ok(zx_channel_write(outer[0], 0, NULL, 0, &inner[1], 1));
    outer[1] = travel(outer[1]);
    for (uint32_t i = 0; i < 100; i++) { /* would be told to the one who is gone */
        write_text(inner[0], "x");
        write_text(other[0], "y");
        assert_ok(zx_port_wait(port, zx_deadline_after(ZX_SEC(60)), &packet));
        assert_int_equal(packet.key, 1);
        expect_text(other[1], "y");
        assert_ok(zx_object_wait_async(other[1], port, 1, ZX_CHANNEL_READABLE, 0));
    }
    assert_ok(zx_channel_read(outer[1], 0, NULL, &inner[1], 0, 1, NULL, NULL));
    expect_text(inner[1], "x");
    const zx_handle_t all[] = {inner[0], inner[1], outer[0], outer[1], other[0], other[1], port};
    assert_ok(zx_handle_close_many(all, 7));
}

/* Who waits at a port would never hear of it otherwise. */
static void an_end_stays_when_a_port_could_not_be_served(void **state)
{
    zx_handle_t ends[2];
    zx_handle_t port;
    zx_port_packet_t packet;
    struct rlimit before;
    assert_int_equal(check_fds(state), 0); /* threads of earlier tests close no more */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    assert_ok(zx_port_create(0, &port));
    new_channel(IN_MEMORY, ends);
    write_text(ends[0], "kept");
    assert_ok(zx_object_wait_async(ends[1], port, 1, ZX_CHANNEL_PEER_CLOSED, 0));
    int next = dup(0); /* the lowest that is free */
    assert_int_equal(close(next), 0);
    const struct rlimit none = {.rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int fd = sysmem_handle_fd(ends[0]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(fd, -1);
    expect_text(ends[1], "kept");
    assert_true(sysmem_handle_fd(ends[0]) >= 0);
    assert_ok(zx_handle_close(ends[0]));
    assert_ok(zx_port_wait(port, zx_deadline_after(ZX_SEC(60)), &packet));
    assert_ok(zx_handle_close(ends[1]));
    assert_ok(zx_handle_close(port));
}

static void signals_travel_as_a_copy(void **state)
{
    (void)state;
    zx_handle_t event = new_event();
    zx_handle_t copy = dup_with(event, ZX_RIGHT_SAME_RIGHTS);
    assert_ok(zx_object_signal(event, 0, ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_2));
    copy = travel(copy);
    assert_int_equal(signals_of(copy), ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_2);
    assert_ok(zx_object_signal(event, ZX_EVENT_SIGNALED, 0));
    assert_int_equal(signals_of(copy), ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_2);
    assert_ok(zx_handle_close(event));
    assert_ok(zx_handle_close(copy));
}

static void a_part_travels_with_its_window(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(4 * PAGE, 0);
    zx_handle_t part = ZX_HANDLE_INVALID;
    zx_handle_t smaller = ZX_HANDLE_INVALID;
    uint64_t size = 0;
    char text[3] = "";
    assert_ok(zx_vmo_write(vmo, "ab", 2 * PAGE, 2));
    assert_ok(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SLICE, PAGE, 2 * PAGE, &part));
    zx_info_handle_basic_t before = basic_of(part);
    part = travel(part);
    zx_info_handle_basic_t after = basic_of(part);
    assert_memory_equal(&before, &after, sizeof(after));
    assert_ok(zx_vmo_get_size(part, &size));
    assert_int_equal(size, 2 * PAGE);
    assert_ok(zx_vmo_read(part, text, PAGE, 2));
    assert_string_equal(text, "ab");
    assert_status(zx_vmo_read(part, text, 2 * PAGE, 1), ZX_ERR_OUT_OF_RANGE);
    assert_ok(zx_vmo_write(part, "c", PAGE, 1));
    assert_ok(zx_vmo_read(vmo, text, 2 * PAGE, 2));
    assert_string_equal(text, "cb");
    assert_ok(zx_vmo_create_child(part, ZX_VMO_CHILD_SLICE, PAGE, PAGE, &smaller));
    assert_ok(zx_handle_replace(smaller, ZX_RIGHT_READ | ZX_RIGHT_TRANSFER, &smaller));
    smaller = travel(smaller);
    assert_int_equal(fcntl(sysmem_handle_fd(smaller), F_GETFL) & O_ACCMODE, O_RDONLY);
    assert_ok(zx_vmo_read(smaller, text, 0, 2));
    assert_string_equal(text, "cb");
    const zx_handle_t all[] = {vmo, part, smaller};
    assert_ok(zx_handle_close_many(all, 3));
}

static void windows_and_forms_are_judged(void **state)
{
    (void)state;
    const struct {
        struct form form;
        zx_status_t status;
    } rows[] = {
        {{.type = 3, .flags = FORM_WINDOW, .window_size = 3 * PAGE},                    ZX_ERR_INVALID_ARGS },
        {{.type = 3,
          .flags = FORM_WINDOW,
          .window_offset = UINT64_MAX - PAGE + 1,
          .window_size = 2 * PAGE},
         ZX_ERR_INVALID_ARGS                                                                                },
        {{.type = 3, .flags = FORM_WINDOW, .window_offset = 1, .window_size = PAGE},
         ZX_ERR_INVALID_ARGS                                                                                },
        {{.type = 3, .flags = FORM_WINDOW, .window_size = 1},                           ZX_ERR_INVALID_ARGS },
        {{.type = 3, .flags = 16},                                                      ZX_ERR_INVALID_ARGS },
        {{.type = 3, .flags = FORM_WINDOW | FORM_DISCARDABLE, .window_size = PAGE},
         ZX_ERR_INVALID_ARGS                                                                                },
        {{.type = 4},                                                                   ZX_ERR_WRONG_TYPE   },
        {{.type = 5},                                                                   ZX_ERR_WRONG_TYPE   },
        {{.type = 6},                                                                   ZX_ERR_NOT_SUPPORTED},
        {{.type = 3, .flags = FORM_WINDOW, .window_offset = PAGE, .window_size = PAGE}, ZX_OK               },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned char form[SYSMEM_HANDLE_FORM_BYTES];
        unsigned char ignored[SYSMEM_HANDLE_FORM_BYTES];
        int fd = -1;
        zx_handle_t out = ZX_HANDLE_INVALID;
        assert_ok(sysmem_handle_into_form(new_vmo(2 * PAGE, 0), ignored, &fd));
        form_write(&rows[i].form, form);
        assert_status(sysmem_handle_from_form(fd, form, &out), rows[i].status);
        assert_ok(zx_handle_close(out));
        assert_int_equal(fcntl(fd, F_GETFD), -1); /* taken in every case */
    }
    unsigned char form[SYSMEM_HANDLE_FORM_BYTES] = {2}; /* another version */
    zx_handle_t out;
    assert_status(sysmem_handle_from_form(-1, form, &out), ZX_ERR_NOT_SUPPORTED);
}

/* A byte of a form that nobody knows the meaning of: the version first, then flags and reserves. */
static void forms_of_the_future_are_refused(void **state)
{
    (void)state;
    const struct {
        size_t at;
        unsigned char byte;
        zx_status_t status;
    } rows[] = {
        {0,  2,    ZX_ERR_NOT_SUPPORTED},
        {1,  1,    ZX_ERR_NOT_SUPPORTED},
        {2,  16,   ZX_ERR_INVALID_ARGS },
        {3,  0x80, ZX_ERR_INVALID_ARGS },
        {56, 1,    ZX_ERR_INVALID_ARGS },
        {63, 1,    ZX_ERR_INVALID_ARGS },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned char form[SYSMEM_HANDLE_FORM_BYTES];
        int fd = -1;
        zx_handle_t out = 77;
        assert_ok(sysmem_handle_into_form(new_vmo(PAGE, 0), form, &fd));
        form[rows[i].at] = rows[i].byte;
        if (rows[i].status == ZX_ERR_NOT_SUPPORTED) {
            form[3] = 0x80; /* which another version may have a use for */
        }
        assert_status(sysmem_handle_from_form(fd, form, &out), rows[i].status);
        assert_int_equal(out, 77);
        assert_int_equal(fcntl(fd, F_GETFD), -1);
    }
}

/* Who maps it and asks for memory that does not shrink would get some that does. */
static void a_part_of_a_file_that_can_shrink_is_refused(void **state)
{
    (void)state;
    const int seals[] = {0, F_SEAL_GROW, F_SEAL_SHRINK, F_SEAL_GROW | F_SEAL_SHRINK};
    const struct form part = {.type = ZX_OBJ_TYPE_VMO, .flags = FORM_WINDOW, .window_size = PAGE};
    for (size_t i = 0; i < 4; i++) {
        unsigned char form[SYSMEM_HANDLE_FORM_BYTES];
        zx_handle_t out = ZX_HANDLE_INVALID;
        int fd = memfd_create("shrinks", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        assert_int_equal(ftruncate(fd, (off_t)PAGE), 0);
        assert_int_equal(fcntl(fd, F_ADD_SEALS, seals[i]), 0);
        form_write(&part, form);
        assert_status(sysmem_handle_from_form(fd, form, &out), i < 3 ? ZX_ERR_INVALID_ARGS : ZX_OK);
        assert_ok(zx_handle_close(out));
    }
}

/* The other process: echoes each message on the end that it was given, signals, and ends when the
 * end is closed. It was made before this process used the library. */
static void echo(int socket)
{
    unsigned char form[SYSMEM_HANDLE_FORM_BYTES];
    zx_handle_t end = ZX_HANDLE_INVALID;
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {.iov_base = form, .iov_len = sizeof(form)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    int fd = -1;
    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(form)) {
        _exit(2);
    }
    memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
    if (sysmem_handle_from_form(fd, form, &end) != ZX_OK) {
        _exit(3);
    }
    for (;;) {
        char bytes[64];
        zx_handle_t handles[4];
        uint32_t len = 0;
        uint32_t count = 0;
        zx_status_t status = zx_channel_read(end, 0, bytes, handles, 64, 4, &len, &count);
        if (status == ZX_ERR_SHOULD_WAIT) {
            status = zx_object_wait_one(end, ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
                                        ZX_TIME_INFINITE, NULL);
        } else if (status == ZX_OK) {
            status = zx_channel_write(end, 0, bytes, len, handles, count);
            (void)zx_object_signal_peer(end, 0, ZX_USER_SIGNAL_5);
        }
        if (status != ZX_OK) {
            _exit(status == ZX_ERR_PEER_CLOSED ? 0 : 4);
        }
    }
}

static int to_child = -1;
static pid_t child = -1;

static void another_process_echoes(void **state)
{
    (void)state;
    zx_handle_t ends[2];
    unsigned char form[SYSMEM_HANDLE_FORM_BYTES];
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {
        {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}
    };
    int fd = -1;
    new_channel(IN_MEMORY, ends);
    write_text(ends[0], "early");
    assert_ok(sysmem_handle_into_form(ends[1], form, &fd));
    memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
    struct iovec part = {.iov_base = form, .iov_len = sizeof(form)};
    const struct msghdr message = {.msg_iov = &part,
                                   .msg_iovlen = 1,
                                   .msg_control = &control,
                                   .msg_controllen = sizeof(control)};
    assert_int_equal(sendmsg(to_child, &message, 0), sizeof(form));
    assert_int_equal(close(fd), 0);
    wait_for(ends[0], ZX_CHANNEL_READABLE);
    expect_text(ends[0], "early");
    wait_for(ends[0], ZX_USER_SIGNAL_5);

    zx_handle_t pair[2];
    zx_handle_t back = ZX_HANDLE_INVALID;
    zx_koid_t koid;
    assert_ok(zx_eventpair_create(0, &pair[0], &pair[1]));
    koid = basic_of(pair[0]).koid;
    uint32_t txid = 0;
    uint32_t len = 0;
    uint32_t count = 0;
    const zx_channel_call_args_t args = {.wr_bytes = &txid,
                                         .wr_handles = pair,
                                         .rd_bytes = &txid,
                                         .rd_handles = &back,
                                         .wr_num_bytes = 4,
                                         .wr_num_handles = 1,
                                         .rd_num_bytes = 4,
                                         .rd_num_handles = 1};
    assert_ok(zx_channel_call(ends[0], 0, zx_deadline_after(ZX_SEC(60)), &args, &len, &count));
    assert_int_equal(count, 1);
    assert_int_equal(basic_of(back).koid, koid);
    assert_int_equal(basic_of(back).related_koid, basic_of(pair[1]).koid);
    assert_ok(zx_handle_close(back));
    wait_for(pair[1], ZX_EVENTPAIR_PEER_CLOSED);
    assert_ok(zx_handle_close(pair[1]));
    assert_ok(zx_handle_close(ends[0]));
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) {
        return 1;
    }
    child = fork();
    if (child == 0) {
        (void)close(sockets[0]);
        echo(sockets[1]);
    }
    (void)close(sockets[1]);
    to_child = sockets[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unread_messages_go_along),
        cmocka_unit_test(the_last_words_of_a_closed_end_go_along),
        cmocka_unit_test(ends_within_messages_of_ends_go_along),
        cmocka_unit_test(what_cannot_leave_keeps_the_end_here),
        cmocka_unit_test(ends_leave_so_many_deep),
        cmocka_unit_test(what_was_left_leaves_if_it_is_little),
        cmocka_unit_test(a_pair_within_itself_stays),
        cmocka_unit_test(what_waits_to_be_sent_is_sent_when_its_end_has_left),
        cmocka_unit_test(an_end_that_leaves_takes_nothing_from_its_socket),
        cmocka_unit_test(an_observed_end_leaves_in_a_message),
        cmocka_unit_test(an_end_stays_when_a_port_could_not_be_served),
        cmocka_unit_test(signals_travel_as_a_copy),
        cmocka_unit_test(a_part_travels_with_its_window),
        cmocka_unit_test(windows_and_forms_are_judged),
        cmocka_unit_test(forms_of_the_future_are_refused),
        cmocka_unit_test(a_part_of_a_file_that_can_shrink_is_refused),
        cmocka_unit_test(another_process_echoes),
    };
    return RUN_ZX_TESTS(tests);
}
