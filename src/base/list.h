/* Intrusive doubly linked lists. A list head and a link are the same struct; a link that is in no
 * list points at itself, so that unlinking twice is harmless. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *prev;
};

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* NOLINTBEGIN(bugprone-macro-parentheses): `it` is a name that is declared, not an expression */
#define list_for_each(it, head) for (struct list *it = (head)->next; it != (head); it = it->next)

/* As list_for_each, but the current link may be taken out while walking. */
#define list_for_each_safe(it, next_it, head)                                                      \
    for (struct list *it = (head)->next, *next_it = it->next; it != (head);                        \
         it = next_it, next_it = it->next)
/* NOLINTEND(bugprone-macro-parentheses) */

static inline void list_init(struct list *l)
{
    l->next = l;
    l->prev = l;
}

static inline bool list_is_empty(const struct list *l)
{
    return l->next == l;
}

static inline void list_append(struct list *head, struct list *link)
{
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

static inline void list_remove(struct list *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    list_init(link);
}

/* Moves all links of one list to the end of another. */
static inline void list_move_all(struct list *to, struct list *from)
{
    while (!list_is_empty(from)) {
        struct list *link = from->next;
        list_remove(link);
        list_append(to, link);
    }
}

#endif
