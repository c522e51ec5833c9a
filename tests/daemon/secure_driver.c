#include "secure_driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/participant.h"
#include "tee/socket.h"

#define MAX_ARGS 24

static void run(const struct secure_driver *driver, const struct daemon *daemon, char *traps)
{
    char *args[MAX_ARGS] = {(char *)SECUREMEM_PATH,
                            (char *)"--socket",
                            (char *)(uintptr_t)daemon->socket,
                            (char *)"--device",
                            (char *)(uintptr_t)driver->device,
                            (char *)"--granularity",
                            (char *)"4096",
                            (char *)"--max-ranges",
                            (char *)"8",
                            (char *)"--log-level",
                            (char *)"error",
                            (char *)"--fixed-heap",
                            (char *)VDEC_TYPE "@0x200000000+0x1000000"};
    size_t count = 13;
    char *rest = NULL;
    for (char *trap = strtok_r(traps, " ", &rest); trap != NULL && count + 2 < MAX_ARGS;
         trap = strtok_r(NULL, " ", &rest)) {
        args[count++] = (char *)"--at";
        args[count++] = trap;
    }
    (void)execv(args[0], args);
    _exit(127);
}

bool secure_driver_start(struct secure_driver *driver, const struct daemon *daemon,
                         const char *traps)
{
    int ends[2];
    char text[256];
    (void)snprintf(text, sizeof(text), "%s", traps == NULL ? "" : traps);
    (void)snprintf(driver->device, sizeof(driver->device), "%s/device", daemon->dir);
    (void)unlink(driver->device); /* of one that was killed */
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    driver->pid = fork();
    assert_true(driver->pid >= 0);
    if (driver->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(ends[1], STDOUT_FILENO);
        run(driver, daemon, text);
    }
    fd_close(&ends[1]);
    driver->pidfd = (int)syscall(SYS_pidfd_open, driver->pid, 0);
    assert_true(driver->pidfd >= 0);
    struct pollfd ready = {.fd = ends[0], .events = POLLIN};
    assert_int_equal(poll(&ready, 1, DAEMON_PATIENCE_MS), 1);
    bool is_registered = read(ends[0], text, sizeof(text)) > 0; /* else the end of the file */
    fd_close(&ends[0]);
    return is_registered;
}

bool secure_driver_has_ended(const struct secure_driver *driver, int milliseconds)
{
    struct pollfd ended = {.fd = driver->pidfd, .events = POLLIN};
    return poll(&ended, 1, milliseconds) == 1;
}

void secure_driver_end(struct secure_driver *driver, int signal)
{
    int status = 0;
    if (signal != 0) {
        assert_int_equal(kill(driver->pid, signal), 0);
    }
    assert_int_equal(waitpid(driver->pid, &status, 0), driver->pid);
    (void)unlink(driver->device);
    fd_close(&driver->pidfd);
    driver->pid = 0;
}

const char *secure_device_ask(const struct secure_driver *driver, const char *format, ...)
{
    static char answer[4096];
    char request[256];
    struct strbuf text = {0};
    va_list args;
    va_start(args, format);
    (void)vsnprintf(request, sizeof(request), format, args);
    va_end(args);
    assert_int_equal(socket_ask(driver->device, request, &text), 0);
    (void)snprintf(answer, sizeof(answer), "%s", strbuf_text(&text));
    strbuf_deinit(&text);
    return answer;
}

void secure_device_wait_for_open(const struct secure_driver *driver)
{
    zx_time_t end = soon();
    while (strcmp(secure_device_ask(driver, "ranges"), "ok") != 0) {
        assert_true(zx_clock_get_monotonic() < end);
        (void)poll(NULL, 0, 20); /* nothing tells: they open by the daemon's clock */
    }
}
