/* `sysmemctl exec` with VMOs of other memory than plain files: what works does, and what does not
 * says so by name. The test plays the session that sends them; there is no daemon. */
#include <poll.h>
#include <pthread.h>

#include "../unit/zx/memory_test.h"

#include "../support/huge_pages.h"
#include "cli/transfer.h"
#include "program.h"
#include "zx/transfer.h"

#include <string.h>
#include <sys/socket.h>

static char directory[] = "/tmp/memory-kinds-XXXXXX";

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) == NULL ? -1 : 0;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

/* A session: what it is asked, with "@" for the directory, and what came of it. */
struct session {
    const char *input;
    struct program_result result;
    pthread_t thread;
};

static void *run(void *arg)
{
    struct session *session = arg;
    const char *argv[] = {SYSMEMCTL_PATH, "exec", NULL};
    char input[2048];
    size_t len = 0;
    for (const char *at = session->input; *at != '\0' && len < sizeof(input) - 64; at++) {
        if (*at == '@') {
            len += (size_t)snprintf(input + len, sizeof(input) - len, "%s", directory);
        } else {
            input[len++] = *at;
        }
    }
    input[len] = '\0';
    session->result = program_run(argv, input);
    return NULL;
}

static void start(struct session *session, const char *input)
{
    session->input = input;
    assert_int_equal(pthread_create(&session->thread, NULL, run, session), 0);
}

/* Each of its replies contains the text that is in the list, in order. */
static void finish(struct session *session, const char *const *replies, size_t count)
{
    assert_int_equal(pthread_join(session->thread, NULL), 0);
    char *rest = session->result.output;
    for (size_t i = 0; i < count; i++) {
        char *line = strsep(&rest, "\n");
        assert_non_null(line);
        if (strstr(line, replies[i]) == NULL) {
            fail_msg("reply %zu: wanted %s, got %s", i, replies[i], line);
        }
    }
    assert_string_equal(rest, "");
    program_result_deinit(&session->result);
}

/* Sends the end of a channel in which a VMO waits. */
static void send_vmo(zx_handle_t vmo, const char *name)
{
    char path[64];
    char header[256];
    zx_handle_t ends[2];
    struct sysmem_handle_info info = {0};
    int fd = -1;
    assert_ok(zx_channel_create(0, &ends[0], &ends[1]));
    assert_ok(zx_channel_write(ends[0], 0, NULL, 0, &vmo, 1));
    assert_ok(zx_handle_close(ends[0]));
    assert_ok(sysmem_handle_into_fd(ends[1], &info, &fd));
    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    (void)snprintf(header, sizeof(header),
                   "{\"type\":%u,\"rights\":%u,\"koid\":\"0\",\"related_koid\":\"0\","
                   "\"in_message\":true}",
                   info.type, info.rights);
    assert_int_equal(transfer_send(path, header, fd, zx_deadline_after(ZX_SEC(60))), 0);
    assert_int_equal(close(fd), 0);
}

static const char all_calls[] =
    "{\"do\":\"receive\",\"path\":\"@/v\",\"as\":\"V\"}\n"
    "{\"do\":\"info\",\"h\":\"V\"}\n"
    "{\"do\":\"vmo_write\",\"h\":\"V\",\"offset\":4095,\"data\":\"beef\"}\n"
    "{\"do\":\"vmo_read\",\"h\":\"V\",\"offset\":4095,\"length\":2}\n"
    "{\"do\":\"map\",\"h\":\"V\",\"length\":8192,\"perms\":[\"READ\",\"WRITE\"],\"as\":\"M\"}\n"
    "{\"do\":\"map_read\",\"m\":\"M\",\"offset\":4095,\"length\":2}\n"
    "{\"do\":\"map_write\",\"m\":\"M\",\"offset\":4096,\"data\":\"c0\"}\n"
    "{\"do\":\"unmap\",\"m\":\"M\"}\n"
    "{\"do\":\"vmo_read\",\"h\":\"V\",\"offset\":4095,\"length\":2}\n"
    "{\"do\":\"vmo_create_child\",\"h\":\"V\",\"options\":[\"SNAPSHOT\"],\"size\":4096,"
    "\"as\":\"S\"}\n";

