#include "zx/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "zx/form.h"
#include "zx/stray.h"
#include "zx/transfer.h"

/* The beginning of every frame. Both ends are on one machine: its own byte order. The first byte
 * is none with which the daemon's protocol begins a frame (docs/wire.md). */
struct header {
    uint8_t mark;
    uint8_t version;
    uint8_t kind;
    uint8_t reserved; /* 0 */
    uint32_t handle_count;
    uint32_t first;  /* bytes of the message; signals to clear */
    uint32_t second; /* 0; signals to set */
};

#define MARK         0x5A
#define VERSION      1
#define KIND_MESSAGE 1
#define KIND_SIGNALS 2

#define FORM         ((size_t)SYSMEM_HANDLE_FORM_BYTES)
#define MAX_HANDLES  ZX_CHANNEL_MAX_MSG_HANDLES

#ifndef SCM_PIDFD
#define SCM_PIDFD 0x04
#endif

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(FRAME_MAX_FDS * sizeof(int))];
};

/* With room for what nobody asked for: whoever has a duplicate of the socket can switch on that the
 * kernel adds credentials and more. It must not take the room of descriptors. */
union received_control {
    struct cmsghdr header;
    char bytes[sizeof(union control) + 512];
};

/* With room for each handle's descriptor and companion. */
static struct frame *frame_new(const struct header *header, size_t len)
{
    size_t fds_at = sizeof(struct frame) + sizeof(*header) + len;
    fds_at += -fds_at % sizeof(int);
    struct frame *frame = malloc(fds_at + (size_t)2 * header->handle_count * sizeof(int));
    if (frame == NULL) {
        return NULL;
    }
    frame->fds = (int *)(void *)((unsigned char *)frame + fds_at);
    list_init(&frame->link);
    frame->len = sizeof(*header) + len;
    frame->fd_count = 0;
    memcpy(frame->bytes, header, sizeof(*header));
    return frame;
}

void frame_free(struct frame *frame)
{
    for (size_t i = 0; frame != NULL && i < frame->fd_count; i++) {
        fd_close(&frame->fds[i]);
    }
    free(frame);
}

struct frame *frame_from_signals(zx_signals_t clear, zx_signals_t set)
{
    const struct header header = {
        .mark = MARK, .version = VERSION, .kind = KIND_SIGNALS, .first = clear, .second = set};
    return frame_new(&header, 0);
}

zx_status_t parcel_can_leave(const struct parcel *parcel)
{
    zx_status_t status = ZX_OK;
    for (uint32_t i = 0; status == ZX_OK && i < parcel->handle_count; i++) {
        status = transfer_check(parcel->handles[i].object);
    }
    return status;
}

/* A companion comes directly after its handle's descriptor. */
static zx_status_t add_handle(struct frame *frame, const struct loose_handle *loose,
                              unsigned char *ret_form)
{
    struct form form;
    struct transfer_fds fds = TRANSFER_NO_FDS;
    zx_status_t status = transfer_out(loose, &form, &fds);
    if (status != ZX_OK) {
        return status;
    }
    frame->fds[frame->fd_count++] = fds.fd;
    if (fds.companion >= 0) {
        frame->fds[frame->fd_count++] = fds.companion;
    }
    form_write(&form, ret_form);
    return ZX_OK;
}

zx_status_t frame_from_parcel(struct parcel *parcel, struct frame **ret_frame)
{
    const struct header header = {.mark = MARK,
                                  .version = VERSION,
                                  .kind = KIND_MESSAGE,
                                  .handle_count = parcel->handle_count,
                                  .first = parcel->len};
    size_t forms = parcel->handle_count * FORM;
    struct frame *frame = frame_new(&header, forms + parcel->len);
    zx_status_t status = frame == NULL ? ZX_ERR_NO_MEMORY : parcel_can_leave(parcel);
    if (status == ZX_OK && parcel->len > 0) {
        memcpy(frame->bytes + sizeof(header) + forms, parcel_bytes(parcel), parcel->len);
    }
    for (uint32_t i = 0; i < parcel->handle_count && status == ZX_OK; i++) {
        status = add_handle(frame, &parcel->handles[i], frame->bytes + sizeof(header) + i * FORM);
    }
    parcel_drop(parcel);
    if (status != ZX_OK) {
        frame_free(frame);
        return status;
    }
    *ret_frame = frame;
    return ZX_OK;
}

