#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tee/device.h"

static struct hardware *hardware;

static int setup(void **state)
{
    static const struct hardware_config config = {
        .properties = {true, 65536, 3, true},
        .fixed = {{"F", {0x10000, 0x10000}}  },
        .fixed_count = 1,
    };
    (void)state;
    hardware = hardware_new(&config);
    return hardware == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    hardware_free(hardware);
    return 0;
}

static void says(const char *request, const char *wanted)
{
    struct strbuf answer = {0};
    device_answer(hardware, request, &answer);
    assert_string_equal(strbuf_text(&answer), wanted);
    strbuf_deinit(&answer);
}

static void reads_and_writes(void **state)
{
    (void)state;
    says("write secure 0x10000 c0ffEE", "ok");
    says("read secure 65536 4", "ok c0ffee00");
    says("read open 0x10000 4", "fault 0x10000: protected, and the device is not secure");
    says("read secure 0xfffe 4", "fault 0xfffe: there is no memory");
    says("ranges", "ok");
}

static void what_is_not_understood(void **state)
{
    (void)state;
    says("", "error wanted 'read', 'write' or 'ranges'");
    says("read", "error wanted 'open' or 'secure'");
    says("read secure -1 4", "error wanted an address");
    says("read secure 0x10000", "error wanted a length of 1 to 32768 bytes");
    says("read secure 0x10000 0", "error wanted a length of 1 to 32768 bytes");
    says("read secure 0x10000 32769", "error wanted a length of 1 to 32768 bytes");
    says("read secure 0xffffffffffffffff 2", "error wanted a length of 1 to 32768 bytes");
    says("write secure 0x10000 abc", "error wanted 1 to 32768 bytes in hex");
    says("write secure 0x10000 zz", "error wanted 1 to 32768 bytes in hex");
    says("write secure 0xffffffffffffffff aabb", "error wanted 1 to 32768 bytes in hex");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_and_writes, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_understood, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
