/* Who holds handles of a buffer, as the kernel tells. */
#include <errno.h>

#include "fixture.h"

#define SIZE 4096

/* The holders of buffer 0, one for each handle; at most four. */
static size_t holders(struct fixture *f, bool weak, uint32_t ret[4])
{
    struct buffer_walk walk;
    size_t count = 0;
    int r = 0;
    buffer_walk_begin(&walk, f->set, 0, weak);
    for (uint32_t holder; (r = buffer_walk_next(&walk, &holder)) != 0;) {
        assert_true(r == 1 || r == -EAGAIN);
        if (r == 1) {
            assert_true(count < 4);
            ret[count++] = holder;
        }
    }
    return count;
}

static void each_handle_tells_whom_it_was_made_for(void **state)
{
    struct fixture *f = *state;
    uint32_t got[4];
    make_set(f, 2, SIZE);
    assert_int_equal(holders(f, false, got) + holders(f, true, got), 0);
    assert_false(buffer_set_gave_weak(f->set, 0));
    int strong[] = {open_handle_for(f, 9, false), open_handle_for(f, UINT32_MAX, false),
                    open_handle_for(f, 1, false), open_handle_for(f, 9, false)};
    int weak = open_handle_for(f, 2, true);
    int other = open_handle(f, 1, false, false); /* another buffer's */
    assert_int_equal(holders(f, false, got), 4);
    assert_true(got[0] == 1 && got[1] == 9 && got[2] == 9 && got[3] == UINT32_MAX);
    assert_int_equal(holders(f, true, got), 1);
    assert_int_equal(got[0], 2);
    assert_true(buffer_set_gave_weak(f->set, 0));
    assert_false(buffer_set_gave_weak(f->set, 1));
    int copy = fd_dup(strong[0]); /* as long as any descriptor of the handle is open */
    fd_close(&strong[0]);
    fd_close(&strong[1]);
    assert_int_equal(holders(f, false, got), 3);
    fd_close(&copy);
    assert_int_equal(holders(f, false, got), 2);
    fd_close(&strong[2]);
    fd_close(&strong[3]);
    fd_close(&weak);
    fd_close(&other);
    assert_int_equal(holders(f, false, got) + holders(f, true, got), 0);
}

static void nobody_holds_what_is_given_back(void **state)
{
    struct fixture *f = *state;
    uint32_t got[4];
    make_set(f, 1, SIZE);
    int handle = open_handle_for(f, 3, false);
    buffer_set_drop_strong(f->set);
    fd_close(&handle);
    look_until_all_freed(f);
    assert_int_equal(holders(f, false, got) + holders(f, true, got), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_handle_tells_whom_it_was_made_for, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_holds_what_is_given_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