int frame_send(int fd, const struct frame *frame)
{
    union control control;
    struct iovec part = {.iov_base = (void *)(uintptr_t)frame->bytes, .iov_len = frame->len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    size_t fd_bytes = frame->fd_count * sizeof(int);
    if (frame->fd_count > 0) {
        memset(&control, 0, sizeof(control));
        control.header = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(fd_bytes), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), frame->fds, fd_bytes);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(fd_bytes);
    }
    ssize_t sent;
    do {
        sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

static enum frame_kind judge(const struct header *header, size_t len, size_t frame_len,
                             struct frame_head *ret_head)
{
    if (len < sizeof(*header) || header->mark != MARK || header->version != VERSION ||
        header->reserved != 0) {
        return FRAME_FOREIGN;
    }
    if (header->kind == KIND_SIGNALS && header->handle_count == 0 && frame_len == sizeof(*header)) {
        *ret_head = (struct frame_head){.clear = header->first, .set = header->second};
        return FRAME_SIGNALS;
    }
    if (header->kind == KIND_MESSAGE && header->second == 0 &&
        header->handle_count <= MAX_HANDLES && header->first <= ZX_CHANNEL_MAX_MSG_BYTES &&
        frame_len == sizeof(*header) + header->handle_count * FORM + header->first) {
        *ret_head = (struct frame_head){.len = header->first, .handle_count = header->handle_count};
        return FRAME_MESSAGE;
    }
    return FRAME_FOREIGN;
}

/* Whoever has a duplicate of the socket can have us look behind what there is, for ever. */
static bool looks_behind(int fd)
{
    int offset = -1;
    socklen_t len = sizeof(offset);
    return getsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &offset, &len) == 0 && offset >= 0;
}

enum frame_kind frame_peek(int fd, struct frame_head *ret_head)
{
    struct header header;
    ssize_t n;
    do { /* ECONNRESET: the other end closed with frames unread; what it sent comes next */
        n = recv(fd, &header, sizeof(header), MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
    } while (n < 0 && (errno == EINTR || errno == ECONNRESET));
    if (n <= 0) {
        bool is_empty = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        return is_empty && !looks_behind(fd) ? FRAME_NONE : FRAME_END;
    }
    size_t len = (size_t)n < sizeof(header) ? (size_t)n : sizeof(header);
    return judge(&header, len, (size_t)n, ret_head);
}

/* Descriptors that came with a frame. */
struct fd_list {
    size_t count;
    size_t taken; /* so many have been */
    int fds[FRAME_MAX_FDS];
};

/* The next one, or -1: there are no more. */
static int fd_list_take(struct fd_list *list)
{
    return list->taken < list->count ? fd_take(&list->fds[list->taken++]) : -1;
}

static void fd_list_close(struct fd_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        stray_close(&list->fds[i]);
    }
}

/* Takes the descriptors of one control message. False: there are too many. */
static bool take_some(const struct cmsghdr *control, struct fd_list *list)
{
    size_t here = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    bool fits = here <= FRAME_MAX_FDS - list->count;
    for (size_t i = 0; i < here; i++) {
        int fd;
        memcpy(&fd, CMSG_DATA(control) + i * sizeof(fd), sizeof(fd));
        if (fits) {
            list->fds[list->count++] = fd;
        } else {
            stray_close(&fd);
        }
    }
    return fits;
}

/* The descriptors of what was received. False: something else came along, or not all fitted. */
static bool take_fds(struct msghdr *message, struct fd_list *ret_list)
{
    bool sound = (message->msg_flags & (MSG_CTRUNC | MSG_TRUNC)) == 0;
    ret_list->count = 0;
    ret_list->taken = 0;
    for (struct cmsghdr *it = CMSG_FIRSTHDR(message); it != NULL; it = CMSG_NXTHDR(message, it)) {
        bool is_rights = it->cmsg_level == SOL_SOCKET && it->cmsg_type == SCM_RIGHTS;
        bool is_pidfd = it->cmsg_level == SOL_SOCKET && it->cmsg_type == SCM_PIDFD;
        bool taken = (is_rights || is_pidfd) && take_some(it, ret_list);
        sound = sound && is_rights && taken;
    }
    return sound;
}

