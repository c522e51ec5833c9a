/* Debug.GetAllocation: who got the buffers, and who holds each now. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sysmem/sysmem.h>

#include "debug_client.h"
#include "support/participant.h"

/* What all answers tell together. */
struct picture {
    size_t pages;
    size_t participants;
    size_t left;
    size_t hidden; /* names */
    size_t buffers;
    uint32_t strong; /* handles, of all buffers */
    uint32_t weak;
    size_t strong_holders;
    size_t unknown; /* holders that are */
    bool more;      /* of a buffer's handles */
};

static void add_handles(struct picture *picture, const struct model_debug_handles *handles,
                        uint32_t *count)
{
    uint32_t held = 0;
    *count += handles->count;
    picture->more = picture->more || handles->more;
    for (size_t i = 0; i < handles->holders_count; i++) {
        held += handles->holders[i].handles;
        picture->unknown += handles->holders[i].has.node ? 0 : 1;
    }
    assert_int_equal(held, handles->count);
}

static void add_page(struct picture *picture,
                     const struct model_debug_get_allocation_response *page)
{
    picture->pages++;
    picture->participants += page->participants_count;
    for (size_t i = 0; i < page->participants_count; i++) {
        const struct model_debug_participant *participant = &page->participants[i];
        picture->left += participant->left ? 1 : 0;
        picture->hidden += strncmp(participant->client_name, "uid ", 4) == 0 ? 1 : 0;
    }
    picture->buffers += page->buffers_count;
    for (size_t i = 0; i < page->buffers_count; i++) {
        add_handles(picture, &page->buffers[i].strong, &picture->strong);
        add_handles(picture, &page->buffers[i].weak, &picture->weak);
        picture->strong_holders += page->buffers[i].strong.holders_count;
    }
}

static struct picture look(struct channel *debug, uint64_t id)
{
    const struct model_method *get = model_method_by_name(MODEL_PROTOCOL_DEBUG, "GetAllocation");
    struct picture picture = {0};
    for (bool more = true; more;) {
        struct model_debug_get_allocation_request request = {0};
        struct channel_reply reply;
        SYSMEM_SET(&request, collection_id, id);
        SYSMEM_SET(&request, first, (uint32_t)picture.buffers);
        channel_call(debug, get, &request, soon(), &reply);
        assert_int_equal(reply.status, 0);
        const struct model_debug_get_allocation_response *page = reply.response;
        add_page(&picture, page);
        more = page->more;
        assert_true(!more || page->buffers_count > 0);
        channel_reply_clear(&reply);
    }
    return picture;
}

/* A daemon that is short of time counts less, and says so: then once more. */
static struct picture look_whole(struct channel *debug, uint64_t id)
{
    struct picture picture = look(debug, id);
    while (picture.more) {
        picture = look(debug, id);
    }
    return picture;
}

static uint64_t id_of(struct sysmem_collection *collection)
{
    uint64_t id = 0;
    assert_int_equal(
        sysmem_node_get_buffer_collection_id(sysmem_collection_node(collection), soon(), &id), 0);
    return id;
}

static struct sysmem_collection_info *wait_for(struct sysmem_collection *collection)
{
    struct sysmem_collection_info *info = NULL;
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info),
                     0);
    return info;
}

/* A strong participant and a weak, dispensable one, with two buffers. */
struct scene {
    struct daemon daemon;
    struct channel *debug;
    struct sysmem_allocator *allocator;
    struct sysmem_collection *strong;
    struct sysmem_collection *weak;
    uint64_t id;
};

static int begin(void **state)
{
    static struct scene scene;
    scene = (struct scene){0};
    assert_int_equal(daemon_start(&scene.daemon, NULL), 0);
    scene.debug = debug_open(&scene.daemon);
    scene.allocator = connect_to(&scene.daemon);
    struct sysmem_token *token = root_token(scene.allocator);
    assert_int_equal(sysmem_node_set_weak_ok(sysmem_token_node(token), true), 0);
    struct sysmem_token *other = duplicate(token);
    assert_int_equal(sysmem_node_set_weak(sysmem_token_node(other)), 0);
    assert_int_equal(sysmem_token_set_dispensable(other), 0);
    scene.weak = bind_token(scene.allocator, other);
    scene.strong = bind_token(scene.allocator, token);
    struct sysmem_buffer_collection_constraints wanted = cpu_constraints(1, 4096, 0);
    assert_int_equal(sysmem_collection_set_constraints(scene.strong, &wanted), 0);
    assert_int_equal(sysmem_collection_set_constraints(scene.weak, &wanted), 0);
    scene.id = id_of(scene.strong);
    *state = &scene;
    return 0;
}

