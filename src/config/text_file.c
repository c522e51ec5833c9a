#include "config/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"

/* Room for at least one more byte and the NUL. */
static int make_room(char **text, size_t *size, size_t len)
{
    if (len + 2 <= *size) {
        return 0;
    }
    size_t bigger = *size == 0 ? 4096 : *size * 2;
    char *moved = realloc(*text, bigger);
    if (moved == NULL) {
        return -ENOMEM;
    }
    *text = moved;
    *size = bigger;
    return 0;
}

int text_file_read(int fd, char **ret_text, size_t *ret_len)
{
    char *text = NULL;
    size_t size = 0;
    size_t len = 0;
    for (;;) {
        int r = len > TEXT_FILE_MAX ? -EFBIG : make_room(&text, &size, len);
        ssize_t n = r < 0 ? -1 : read(fd, text + len, size - len - 1);
        if (n < 0 && r == 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            r = r < 0 ? r : -errno;
            free(text);
            return r;
        }
        if (n == 0) {
            text[len] = '\0';
            *ret_text = text;
            *ret_len = len;
            return 0;
        }
        len += (size_t)n;
    }
}

int text_file_read_path(const char *path, char **ret_text, size_t *ret_len)
{
    FD_CLEANUP int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : text_file_read(fd, ret_text, ret_len);
}
