/* What people see of sysmemctl: exit statuses, and what is said where. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "program.h"
#include "support/daemon.h"

/* Runs sysmemctl with at most four arguments. */
static struct program_result run(const char *input, const char *a, const char *b, const char *c,
                                 const char *d)
{
    const char *argv[] = {SYSMEMCTL_PATH, a, b, c, d, NULL};
    return program_run(argv, input);
}

static void assert_said(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' is not in '%s'", part, text);
    }
}

static void help_and_version(void **state)
{
    (void)state;
    struct program_result help = run("", "--help", NULL, NULL, NULL);
    assert_int_equal(help.status, 0);
    assert_said(help.output, "exec");
    assert_said(help.output, "formats");
    struct program_result version = run("", "list", "--version", NULL, NULL);
    assert_int_equal(version.status, 0);
    assert_said(version.output, "sysmemctl ");
    program_result_deinit(&help);
    program_result_deinit(&version);
}

static void wrong_lines_end_with_2(void **state)
{
    (void)state;
    static const char *const lines[][3] = {
        {NULL,      NULL,           NULL},
        {"fly",     NULL,           NULL},
        {"tree",    NULL,           NULL},
        {"tree",    "x",            NULL},
        {"tree",    "1",            "2" },
        {"list",    "1",            NULL},
        {"watch",   "1",            NULL},
        {"graph",   "-1",           NULL},
        {"inspect", "x",            NULL},
        {"list",    "--no-such",    NULL},
        {"exec",    "--json",       NULL},
        {"solve",   "/nonexistent", NULL},
        {"solve",   "/",            NULL},
        {"solve",   "--config",     "/" },
        {"config",  NULL,           NULL},
        {"config",  "check",        NULL},
        {"config",  "fly",          "/" },
        {"config",  "merge",        "/" },
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct program_result result = run("", lines[i][0], lines[i][1], lines[i][2], NULL);
        assert_int_equal(result.status, 2);
        assert_string_equal(result.output, "");
        assert_string_not_equal(result.errors, "");
        program_result_deinit(&result);
    }
    struct program_result unknown = run("", "fly", NULL, NULL, NULL);
    assert_said(unknown.errors,
                "exec solve config list tree graph inspect explain watch heaps hold formats");
    program_result_deinit(&unknown);
}

static void write_file(char *path, const char *contents)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, contents, strlen(contents)), strlen(contents));
    close(fd);
}

#define COST(key, cost) "{\"key\": {\"pixel_format\": " key "}, \"cost\": " cost "}"
#define COSTS(list)     "{\"format_costs\": [\n" list "]}"

/* Two files, of which the second overrides an entry of the first; and one with two mistakes. */
struct files {
    char first[32];
    char second[32];
    char bad[32];
};

static void write_files(struct files *files)
{
    *files = (struct files){"/tmp/costs-a-XXXXXX", "/tmp/costs-b-XXXXXX", "/tmp/costs-c-XXXXXX"};
    write_file(files->first, COSTS(COST("\"B8G8R8A8\"", "1") ",\n" COST("\"NV12\"", "2")));
    write_file(files->second, COSTS(COST("101, \"pixel_format_modifier\": \"LINEAR\"",
                                         "9") ",\n" COST("\"R8G8B8A8\"", "3")));
    write_file(files->bad, COSTS(COST("\"NV13\"", "1") ",\n" COST("\"NV12\"", "null")));
}

static void remove_files(const struct files *files)
{
    assert_int_equal(unlink(files->first), 0);
    assert_int_equal(unlink(files->second), 0);
    assert_int_equal(unlink(files->bad), 0);
}

static void config_check_tells_every_mistake(void **state)
{
    (void)state;
    struct files files;
    char wanted[256];
    write_files(&files);
    struct program_result good = run("", "config", "check", files.first, files.second);
    assert_int_equal(good.status, 0);
    assert_string_equal(good.errors, "");
    (void)snprintf(wanted, sizeof(wanted),
                   "%s: format_costs 2 (0 overriding), heaps 0 (0 overriding)\n"
                   "%s: format_costs 2 (1 overriding)",
                   files.first, files.second);
    assert_said(good.output, wanted);
    struct program_result bad = run("", "config", "check", files.bad, files.first);
    assert_int_equal(bad.status, 1);
    assert_said(bad.output, files.first);
    (void)snprintf(wanted, sizeof(wanted), "%s:2: format_costs[0].key.pixel_format: wanted ",
                   files.bad);
    assert_said(bad.errors, wanted);
    assert_said(bad.errors, "NV13");
    (void)snprintf(wanted, sizeof(wanted), "%s:3: format_costs[1].cost: wanted ", files.bad);
    assert_said(bad.errors, wanted);
    struct program_result none = run("", "config", "check", "/nonexistent", NULL);
    assert_int_equal(none.status, 1);
    assert_said(none.errors, "/nonexistent: ");
    struct program_result merge = run("", "config", "merge", files.first, files.bad);
    assert_int_equal(merge.status, 2);
    assert_string_equal(merge.output, "");
    assert_said(merge.errors, wanted);
    program_result_deinit(&good);
    program_result_deinit(&bad);
    program_result_deinit(&none);
    program_result_deinit(&merge);
    remove_files(&files);
}