/* -1 with errno. */
static ssize_t receive(int fd, struct msghdr *message, union received_control *control)
{
    ssize_t n;
    do {
        message->msg_control = control;
        message->msg_controllen = sizeof(*control);
        n = recvmsg(fd, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (n < 0 && (errno == EINTR || errno == ECONNRESET));
    return n;
}

bool frame_skip(int fd)
{
    char byte;
    struct iovec part = {.iov_base = &byte, .iov_len = sizeof(byte)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union received_control control;
    struct fd_list fds = {.count = 0};
    if (receive(fd, &message, &control) >= 0) { /* the kernel would close them here and now */
        (void)take_fds(&message, &fds);
        fd_list_close(&fds);
    }
    return fds.count == 0;
}

static zx_status_t open_handle(const unsigned char *bytes, struct fd_list *list,
                               struct loose_handle *ret_loose)
{
    struct form form;
    zx_status_t status = form_read(bytes, &form);
    if (status != ZX_OK) {
        return status;
    }
    struct transfer_fds fds = {.fd = fd_list_take(list), .companion = -1};
    if ((form.flags & FORM_COMPANION) != 0) {
        fds.companion = fd_list_take(list);
    }
    return transfer_in(fds, &form, ret_loose);
}

/* Makes the handles of `count` forms, which are to need all the descriptors. Takes these in every
 * case. */
static zx_status_t open_handles(struct parcel *parcel, const unsigned char *forms, size_t count,
                                struct fd_list *list)
{
    zx_status_t status = ZX_OK;
    for (size_t i = 0; i < count && status == ZX_OK; i++) {
        status = open_handle(forms + i * FORM, list, &parcel->handles[i]);
        parcel->handle_count += status == ZX_OK ? 1 : 0;
    }
    if (status == ZX_OK && list->taken < list->count) {
        status = ZX_ERR_INVALID_ARGS;
    }
    fd_list_close(list);
    bool lack = status == ZX_ERR_NO_MEMORY || status == ZX_ERR_NO_RESOURCES;
    return status == ZX_OK || lack ? status : ZX_ERR_INVALID_ARGS;
}

/* What came of receiving a frame that was expected to have this head. */
static zx_status_t judge_received(const struct frame_head *head, const struct header *header,
                                  size_t len)
{
    struct frame_head again;
    bool is_same = judge(header, len, len, &again) == FRAME_MESSAGE && again.len == head->len &&
                   again.handle_count == head->handle_count;
    return is_same ? ZX_OK : ZX_ERR_INVALID_ARGS;
}

/* Receives into a parcel that has room. */
static zx_status_t receive_into(int fd, const struct frame_head *head, struct parcel *parcel,
                                unsigned char *bytes)
{
    union received_control control;
    struct header header;
    unsigned char forms[MAX_HANDLES * FORM];
    struct iovec parts[] = {
        {.iov_base = &header, .iov_len = sizeof(header)           },
        {.iov_base = forms,   .iov_len = head->handle_count * FORM},
        {.iov_base = bytes,   .iov_len = head->len                }
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
    ssize_t n = receive(fd, &message, &control);
    if (n < 0) {
        return ZX_ERR_SHOULD_WAIT;
    }
    struct fd_list fds;
    zx_status_t status = ZX_ERR_INVALID_ARGS;
    if (take_fds(&message, &fds)) {
        status = judge_received(head, &header, (size_t)n);
    } else if ((message.msg_flags & MSG_CTRUNC) != 0) {
        status = ZX_ERR_NO_RESOURCES;
    }
    if (status != ZX_OK) {
        fd_list_close(&fds);
        return status;
    }
    return open_handles(parcel, forms, head->handle_count, &fds);
}

zx_status_t frame_receive(int fd, const struct frame_head *head, struct parcel **ret_parcel)
{
    unsigned char *bytes = NULL;
    struct parcel *parcel = parcel_new(head->len, head->handle_count, &bytes);
    if (parcel == NULL) {
        (void)frame_skip(fd); /* else whoever waits would be woken for it again and again */
        return ZX_ERR_NO_MEMORY;
    }
    zx_status_t status = receive_into(fd, head, parcel, bytes);
    if (status != ZX_OK) {
        parcel_drop(parcel);
        return status;
    }
    *ret_parcel = parcel;
    return ZX_OK;
}
