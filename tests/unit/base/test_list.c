#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"

struct thing {
    int number;
    struct list link;
};

static int digits_of(struct list *head)
{
    int digits = 0;
    list_for_each (it, head) {
        digits = digits * 10 + container_of(it, struct thing, link)->number;
    }
    return digits;
}

static void keeps_the_order(void **state)
{
    (void)state;
    struct list head;
    struct thing things[] = {{.number = 1}, {.number = 2}, {.number = 3}};
    list_init(&head);
    assert_true(list_is_empty(&head));
    for (int i = 0; i < 3; i++) {
        list_append(&head, &things[i].link);
    }
    assert_int_equal(digits_of(&head), 123);
    list_remove(&things[1].link);
    assert_int_equal(digits_of(&head), 13);
    list_append(&head, &things[1].link);
    assert_int_equal(digits_of(&head), 132);
}

static void removing_twice_is_harmless(void **state)
{
    (void)state;
    struct list head;
    struct thing things[] = {{.number = 1}, {.number = 2}};
    list_init(&head);
    list_append(&head, &things[0].link);
    list_append(&head, &things[1].link);
    list_remove(&things[0].link);
    list_remove(&things[0].link);
    assert_true(list_is_empty(&things[0].link));
    assert_int_equal(digits_of(&head), 2);
}

static void links_may_go_while_walking(void **state)
{
    (void)state;
    struct list head;
    struct thing things[4];
    list_init(&head);
    for (int i = 0; i < 4; i++) {
        things[i].number = i;
        list_append(&head, &things[i].link);
    }
    int seen = 0;
    list_for_each_safe (it, next, &head) {
        list_remove(it);
        seen++;
    }
    assert_int_equal(seen, 4);
    assert_true(list_is_empty(&head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_order),
        cmocka_unit_test(removing_twice_is_harmless),
        cmocka_unit_test(links_may_go_while_walking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