/* What merge writes is a file that comes to the same. */
static void config_merge_reads_back(void **state)
{
    (void)state;
    struct files files;
    write_files(&files);
    struct program_result merged = run("", "config", "merge", files.first, files.second);
    assert_int_equal(merged.status, 0);
    json_t *json = json_loads(merged.output, 0, NULL);
    const json_t *costs = json_object_get(json, "format_costs");
    static const double wanted[] = {3, 9, 2}; /* R8G8B8A8, B8G8R8A8, NV12 */
    assert_int_equal(json_array_size(costs), 3);
    for (size_t i = 0; i < 3; i++) {
        const json_t *cost = json_object_get(json_array_get(costs, i), "cost");
        assert_true(json_real_value(cost) == wanted[i]);
    }
    json_decref(json);
    char again[] = "/tmp/costs-m-XXXXXX";
    write_file(again, merged.output);
    struct program_result second = run("", "config", "merge", again, NULL);
    assert_string_equal(second.output, merged.output);
    struct program_result onto = run("", "config", "merge", files.first, again);
    assert_string_equal(onto.output, merged.output);
    assert_int_equal(unlink(again), 0);
    program_result_deinit(&merged);
    program_result_deinit(&second);
    program_result_deinit(&onto);
    remove_files(&files);
}

#define IMAGE(format)                                                                              \
    "{\"pixel_format\": \"" format "\", \"color_spaces\": [\"SRGB\"], "                            \
    "\"min_size\": {\"width\": 16, \"height\": 16}}"
#define WISHES                                                                                     \
    "{\"participants\": [{\"constraints\": {\"usage\": {\"cpu\": 2}, \"min_buffer_count\": 1, "    \
    "\"image_format_constraints\": [" IMAGE("R8G8B8A8") ", " IMAGE("B8G8R8A8") "]}}]"

/* The document's own "config" overrides the files. */
static void solve_takes_configuration_files(void **state)
{
    (void)state;
    struct files files;
    write_files(&files);
    const char *argv[] = {SYSMEMCTL_PATH, "solve", "--config", files.first, NULL, NULL, NULL};
    struct program_result first = program_run(argv, WISHES "}");
    assert_int_equal(first.status, 0);
    assert_said(first.output, "B8G8R8A8");
    argv[4] = "--config";
    argv[5] = files.second;
    struct program_result second = program_run(argv, WISHES "}");
    assert_said(second.output, "R8G8B8A8");
    assert_null(strstr(second.output, "B8G8R8A8"));
    struct program_result own =
        program_run(argv, WISHES ", \"config\": " COSTS(COST("\"B8G8R8A8\"", "-1")) "}");
    assert_said(own.output, "B8G8R8A8");
    argv[5] = files.bad;
    struct program_result bad = program_run(argv, WISHES "}");
    assert_int_equal(bad.status, 2);
    assert_said(bad.errors, ":2: format_costs[0].key.pixel_format: ");
    program_result_deinit(&first);
    program_result_deinit(&second);
    program_result_deinit(&own);
    program_result_deinit(&bad);
    remove_files(&files);
}

static void no_daemon_says_what_to_start(void **state)
{
    (void)state;
    static const char *const commands[] = {"list",    "heaps", "graph", "inspect",
                                           "explain", "watch", "hold"};
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        struct program_result result = run("", commands[i], "--socket", "/nonexistent", NULL);
        assert_int_equal(result.status, 1);
        assert_string_equal(result.output, "");
        assert_said(result.errors, "sysmemd --socket /nonexistent");
        program_result_deinit(&result);
    }
}

static void exec_without_a_daemon_ends_with_1(void **state)
{
    (void)state;
    struct program_result result =
        run("{\"id\":1,\"do\":\"connect\",\"as\":\"A\"}\n{\"id\":2,\"do\":\"names\"}", "exec",
            "--socket", "/nonexistent", NULL);
    assert_int_equal(result.status, 1);
    assert_said(result.output, "\"kind\":\"peer_closed\"");
    assert_said(result.output, "{\"id\":2,\"ok\":{\"names\":[]}}");
    assert_said(result.errors, "sysmemd --socket /nonexistent");
    program_result_deinit(&result);
}

