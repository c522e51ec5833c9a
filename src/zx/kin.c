#include "zx/kin.h"

/* Above the locks of objects: signals change with the counts. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void kin_init(struct kin *kin, struct object *object)
{
    kin->object = object;
    kin->parent = NULL;
    list_init(&kin->siblings);
    list_init(&kin->children);
    kin->child_count = 0;
}

static void link_child(struct kin *parent, struct kin *child)
{
    child->parent = parent;
    if (parent != NULL) {
        list_append(&parent->children, &child->siblings);
        parent->child_count++;
    }
}

static void unlink_child(struct kin *child)
{
    list_remove(&child->siblings);
    if (child->parent != NULL) {
        child->parent->child_count--;
    }
}

void kin_adopt(struct kin *parent, struct kin *child)
{
    (void)pthread_mutex_lock(&lock);
    link_child(parent, child);
    object_update_signals(parent->object, ZX_VMO_ZERO_CHILDREN, 0);
    (void)pthread_mutex_unlock(&lock);
}

void kin_leave(struct kin *kin)
{
    (void)pthread_mutex_lock(&lock);
    struct kin *parent = kin->parent;
    list_for_each_safe (it, next, &kin->children) {
        struct kin *child = container_of(it, struct kin, siblings);
        unlink_child(child);
        link_child(parent, child);
    }
    unlink_child(kin);
    if (parent != NULL && parent->child_count == 0) {
        object_update_signals(parent->object, 0, ZX_VMO_ZERO_CHILDREN);
    }
    (void)pthread_mutex_unlock(&lock);
}

void kin_get(const struct kin *kin, zx_koid_t *ret_parent, size_t *ret_children)
{
    (void)pthread_mutex_lock(&lock);
    *ret_parent = kin->parent == NULL ? ZX_KOID_INVALID : kin->parent->object->koid;
    *ret_children = kin->child_count;
    (void)pthread_mutex_unlock(&lock);
}
