/* Pairs for tests that hold within the process and over sockets. */
#ifndef CHANNEL_TEST_H
#define CHANNEL_TEST_H

#include "zx_test.h"

#include <stdbool.h>
#include <string.h>

/* How the two ends speak. */
enum way { IN_MEMORY, BY_SOCKET };

/* NOLINTBEGIN(bugprone-macro-parentheses): `way` is a name that is declared */
#define FOR_EACH_WAY(way) for (enum way way = IN_MEMORY; way <= BY_SOCKET; way++)
/* NOLINTEND(bugprone-macro-parentheses) */

static inline void new_channel(enum way way, zx_handle_t ret_ends[2])
{
    assert_ok(zx_channel_create(0, &ret_ends[0], &ret_ends[1]));
    if (way == BY_SOCKET) {
        assert_true(sysmem_handle_fd(ret_ends[0]) >= 0);
    }
}

static inline zx_handle_t new_event(void)
{
    zx_handle_t event = ZX_HANDLE_INVALID;
    assert_ok(zx_event_create(0, &event));
    return event;
}

static inline bool is_valid(zx_handle_t handle)
{
    return zx_object_get_info(handle, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL) == ZX_OK;
}

static inline void write_text(zx_handle_t end, const char *text)
{
    assert_ok(zx_channel_write(end, 0, text, (uint32_t)strlen(text), NULL, 0));
}

static inline void expect_text(zx_handle_t end, const char *text)
{
    char bytes[64] = "";
    uint32_t len = 0;
    assert_ok(zx_channel_read(end, 0, bytes, NULL, sizeof(bytes), 0, &len, NULL));
    assert_int_equal(len, strlen(text));
    assert_memory_equal(bytes, text, len);
}

static inline zx_status_t read_nothing(zx_handle_t end)
{
    char byte;
    return zx_channel_read(end, 0, &byte, NULL, 1, 0, NULL, NULL);
}

/* Waits until a signal is active, for longer than it takes. */
static inline void wait_for(zx_handle_t handle, zx_signals_t signals)
{
    assert_ok(zx_object_wait_one(handle, signals, zx_deadline_after(ZX_SEC(60)), NULL));
}

#endif