static void exec_that_needs_no_daemon_ends_with_0(void **state)
{
    (void)state;
    struct program_result result =
        run("{\"do\":\"vmo_create\",\"size\":1}", "exec", "--socket", "/nonexistent", NULL);
    assert_int_equal(result.status, 0);
    assert_string_equal(result.output, "{\"ok\":{\"as\":\"h1\"}}\n");
    assert_string_equal(result.errors, "");
    program_result_deinit(&result);
}

static void formats_lists_what_is_known(void **state)
{
    (void)state;
    struct program_result text = run("", "formats", NULL, NULL, NULL);
    assert_int_equal(text.status, 0);
    assert_said(text.output, "NV12");
    struct program_result json = run("", "formats", "--json", NULL, NULL);
    json_t *all = json_loads(json.output, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(all, "pixel_formats")), 21);
    assert_int_equal(json_array_size(json_object_get(all, "pixel_format_modifiers")), 17);
    json_decref(all);
    program_result_deinit(&text);
    program_result_deinit(&json);
}

/* One format, or one modifier, under whatever name somebody has for it. */
static void formats_finds_any_name(void **state)
{
    static const struct {
        const char *name;
        const char *found;
    } cases[] = {
        {"R8G8B8A8",           "R8G8B8A8"     },
        {"AB24",               "R8G8B8A8"     },
        {"ABGR8888",           "R8G8B8A8"     },
        {"DRM_FORMAT_RGB888",  "B8G8R8"       },
        {"RGB3",               "R8G8B8"       },
        {"BGR10A2_LE",         "A2R10G10B10"  },
        {"yuyv422",            "YUY2"         },
        {"MJPG",               "MJPEG"        },
        {"R8",                 "R8"           },
        {"0x34325241",         "B8G8R8A8"     },
        {"ARM_LINEAR_TE",      "ARM_LINEAR_TE"},
        {"0x0100000000000005", "YF_TILED_CCS" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct program_result text = run("", "formats", cases[i].name, NULL, NULL);
        assert_int_equal(text.status, 0);
        assert_said(text.output, cases[i].found);
        program_result_deinit(&text);
    }
    struct program_result one = run("", "formats", "XR24", "--json", NULL);
    json_t *json = json_loads(one.output, 0, NULL);
    json_t *format = json_array_get(json_object_get(json, "pixel_formats"), 0);
    json_t *x = json_array_get(json_object_get(format, "counterparts"), 1);
    assert_string_equal(json_string_value(json_object_get(format, "pixel_format")), "B8G8R8A8");
    assert_true(json_is_false(json_object_get(x, "is_alpha_present")));
    assert_int_equal(json_integer_value(json_object_get(x, "wl_shm")), 1);
    assert_string_equal(json_string_value(json_object_get(x, "ffmpeg")), "bgr0");
    json_decref(json);
    program_result_deinit(&one);
    struct program_result unknown = run("", "formats", "vuya", NULL, NULL);
    assert_int_equal(unknown.status, 1);
    assert_said(unknown.errors, "nobody calls a pixel format or modifier 'vuya'");
    program_result_deinit(&unknown);
}

static void a_daemon_at_rest(void **state)
{
    (void)state;
    struct daemon daemon;
    assert_int_equal(daemon_start(&daemon, NULL), 0);
    struct program_result list = run("", "--socket", daemon.socket, "list", NULL);
    assert_int_equal(list.status, 0);
    assert_said(list.output, "WAITING FOR");
    assert_null(strchr(strchr(list.output, '\n') + 1, '\n'));
    struct program_result heaps = run("", "heaps", "--json", "--socket", daemon.socket);
    assert_int_equal(heaps.status, 0);
    assert_said(heaps.output, "HEAP_TYPE.SYSTEM_RAM");
    struct program_result tree = run("", "tree", "1", "--socket", daemon.socket);
    assert_int_equal(tree.status, 1);
    assert_said(tree.errors, "there is no collection 1");
    program_result_deinit(&list);
    program_result_deinit(&heaps);
    program_result_deinit(&tree);
    assert_true(daemon_stop(&daemon));
}

/* hold, a full pool, and what heaps shows of it. */
static void hold_puts_the_pool_under_pressure(void **state)
{
    (void)state;
    struct daemon daemon;
    const struct daemon_options daemon_options = {.config =
                                                      "{\"contiguous\": {\"size\": 1048576}}"};
    assert_int_equal(daemon_start(&daemon, &daemon_options), 0);
    const char *hold[] = {SYSMEMCTL_PATH, "hold", "--contiguous", "--size",      "512K",
                          "--seconds",    "100",  "--socket",     daemon.socket, NULL};
    int out[2];
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)dup2(out[1], STDOUT_FILENO);
        execv(hold[0], (char *const *)hold);
        _exit(127);
    }
    close(out[1]);
    char line[256] = "";
    assert_true(read(out[0], line, sizeof(line) - 1) > 0); /* it has them */
    close(out[0]);
    assert_said(line, "holds 1 buffers of 512.0 KiB of fuchsia.sysmem.heap.HEAP_TYPE.SYSTEM_RAM 0, "
                      "each of them contiguous");
    struct program_result heaps = run("", "heaps", "--socket", daemon.socket, NULL);
    assert_said(heaps.output, "SYSTEM_RAM (contiguous): 1.0 MiB of emulated physical addresses");
    assert_said(heaps.output, "|.################"); /* the guard page is not taken */
    struct program_result json = run("", "heaps", "--json", "--socket", daemon.socket);
    assert_said(json.output, "\"used_per_mille\"");
    const char *more[] = {SYSMEMCTL_PATH, "hold",     "--contiguous", "--size",
                          "600K",         "--socket", daemon.socket,  NULL};
    struct program_result refused = program_run(more, "");
    assert_int_equal(refused.status, 1);
    assert_said(refused.errors, "NO_MEMORY");
    assert_said(refused.errors, "not enough left of the contiguous pool; held by collection ");
    assert_said(refused.errors, "\"sysmemctl hold\" 524288 bytes in 1 buffers");
    assert_true(daemon_log_contains(&daemon, "SysmemContiguousPool: held by collection "));
    assert_int_equal(kill(pid, SIGTERM), 0);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    program_result_deinit(&heaps);
    program_result_deinit(&json);
    program_result_deinit(&refused);
    assert_true(daemon_stop(&daemon));
}

