#include "os/socket_name.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "os/random.h"

#define PREFIX     "sysmem/"
#define PREFIX_LEN (sizeof(PREFIX) - 1)
#define HEX_LEN    16 /* digits of a 64-bit number */

int socket_koid(int fd, uint64_t *ret_koid)
{
    uint64_t koid = 0;
    socklen_t len = sizeof(koid);
    if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &koid, &len) < 0) {
        return -errno;
    }
    *ret_koid = koid;
    return 0;
}

static bool has_option(int fd, int option, int wanted)
{
    int value = 0;
    socklen_t len = sizeof(value);
    errno = 0;
    return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 && value == wanted;
}

bool socket_is_channel_end(int fd)
{
    return has_option(fd, SO_TYPE, SOCK_SEQPACKET) && has_option(fd, SO_DOMAIN, AF_UNIX);
}

static char *put_hex(char *to, uint64_t value)
{
    for (size_t i = 0; i < HEX_LEN; i++) {
        to[i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
    }
    return to + HEX_LEN;
}

void socket_name_format(const struct socket_name *name, char ret_text[SOCKET_NAME_TEXT_LEN + 1])
{
    memcpy(ret_text, PREFIX, PREFIX_LEN);
    char *end = put_hex(ret_text + PREFIX_LEN, name->koid);
    *end++ = '/';
    end = put_hex(end, name->random[0]);
    end = put_hex(end, name->random[1]);
    *end = '\0';
}

static bool parse_hex(const char *text, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (size_t i = 0; i < HEX_LEN; i++) {
        unsigned digit;
        if (text[i] >= '0' && text[i] <= '9') {
            digit = (unsigned)(text[i] - '0');
        } else if (text[i] >= 'a' && text[i] <= 'f') {
            digit = (unsigned)(text[i] - 'a') + 10;
        } else {
            return false;
        }
        value = value << 4 | digit;
    }
    *ret_value = value;
    return true;
}

bool socket_name_parse(const char *text, size_t len, struct socket_name *ret_name)
{
    const char *koid = text + PREFIX_LEN;
    const char *random = koid + HEX_LEN + 1;
    struct socket_name name;
    if (len != SOCKET_NAME_TEXT_LEN || memcmp(text, PREFIX, PREFIX_LEN) != 0 ||
        koid[HEX_LEN] != '/' || !parse_hex(koid, &name.koid) ||
        !parse_hex(random, &name.random[0]) || !parse_hex(random + HEX_LEN, &name.random[1])) {
        return false;
    }
    *ret_name = name;
    return true;
}

bool socket_name_equal(const struct socket_name *a, const struct socket_name *b)
{
    return a->koid == b->koid && a->random[0] == b->random[0] && a->random[1] == b->random[1];
}

int socket_name_bind(int fd, struct socket_name *ret_name)
{
    struct socket_name name;
    /* Before bind(): other families take their socket's lock first, and whoever holds that holds
     * the caller up. */
    if (!socket_is_channel_end(fd)) {
        return SOCKET_NAME_FOREIGN;
    }
    int r = socket_koid(fd, &name.koid);
    if (r < 0) {
        return r;
    }
    if (!random_fill(name.random, sizeof(name.random))) {
        return -EAGAIN;
    }
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socket_name_format(&name, address.sun_path + 1);
    socklen_t len = offsetof(struct sockaddr_un, sun_path) + 1 + SOCKET_NAME_TEXT_LEN;
    if (bind(fd, (const struct sockaddr *)&address, len) < 0) {
        return errno == EINVAL ? SOCKET_NAME_TAKEN : -errno;
    }
    *ret_name = name;
    return SOCKET_NAME_OK;
}

int socket_name_of_peer(int fd, struct socket_name *ret_name)
{
    struct sockaddr_storage storage = {0};
    socklen_t len = sizeof(storage);
    if (!has_option(fd, SO_DOMAIN, AF_UNIX)) { /* TCP's getpeername() waits for the socket's lock */
        return errno == EBADF ? -EBADF : SOCKET_NAME_FOREIGN;
    }
    if (getpeername(fd, (struct sockaddr *)&storage, &len) < 0) {
        bool foreign = errno == ENOTSOCK || errno == ENOTCONN || errno == EOPNOTSUPP;
        return foreign ? SOCKET_NAME_FOREIGN : -errno;
    }
    struct sockaddr_un address;
    memcpy(&address, &storage, sizeof(address));
    size_t head = offsetof(struct sockaddr_un, sun_path) + 1;
    if (address.sun_family != AF_UNIX || len < head || address.sun_path[0] != '\0' ||
        !socket_name_parse(address.sun_path + 1, len - head, ret_name)) {
        return SOCKET_NAME_FOREIGN;
    }
    return SOCKET_NAME_OK;
}

bool socket_peer_is_named(int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    return getpeername(fd, (struct sockaddr *)&address, &len) == 0 && len > sizeof(sa_family_t);
}
