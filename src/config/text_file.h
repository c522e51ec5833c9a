/* A whole text, from a descriptor into memory. */
#ifndef CONFIG_TEXT_FILE_H
#define CONFIG_TEXT_FILE_H

#include <stddef.h>

#define TEXT_FILE_MAX ((size_t)64 << 20) /* bytes */

/* Reads to the end. The caller frees *ret_text, which is NUL-terminated. 0, -EFBIG: more than
 * TEXT_FILE_MAX, or another -errno. */
int text_file_read(int fd, char **ret_text, size_t *ret_len);

/* The same with the file of a path. */
int text_file_read_path(const char *path, char **ret_text, size_t *ret_len);

#endif
