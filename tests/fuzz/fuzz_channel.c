/* Packets that a stranger sends over a channel's socket: the channel gives messages within its
 * limits or ends, and leaves no descriptor open.
 *
 * Input: a byte, whether it is an eventpair; then packets: a byte, how many descriptors; three
 * bytes, the packet's length; a byte, how many of its bytes follow; those. The rest is zeros. */
#include "fuzz.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sysmem/handle.h>
#include <zircon/syscalls.h>

#define MAX_PACKET ((size_t)96 * 1024)
#define MAX_FDS    140
#define WATCHED    1024

/* Descriptors of which some are open for good, and the others only during a run. */
struct watched {
    int first;
    bool is_open[WATCHED];
};

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void watch_descriptors(struct watched *watched)
{
    watched->first = open("/dev/null", O_RDONLY | O_CLOEXEC);
    EXPECT(watched->first >= 0);
    (void)close(watched->first);
    for (int i = 0; i < WATCHED; i++) {
        watched->is_open[i] = is_open(watched->first + i);
    }
}

/* Threads of the library close what a stranger has sent: that takes them a moment, but if it takes
 * seconds something stays open. */
static void expect_closed(const struct watched *watched)
{
    int patience = 10000;
    for (int i = 0; i < WATCHED; i++) {
        while (!watched->is_open[i] && is_open(watched->first + i) && patience-- > 0) {
            (void)poll(NULL, 0, 1);
        }
    }
    EXPECT(patience > 0);
}

static void send_next(int stranger, const int gifts[2], struct fuzz_input *input)
{
    static unsigned char bytes[MAX_PACKET];
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
    } control = {0};
    size_t fd_count = (size_t)fuzz_integer(input, 1) % (MAX_FDS + 1);
    size_t len = (size_t)fuzz_integer(input, 3) % MAX_PACKET;
    size_t given;
    const uint8_t *head = fuzz_bytes(input, (size_t)fuzz_integer(input, 1), &given);
    memset(bytes, 0, len);
    if (given > 0) {
        memcpy(bytes, head, given < len ? given : len);
    }
    struct iovec part = {.iov_base = bytes, .iov_len = len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd_count > 0) {
        int fds[MAX_FDS];
        for (size_t i = 0; i < fd_count; i++) {
            fds[i] = gifts[i % 2];
        }
        control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(fd_count * sizeof(int)),
                                          .cmsg_level = SOL_SOCKET,
                                          .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), fds, fd_count * sizeof(int));
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
    }
    (void)sendmsg(stranger, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Reads what is there. False: the channel has ended. */
static bool read_all(zx_handle_t end)
{
    static unsigned char bytes[ZX_CHANNEL_MAX_MSG_BYTES];
    zx_handle_info_t handles[ZX_CHANNEL_MAX_MSG_HANDLES];
    zx_status_t status;
    do {
        uint32_t len = 0;
        uint32_t count = 0;
        (void)zx_object_wait_one(end, ZX_CHANNEL_READABLE, 0, NULL);
        status = zx_channel_read_etc(end, 0, bytes, handles, sizeof(bytes),
                                     ZX_CHANNEL_MAX_MSG_HANDLES, &len, &count);
        EXPECT(len <= sizeof(bytes) && count <= ZX_CHANNEL_MAX_MSG_HANDLES);
        for (uint32_t i = 0; i < count; i++) {
            uint64_t size = 0;
            char byte;
            (void)zx_vmo_get_size(handles[i].handle, &size);
            (void)zx_vmo_read(handles[i].handle, &byte, size, 1);
            EXPECT(zx_handle_close(handles[i].handle) == ZX_OK);
        }
    } while (status == ZX_OK || status == ZX_ERR_NO_RESOURCES);
    EXPECT(status == ZX_ERR_SHOULD_WAIT || status == ZX_ERR_PEER_CLOSED ||
           status == ZX_ERR_WRONG_TYPE);
    return status != ZX_ERR_PEER_CLOSED;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {.at = data, .left = size};
    struct watched watched;
    int sockets[2];
    watch_descriptors(&watched);
    EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) == 0);
    int gifts[2] = {memfd_create("gift", MFD_CLOEXEC | MFD_ALLOW_SEALING), sockets[0]};
    EXPECT(gifts[0] >= 0 && ftruncate(gifts[0], 8192) == 0);
    bool is_eventpair = fuzz_integer(&input, 1) % 2 != 0;
    const struct sysmem_handle_info info = {
        .type = is_eventpair ? ZX_OBJ_TYPE_EVENTPAIR : ZX_OBJ_TYPE_CHANNEL,
        .rights = is_eventpair ? ZX_DEFAULT_EVENTPAIR_RIGHTS : ZX_DEFAULT_CHANNEL_RIGHTS};
    zx_handle_t end = ZX_HANDLE_INVALID;
    EXPECT(sysmem_handle_from_fd(sockets[1], &info, &end) == ZX_OK);
    bool open = true;
    while (open && input.left > 0) {
        send_next(sockets[0], gifts, &input);
        open = read_all(end);
    }
    zx_signals_t active = 0;
    (void)zx_object_wait_one(end, 0, 0, &active);
    EXPECT((active & ~(ZX_USER_SIGNAL_ALL | 0xFU)) == 0);
    EXPECT(zx_handle_close(end) == ZX_OK);
    (void)close(gifts[0]);
    (void)close(sockets[0]);
    expect_closed(&watched);
    return 0;
}
