/* The bytes of the envelope, and how messages are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "wire/envelope.h"

static void bytes_are_as_documented(void **state)
{
    (void)state;
    const struct envelope envelope = {.ordinal = 0x04030201,
                                      .txid = 0x08070605,
                                      .body_len = 0x00020100,
                                      .attachment_count = 0x0100,
                                      .index = 1};
    const unsigned char wanted[ENVELOPE_BYTES] = {1, 0, 1, 0, 1, 2, 3, 4, 5, 6,
                                                  7, 8, 0, 1, 2, 0, 0, 1, 0, 0};
    unsigned char bytes[ENVELOPE_BYTES];
    envelope_write(&envelope, bytes);
    assert_memory_equal(bytes, wanted, sizeof(wanted));

    struct envelope back;
    assert_null(envelope_read(bytes, sizeof(bytes), &back));
    assert_true(envelope_same_message(&envelope, &back));
    assert_int_equal(back.index, 1);
}

static void what_is_no_envelope_is_refused(void **state)
{
    (void)state;
    unsigned char good[ENVELOPE_BYTES];
    envelope_write(&(struct envelope){.ordinal = 1}, good);
    struct envelope ret;
    for (size_t len = 0; len < ENVELOPE_BYTES; len++) {
        assert_non_null(envelope_read(good, len, &ret));
    }
    assert_null(envelope_read(good, sizeof(good), &ret));
    const size_t must_be_fixed[] = {0, 1, 2, 3, 18, 19}; /* version, flags, index, reserved */
    for (size_t i = 0; i < sizeof(must_be_fixed) / sizeof(must_be_fixed[0]); i++) {
        unsigned char bad[ENVELOPE_BYTES];
        memcpy(bad, good, sizeof(bad));
        bad[must_be_fixed[i]] ^= 0x80;
        assert_non_null(envelope_read(bad, sizeof(bad), &ret));
    }
}

struct cut {
    uint32_t body_len;
    uint16_t attachment_count;
    uint16_t packets;
};

/* Each byte and each descriptor is in one packet, in order, and only the last one says so. */
static void check_cut(const struct cut *cut)
{
    struct envelope envelope = {.body_len = cut->body_len,
                                .attachment_count = cut->attachment_count};
    size_t bytes = 0;
    size_t descriptors = 0;
    for (; envelope.index < cut->packets; envelope.index++) {
        struct envelope_part part = envelope_part(&envelope);
        assert_int_equal(part.last, envelope.index + 1 == cut->packets);
        if (part.body_len > 0) {
            assert_int_equal(part.body_start, bytes);
        }
        if (part.attachment_count > 0) {
            assert_int_equal(part.attachment_start, descriptors);
        }
        assert_true(part.body_len <= ENVELOPE_PACKET_BODY);
        assert_true(part.attachment_count <= ENVELOPE_PACKET_DESCRIPTORS);
        bytes += part.body_len;
        descriptors += part.attachment_count;
    }
    assert_int_equal(bytes, cut->body_len);
    assert_int_equal(descriptors, cut->attachment_count);
}

static void messages_are_cut_without_gaps(void **state)
{
    (void)state;
    const struct cut cuts[] = {
        {0,         0,     1  },
        {1,         0,     1  },
        {0,         1,     1  },
        {65536,     253,   1  },
        {65537,     1,     2  },
        {100,       254,   2  },
        {0,         512,   3  },
        {1 << 20,   256,   16 },
        {3 * 65536, 65535, 260},
    };
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        check_cut(&cuts[i]);
    }
}

static void a_packet_beyond_the_last_is_refused(void **state)
{
    (void)state;
    unsigned char bytes[ENVELOPE_BYTES];
    struct envelope ret;
    envelope_write(&(struct envelope){.body_len = 65537, .index = 1}, bytes);
    assert_null(envelope_read(bytes, sizeof(bytes), &ret));
    envelope_write(&(struct envelope){.body_len = 65537, .index = 2}, bytes);
    assert_non_null(envelope_read(bytes, sizeof(bytes), &ret));
}

static void messages_differ_in_any_field_but_the_index(void **state)
{
    (void)state;
    const struct envelope base = {.ordinal = 1, .txid = 2, .body_len = 3, .attachment_count = 4};
    struct envelope other = base;
    other.index = 1;
    assert_true(envelope_same_message(&base, &other));
    other = base;
    other.ordinal = 9;
    assert_false(envelope_same_message(&base, &other));
    other = base;
    other.txid = 9;
    assert_false(envelope_same_message(&base, &other));
    other = base;
    other.body_len = 9;
    assert_false(envelope_same_message(&base, &other));
    other = base;
    other.attachment_count = 9;
    assert_false(envelope_same_message(&base, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_as_documented),
        cmocka_unit_test(what_is_no_envelope_is_refused),
        cmocka_unit_test(messages_are_cut_without_gaps),
        cmocka_unit_test(a_packet_beyond_the_last_is_refused),
        cmocka_unit_test(messages_differ_in_any_field_but_the_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
