#include "buffer/file_index.h"

#include <assert.h>
#include <errno.h>
#include <sys/stat.h>

#include "os/memory_kind.h"

int file_index_add(struct file_index *index, struct file_index_item *item, int fd)
{
    assert(item->number == 0);
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return -errno;
    }
    struct file_index_item *next = map_get(&index->by_number, st.st_ino);
    if (!map_put(&index->by_number, st.st_ino, item)) {
        return -ENOMEM;
    }
    *item = (struct file_index_item){.device = st.st_dev, .number = st.st_ino, .next = next};
    return 0;
}

static void replace_first(struct file_index *index, struct file_index_item *first)
{
    struct file_index_item *next = first->next;
    (void)map_take(&index->by_number, first->number);
    if (next != NULL) {
        bool put = map_put(&index->by_number, next->number, next);
        assert(put); /* there is room: one has just been taken out */
        (void)put;
    }
}

void file_index_remove(struct file_index *index, struct file_index_item *item)
{
    if (item->number == 0) {
        return;
    }
    struct file_index_item *at = map_get(&index->by_number, item->number);
    if (at == item) {
        replace_first(index, item);
    } else {
        while (at->next != item) {
            at = at->next;
        }
        at->next = item->next;
    }
    *item = (struct file_index_item){0};
}

struct file_index_item *file_index_find(const struct file_index *index, int fd)
{
    struct stat st;
    if (!memory_kind_is_known(fd) || fstat(fd, &st) != 0) {
        return NULL;
    }
    struct file_index_item *item = map_get(&index->by_number, st.st_ino);
    while (item != NULL && item->device != st.st_dev) {
        item = item->next;
    }
    return item;
}

void file_index_deinit(struct file_index *index)
{
    map_deinit(&index->by_number);
}