static int end(void **state)
{
    struct scene *scene = *state;
    sysmem_collection_free(scene->weak);
    sysmem_collection_free(scene->strong);
    sysmem_allocator_free(scene->allocator);
    channel_free(scene->debug);
    assert_true(daemon_stop(&scene->daemon));
    return 0;
}

static void handles_are_counted_for_whom_they_were_made(void **state)
{
    struct scene *scene = *state;
    struct sysmem_collection_info *first = wait_for(scene->strong);
    struct sysmem_collection_info *again = wait_for(scene->strong);
    struct sysmem_collection_info *weak = wait_for(scene->weak);
    struct picture all = look_whole(scene->debug, scene->id);
    assert_true(all.participants == 2 && all.left == 0 && all.buffers == 2);
    assert_true(all.strong == 4 && all.strong_holders == 2 && all.weak == 2);
    assert_true(all.unknown == 0 && !all.more);
    sysmem_collection_info_free(first);
    zx_handle_t kept = sysmem_collection_info_take_vmo(weak, 1);
    sysmem_collection_info_free(weak);
    struct picture fewer = look_whole(scene->debug, scene->id);
    assert_true(fewer.strong == 2 && fewer.weak == 1);
    sysmem_collection_info_free(again);
    assert_int_equal(look_whole(scene->debug, scene->id).strong, 0);
    assert_int_equal(zx_handle_close(kept), ZX_OK);
    assert_int_equal(look_whole(scene->debug, scene->id).weak, 0);
}

/* A handle outlives its participant, which stays known. */
static void who_has_left_stays_known(void **state)
{
    struct scene *scene = *state;
    struct sysmem_collection_info *info = wait_for(scene->weak);
    sysmem_collection_free(scene->weak); /* without Release: its domain fails */
    scene->weak = NULL;
    struct picture picture = look_whole(scene->debug, scene->id);
    while (picture.left == 0) { /* until the daemon has seen it */
        picture = look_whole(scene->debug, scene->id);
    }
    assert_true(picture.participants == 2 && picture.left == 1);
    assert_true(picture.weak == 2 && picture.unknown == 0);
    sysmem_collection_info_free(info);
}

/* Adjacent locks of one description are one: so every other slot. */
static void lock_slots(int fd, off_t count)
{
    for (off_t i = 0; i < count; i++) {
        struct flock lock = {
            .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 1000 + 2 * i, .l_len = 1};
        assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
    }
}

static void locks_that_a_holder_makes_are_counted_up_to_a_bound(void **state)
{
    enum { BOUND = 256 };
    struct scene *scene = *state;
    struct sysmem_collection_info *info = wait_for(scene->strong);
    zx_handle_t vmo = sysmem_collection_info_take_vmo(info, 0);
    sysmem_collection_info_free(info);
    lock_slots(sysmem_handle_fd(vmo), BOUND + 100);
    struct picture picture = look(scene->debug, scene->id);
    while (picture.strong < BOUND) { /* for want of time */
        assert_true(picture.more);
        picture = look(scene->debug, scene->id);
    }
    assert_true(picture.more);
    assert_int_equal(picture.strong, BOUND);
    assert_int_equal(picture.unknown, 1); /* nobody was given those slots */
    assert_int_equal(zx_handle_close(vmo), ZX_OK);
    assert_int_equal(look_whole(scene->debug, scene->id).strong, 0);
}