static void opaque_memory_answers_by_name(void **state)
{
    (void)state;
    const char *const replies[] = {"\"ok\"",
                                   "\"size_bytes\":\"8192\"",
                                   "ZX_ERR_BAD_STATE",
                                   "ZX_ERR_BAD_STATE",
                                   "ZX_ERR_ACCESS_DENIED",
                                   "\"usage\"", /* there is no mapping */
                                   "\"usage\"",
                                   "\"usage\"",
                                   "ZX_ERR_BAD_STATE",
                                   "ZX_ERR_NOT_SUPPORTED"};
    struct session session;
    start(&session, all_calls);
    send_vmo(vmo_of_fd(new_opaque_fd(2 * PAGE)), "v");
    finish(&session, replies, sizeof(replies) / sizeof(replies[0]));
}

/* What memory that can be mapped answers. */
static void assert_works(zx_handle_t vmo, const char *size)
{
    const char *const replies[] = {"\"ok\"",
                                   size,
                                   "\"ok\"",
                                   "\"data\":\"beef\"",
                                   "\"ok\"",
                                   "\"data\":\"beef\"",
                                   "\"ok\"",
                                   "\"ok\"",
                                   "\"data\":\"bec0\"",
                                   "ZX_ERR_NOT_SUPPORTED"};
    struct session session;
    start(&session, all_calls);
    send_vmo(vmo, "v");
    finish(&session, replies, sizeof(replies) / sizeof(replies[0]));
}

static void need_secret_memory(void)
{
    if (!has_secret_memory()) {
        print_message("skipped: no memfd_secret here\n");
        skip();
    }
}

static void secret_memory_works(void **state)
{
    (void)state;
    need_secret_memory();
    assert_works(vmo_of_fd(new_secret_fd(2 * PAGE)), "\"size_bytes\":\"8192\"");
}

static void huge_pages_work(void **state)
{
    (void)state;
    struct huge_pages pages;
    huge_pages_begin(&pages);
    assert_true(huge_pages_set(1));
    int fd = memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB | (21U << 26)); /* of 2 MiB */
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)HUGE_PAGE_BYTES), 0);
    assert_works(vmo_of_fd(fd), "\"size_bytes\":\"2097152\"");
    huge_pages_end(&pages);
}

static bool is_gone(int end, int timeout)
{
    struct pollfd item = {.fd = end};
    return poll(&item, 1, timeout) == 1 && (item.revents & POLLHUP) != 0;
}

/* From here to one session, from there to another, as long as that has it. */
static void a_companion_goes_from_session_to_session(void **state)
{
    (void)state;
    need_secret_memory();
    const struct sysmem_handle_info info = {.type = ZX_OBJ_TYPE_VMO,
                                            .rights = ZX_DEFAULT_VMO_RIGHTS};
    const char *const passed[] = {"\"ok\"", "\"ok\""};
    const char *const kept[] = {"\"ok\"", "\"data\":\"2a\"", "\"ok\""};
    struct session first;
    struct session second;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    zx_handle_t vmo = 0;
    assert_ok(transfer_from_believed_fds(
        (struct transfer_fds){.fd = new_secret_fd(PAGE), .companion = pair[0]}, &info, &vmo));
    put_byte(vmo, 5, 42);
    start(&second, "{\"do\":\"receive\",\"path\":\"@/b\",\"as\":\"V\"}\n"
                   "{\"do\":\"vmo_read\",\"h\":\"V\",\"offset\":5,\"length\":1}\n"
                   "{\"do\":\"receive\",\"path\":\"@/end\",\"as\":\"E\"}\n");
    start(&first, "{\"do\":\"receive\",\"path\":\"@/a\",\"as\":\"V\"}\n"
                  "{\"do\":\"send\",\"h\":\"V\",\"path\":\"@/b\"}\n");
    send_vmo(vmo, "a");
    finish(&first, passed, 2);
    assert_false(is_gone(pair[1], 0));
    send_vmo(new_vmo(PAGE, 0), "end");
    finish(&second, kept, 3);
    assert_true(is_gone(pair[1], 60000));
    assert_int_equal(close(pair[1]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opaque_memory_answers_by_name),
        cmocka_unit_test(secret_memory_works),
        cmocka_unit_test(huge_pages_work),
        cmocka_unit_test(a_companion_goes_from_session_to_session),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
