/* Which buffer a file is: the files of all live buffers of a daemon by the kernel's numbers for
 * them. A buffer keeps its file open while it is in here, so that its number means no other file.
 * Only this module includes this. One thread uses an index. */
#ifndef BUFFER_FILE_INDEX_H
#define BUFFER_FILE_INDEX_H

#include <stdint.h>

#include "base/map.h"

/* Embedded in whatever has the file. */
struct file_index_item {
    uint64_t device;
    uint64_t number; /* 0: in no index */
    struct file_index_item
        *next; /* of the same number: file systems number their files themselves */
};

struct file_index {
    struct map by_number; /* the first item of each chain */
};

/* A zeroed index and a zeroed item are empty. */

/* Adds the file of `fd` for an item that is in no index. 0; -ENOMEM; another -errno. */
int file_index_add(struct file_index *index, struct file_index_item *item, int fd);

/* Harmless when the item is in no index. */
void file_index_remove(struct file_index *index, struct file_index_item *item);

/* The item of the file that a descriptor of any kind refers to, or NULL. Only what is
 * memory is ever found; of others no file system is asked anything. */
struct file_index_item *file_index_find(const struct file_index *index, int fd);

/* Forgets all items. */
void file_index_deinit(struct file_index *index);

#endif