#define ROW(type, more) "{\"heap\": {\"heap_type\": \"" type "\"}, " more "}"
#define CPU             "\"coherency_domain_support\": {\"cpu_supported\": true}"

/* Each says what it is, or why it is not there, and who wants it all the same is told that. */
static void heaps_of_each_backend(void **state)
{
    (void)state;
    struct daemon daemon;
    const struct daemon_options options = {
        .config =
            "{\"heaps\": [" ROW("fuchsia.sysmem.heap.HEAP_TYPE.SYSTEM_RAM", CPU) ", " ROW("test.HUGE", "\"backend\": \"hugetlb\", \"page_size\": \"16GiB\", " CPU) ", " ROW(
                "test.SECRET",
                "\"backend\": \"confidential\", \"max_size_bytes\": 65536, " CPU) ", " ROW("test.DMA",
                                                                                           "\"backend\": \"dma_heap\", \"device\": \"none-such\", " CPU) "]}"};
    assert_int_equal(daemon_start(&daemon, &options), 0);
    assert_true(daemon_log_contains(&daemon, "heap test.DMA 0 is not ready: "));
    struct program_result heaps = run("", "heaps", "--socket", daemon.socket, NULL);
    assert_said(heaps.output, "no: this kernel has no huge pages of 16GiB");
    assert_said(heaps.output, "no: /dev/dma_heap/none-such: No such file or directory");
    assert_said(heaps.output, "hugetlb       lease       kernel        16.0 GiB");
    assert_said(heaps.output, "confidential  companion   library           page  64.0 KiB");
    struct program_result json = run("", "heaps", "--json", "--socket", daemon.socket);
    assert_said(json.output, "\"backend\": \"dma_heap\"");
    assert_said(json.output, "\"charged\": \"toucher\"");
    const char *hold[] = {SYSMEMCTL_PATH, "hold", "test.DMA", "--socket", daemon.socket, NULL};
    struct program_result refused = program_run(hold, "");
    assert_int_equal(refused.status, 1);
    assert_said(refused.errors, "heap test.DMA is absent: /dev/dma_heap/none-such: No such file");
    hold[2] = "test.SECRET";
    struct program_result large = program_run(hold, "");
    assert_int_equal(large.status, 1);
    assert_said(large.errors, "NO_MEMORY");
    assert_said(large.errors, "a limit of 65536 bytes on the size of its buffers");
    program_result_deinit(&heaps);
    program_result_deinit(&json);
    program_result_deinit(&refused);
    program_result_deinit(&large);
    assert_true(daemon_stop(&daemon));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_and_version),
        cmocka_unit_test(wrong_lines_end_with_2),
        cmocka_unit_test(config_check_tells_every_mistake),
        cmocka_unit_test(config_merge_reads_back),
        cmocka_unit_test(solve_takes_configuration_files),
        cmocka_unit_test(no_daemon_says_what_to_start),
        cmocka_unit_test(exec_without_a_daemon_ends_with_1),
        cmocka_unit_test(exec_that_needs_no_daemon_ends_with_0),
        cmocka_unit_test(formats_lists_what_is_known),
        cmocka_unit_test(formats_finds_any_name),
        cmocka_unit_test(a_daemon_at_rest),
        cmocka_unit_test(heaps_of_each_backend),
        cmocka_unit_test(hold_puts_the_pool_under_pressure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
