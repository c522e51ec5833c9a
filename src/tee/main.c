/* sysmem-securemem: registers the emulated hardware with the daemon, and serves both it and devices
 * until the daemon closes the channel or the process is asked to end. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include <sysmem/allocator.h>
#include <sysmem/export.h>
#include <sysmem/registry.h>
#include <zircon/syscalls.h>

#include "base/fd.h"
#include "base/log.h"
#include "tee/driver.h"
#include "tee/options.h"
#include "tee/socket.h"

#define CALL_TIME ZX_SEC(10)

/* libc looks for it, so it must not be hidden. */
SYSMEM_EXPORT const char *argp_program_version = "sysmem-securemem " SYSMEM_VERSION;

struct program {
    struct sysmem_allocator *allocator;
    struct sysmem_registry *registry;
    struct sysmem_secure_mem_provider *provider;
    struct driver driver;
    struct socket_devices devices;
    int signals;
};

/* SIGTERM and SIGINT as something to poll for. */
static int open_signals(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

static bool enlist(struct program *program, const char *socket)
{
    sysmem_status_t status = sysmem_allocator_connect(socket, &program->allocator);
    if (status != 0) {
        log_error("cannot reach the daemon: %s", sysmem_status_name(status));
        return false;
    }
    (void)sysmem_allocator_set_debug_client_info(program->allocator, "sysmem-securemem", 0);
    status = sysmem_registry_open(program->allocator, &program->registry);
    if (status == 0) {
        status =
            sysmem_registry_register_secure_mem(program->registry, &driver_ops, &program->driver,
                                                zx_deadline_after(CALL_TIME), &program->provider);
    }
    if (status != 0) {
        struct sysmem_failure *failure =
            program->registry == NULL ? NULL : sysmem_registry_take_failure(program->registry);
        log_error("the daemon does not take the driver: %s: %s", sysmem_status_name(status),
                  failure == NULL ? "no reason" : sysmem_failure_text(failure));
        sysmem_failure_free(failure);
    }
    return status == 0;
}

/* How long poll() may wait for a channel, in milliseconds: no longer than a second, and then again.
 */
static int poll_time(zx_time_t until)
{
    zx_time_t now = zx_clock_get_monotonic();
    if (until == ZX_TIME_INFINITE) {
        return -1;
    }
    zx_time_t left = until <= now ? 0 : (until - now) / ZX_MSEC(1) + 1;
    return left < 1000 ? (int)left : 1000;
}

/* Until the daemon closes the channel (false), or a signal comes (true). */
static bool serve(struct program *program)
{
    struct sysmem_channel *channel = sysmem_secure_mem_provider_channel(program->provider);
    struct pollfd polls[2 + sizeof(program->devices.polls) / sizeof(program->devices.polls[0])];
    bool asked_to_end = false;
    while (!program->driver.closed && !asked_to_end) {
        struct socket_devices *devices = &program->devices;
        polls[0] = (struct pollfd){.fd = program->signals, .events = POLLIN};
        polls[1] = (struct pollfd){.fd = sysmem_channel_get_fd(channel),
                                   .events = sysmem_channel_get_events(channel)};
        memcpy(polls + 2, devices->polls, devices->count * sizeof(polls[0]));
        int ready = poll(polls, 2 + devices->count, poll_time(sysmem_channel_get_timeout(channel)));
        if (ready < 0) {
            continue; /* polls[] says nothing */
        }
        memcpy(devices->polls, polls + 2, devices->count * sizeof(polls[0]));
        asked_to_end = polls[0].revents != 0;
        (void)sysmem_channel_process(channel);
        socket_devices_serve(devices, program->driver.hardware);
    }
    return asked_to_end;
}

static int run(struct program *program, const struct tee_options *options)
{
    int failed =
        options->device == NULL ? 0 : socket_devices_init(&program->devices, options->device);
    if (failed != 0) {
        log_error("%s: %s", options->device, strerror(-failed));
        return EXIT_FAILURE;
    }
    program->signals = open_signals();
    if (program->signals < 0 || !enlist(program, options->socket)) {
        return EXIT_FAILURE;
    }
    printf("registered\n"); /* for who waits for it */
    (void)fflush(stdout);
    if (!serve(program)) {
        return EXIT_FAILURE;
    }
    /* The daemon closes its end when it has taken note. */
    return sysmem_registry_unregister_secure_mem(program->registry, zx_deadline_after(CALL_TIME)) ==
                   0
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}

/* One request as a device. */
static int ask(const struct tee_options *options)
{
    struct strbuf answer = {0};
    int failed = socket_ask(options->ask, strbuf_text(&options->request), &answer);
    if (failed != 0) {
        log_error("%s: %s", options->ask, strerror(-failed));
        return EXIT_FAILURE;
    }
    printf("%s\n", strbuf_text(&answer));
    bool is_ok = strncmp(strbuf_text(&answer), "ok", 2) == 0;
    strbuf_deinit(&answer);
    return is_ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct tee_options options;
    tee_options_parse(&options, argc, argv);
    log_set_level(options.level);
    if (options.ask != NULL) {
        int status = ask(&options);
        strbuf_deinit(&options.request);
        return status;
    }
    struct program program = {.signals = -1};
    program.driver.traps = options.traps;
    program.driver.hardware = hardware_new(&options.hardware);
    if (program.driver.hardware == NULL) {
        log_error("no memory for the fixed heaps");
        return EXIT_FAILURE;
    }
    int status = run(&program, &options);
    socket_devices_deinit(&program.devices);
    sysmem_secure_mem_provider_free(program.provider);
    sysmem_registry_free(program.registry);
    sysmem_allocator_free(program.allocator);
    fd_close(&program.signals);
    hardware_free(program.driver.hardware);
    return status;
}