/* Counting takes longer than one turn of the loop may: several answers tell it all. */
static void the_most_buffers_come_in_several_answers(void **state)
{
    enum { BUFFERS = 128, LOCKS = 200 };
    struct scene *scene = *state;
    struct sysmem_collection_info *info = NULL;
    zx_handle_t vmos[BUFFERS];
    struct sysmem_collection *most = allocated(scene->allocator, BUFFERS, 4096, &info);
    for (uint32_t i = 0; i < BUFFERS; i++) {
        vmos[i] = sysmem_collection_info_take_vmo(info, i);
        lock_slots(sysmem_handle_fd(vmos[i]), LOCKS);
    }
    struct picture picture = look(scene->debug, id_of(most));
    assert_int_equal(picture.buffers, BUFFERS);
    assert_true(picture.pages > 1);
    assert_true(picture.more || picture.strong == BUFFERS * (1 + LOCKS));
    for (uint32_t i = 0; i < BUFFERS; i++) {
        assert_int_equal(zx_handle_close(vmos[i]), ZX_OK);
    }
    sysmem_collection_info_free(info);
    leave(most);
}

static void of_what_is_not_there_nothing_is_told(void **state)
{
    struct scene *scene = *state;
    struct sysmem_token *token = root_token(scene->allocator);
    uint64_t id = 0;
    assert_int_equal(sysmem_node_get_buffer_collection_id(sysmem_token_node(token), soon(), &id),
                     0);
    struct picture waiting = look(scene->debug, id);
    struct picture unknown = look(scene->debug, 1);
    assert_true(waiting.participants + waiting.buffers + waiting.pages == 1);
    assert_true(unknown.participants + unknown.buffers + unknown.pages == 1);
    sysmem_token_free(token);
}

/* What the other user shares, and what it must not see. */
static int shared_token = -1;
static uint64_t hidden_id;

static int sees_the_shared_one(const struct daemon *daemon)
{
    struct sysmem_token *token = NULL;
    if (sysmem_token_from_fd(shared_token, &token) != 0) {
        return 2;
    }
    struct sysmem_allocator *allocator = connect_to(daemon);
    struct sysmem_collection *collection = bind_token(allocator, token);
    struct sysmem_buffer_collection_constraints wanted = cpu_constraints(1, 4096, 0);
    (void)sysmem_collection_set_constraints(collection, &wanted);
    struct sysmem_collection_info *info = wait_for(collection);
    struct channel *debug = debug_open(daemon);
    struct picture shared = look(debug, id_of(collection));
    struct picture hidden = look(debug, hidden_id);
    channel_free(debug);
    sysmem_collection_info_free(info);
    leave(collection);
    sysmem_allocator_free(allocator);
    bool seen = shared.participants == 2 && shared.hidden == 1 && shared.buffers == 2;
    return seen && hidden.participants + hidden.buffers == 0 ? 0 : 1;
}

static void another_uid_sees_what_it_shares_without_names(void **state)
{
    (void)state;
    struct daemon daemon;
    struct sysmem_collection_info *info = NULL;
    debug_start_for_all(&daemon);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    assert_int_equal(sysmem_allocator_set_debug_client_info(allocator, "secret", 1), 0);
    struct sysmem_collection *hidden = allocated(allocator, 1, 4096, &info);
    hidden_id = id_of(hidden);
    struct sysmem_token *token = root_token(allocator);
    shared_token = sysmem_token_into_fd(duplicate(token));
    struct sysmem_collection *collection = bind_token(allocator, token);
    struct sysmem_buffer_collection_constraints wanted = cpu_constraints(1, 4096, 0);
    assert_int_equal(sysmem_collection_set_constraints(collection, &wanted), 0);
    assert_true(debug_other_uid_finds(&daemon, sees_the_shared_one));
    (void)close(shared_token);
    sysmem_collection_info_free(info);
    sysmem_collection_free(hidden);
    sysmem_collection_free(collection);
    sysmem_allocator_free(allocator);
    assert_true(daemon_stop(&daemon));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(handles_are_counted_for_whom_they_were_made),
        TEST(who_has_left_stays_known),
        TEST(locks_that_a_holder_makes_are_counted_up_to_a_bound),
        TEST(the_most_buffers_come_in_several_answers),
        TEST(of_what_is_not_there_nothing_is_told),
        cmocka_unit_test(another_uid_sees_what_it_shares_without_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
