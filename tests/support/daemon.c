#include "support/daemon.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGS_MAX 32

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

/* The whole file as a string, to be freed; NULL when there is none. */
static char *read_file(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return NULL;
    }
    char *text = NULL;
    size_t size = 0;
    if (getdelim(&text, &size, '\0', file) < 0) {
        free(text);
        text = strdup("");
    }
    fclose(file);
    return text;
}

static void print_log(const struct daemon *daemon)
{
    char *text = read_file(daemon->log);
    if (text != NULL) {
        fprintf(stderr, "--- the daemon's log\n%s---\n", text);
    }
    free(text);
}

static int count_entries(const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return -errno;
    }
    int count = 0;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        count += entry->d_name[0] != '.';
    }
    closedir(dir);
    return count;
}

int own_descriptor_count(void)
{
    return count_entries("/proc/self/fd") - 1; /* without the one that reads the directory */
}

int daemon_descriptor_count(const struct daemon *daemon)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)daemon->pid);
    return count_entries(path);
}

int daemon_descriptor_settle(const struct daemon *daemon, int count)
{
    int64_t deadline = now_ms() + DAEMON_PATIENCE_MS;
    int got = daemon_descriptor_count(daemon);
    /* Nothing tells when another process closes a descriptor; only its end can be waited for. */
    for (int wait = 1; got > count && now_ms() < deadline; wait = wait < 50 ? wait * 2 : wait) {
        struct pollfd ended = {.fd = daemon->pidfd, .events = POLLIN};
        if (poll(&ended, 1, wait) > 0) {
            break;
        }
        got = daemon_descriptor_count(daemon);
    }
    return got;
}

int daemon_connect(const struct daemon *daemon)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, daemon->socket, sizeof(daemon->socket));
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

/* Waits for a change in the daemon's directory, for at most `limit` ms; -ESRCH when the daemon
 * ended. */
static int wait_for_change(const struct daemon *daemon, int limit)
{
    if (daemon->pid == 0) {
        return -ESRCH;
    }
    struct pollfd on[] = {
        {.fd = daemon->pidfd,  .events = POLLIN},
        {.fd = daemon->events, .events = POLLIN}
    };
    if (poll(on, 2, limit) < 0 && errno != EINTR) {
        return -errno;
    }
    if (on[1].revents != 0) {
        char events[4096];
        (void)!read(daemon->events, events, sizeof(events));
        return 0;
    }
    return on[0].revents != 0 ? -ESRCH : 0;
}

/* The end that a client sees comes a moment before the daemon has closed its own: when it sleeps
 * again, it has. */
static void wait_until_asleep(const struct daemon *daemon)
{
    char path[32];
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)daemon->pid);
    char state = 'R';
    while (state == 'R') {
        (void)sched_yield();
        FILE *stat = fopen(path, "re");
        if (stat == NULL || fscanf(stat, "%*d (%*[^)]) %c", &state) != 1) {
            state = 'S'; /* gone: whoever looks next will see */
        }
        if (stat != NULL) {
            (void)fclose(stat);
        }
    }
}

/* The daemon serves when it has taken a connection and closed it after us. */
static int wait_until_serving(const struct daemon *daemon)
{
    int64_t deadline = now_ms() + DAEMON_PATIENCE_MS;
    int fd = daemon_connect(daemon);
    while (fd < 0) {
        if (fd != -ENOENT && fd != -ECONNREFUSED) {
            return fd;
        }
        if (now_ms() >= deadline) {
            return -ETIMEDOUT;
        }
        /* The socket's file is an event; that it listens a moment later is none. */
        int error = wait_for_change(daemon, fd == -ENOENT ? DAEMON_PATIENCE_MS : 2);
        if (error < 0) {
            return error;
        }
        fd = daemon_connect(daemon);
    }
    shutdown(fd, SHUT_WR);
    struct pollfd on[] = {
        {.fd = fd,            .events = POLLIN},
        {.fd = daemon->pidfd, .events = POLLIN}
    };
    int result = -ETIMEDOUT;
    if (poll(on, 2, DAEMON_PATIENCE_MS) > 0) {
        result = on[0].revents != 0 ? 0 : -ESRCH;
    }
    wait_until_asleep(daemon);
    close(fd);
    return result;
}

static void remove_directory(struct daemon *daemon)
{
    unlink(daemon->socket);
    unlink(daemon->log);
    if (daemon->config[0] != '\0') {
        unlink(daemon->config);
    }
    if (daemon->dir[0] != '\0' && rmdir(daemon->dir) != 0) {
        fprintf(stderr, "%s: %s: left behind\n", daemon->dir, strerror(errno));
    }
    daemon->dir[0] = '\0';
    close_fd(&daemon->events);
}

static int write_config(struct daemon *daemon, const char *config)
{
    snprintf(daemon->config, sizeof(daemon->config), "%s/config.json", daemon->dir);
    FILE *file = fopen(daemon->config, "we");
    if (file == NULL) {
        return -errno;
    }
    int result = fputs(config, file) < 0 ? -EIO : 0;
    return fclose(file) == 0 ? result : -errno;
}

static int make_directory(struct daemon *daemon, const char *config)
{
    *daemon = (struct daemon){.pidfd = -1, .events = -1};
    strcpy(daemon->dir, "/tmp/sysmem-test-XXXXXX");
    if (mkdtemp(daemon->dir) == NULL) {
        daemon->dir[0] = '\0';
        return -errno;
    }
    snprintf(daemon->socket, sizeof(daemon->socket), "%s/socket", daemon->dir);
    snprintf(daemon->log, sizeof(daemon->log), "%s/log", daemon->dir);
    daemon->events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (daemon->events < 0 ||
        inotify_add_watch(daemon->events, daemon->dir, IN_CREATE | IN_MOVED_TO | IN_MODIFY) < 0) {
        return -errno;
    }
    return config != NULL ? write_config(daemon, config) : 0;
}

bool become_user(uid_t uid)
{
    return setgroups(0, NULL) == 0 && setresgid(uid, uid, uid) == 0 &&
           setresuid(uid, uid, uid) == 0;
}

/* In the child: becomes the daemon. */
_Noreturn static void become_daemon(char *const *args, int log, pid_t parent, uid_t uid)
{
    if (uid != 0 && !become_user(uid)) {
        _exit(126);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* forgotten when the user changes */
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (getppid() == parent && dup2(null, 0) == 0 && dup2(log, 1) == 1 && dup2(log, 2) == 2) {
        execv(args[0], args);
        dprintf(2, "%s: %s\n", args[0], strerror(errno));
    }
    _exit(127);
}

static int spawn(struct daemon *daemon, char *const *args, uid_t uid)
{
    int log = open(daemon->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0) {
        return -errno;
    }
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        become_daemon(args, log, parent, uid);
    }
    int error = pid < 0 ? -errno : 0;
    close(log);
    if (error == 0) {
        daemon->pid = pid;
        daemon->pidfd = (int)syscall(SYS_pidfd_open, pid, 0); /* close-on-exec by itself */
    }
    return error;
}

const char *daemon_program(void)
{
    const char *program = getenv("SYSMEMD");
    return program != NULL ? program : SYSMEMD_PATH;
}

static int start(struct daemon *daemon, const struct daemon_options *options)
{
    int error = make_directory(daemon, options->config);
    if (error < 0) {
        return error;
    }
    const char *args[ARGS_MAX] = {options->program != NULL ? options->program : daemon_program(),
                                  "--socket", daemon->socket};
    size_t count = 3;
    if (options->config != NULL) {
        args[count++] = "--config";
        args[count++] = daemon->config;
    }
    for (size_t i = 0; options->args != NULL && options->args[i] != NULL; i++) {
        if (count == ARGS_MAX - 1) {
            return -E2BIG;
        }
        args[count++] = options->args[i];
    }
    if (options->uid != 0 &&
        (chown(daemon->dir, options->uid, options->uid) < 0 || chmod(daemon->dir, 0755) < 0)) {
        return -errno;
    }
    error = spawn(daemon, (char *const *)args, options->uid);
    if (error == 0) {
        error = wait_until_serving(daemon);
    }
    if (error == 0 && options->uid != 0 && chmod(daemon->socket, 0666) < 0) {
        error = -errno;
    }
    return error;
}

int daemon_start(struct daemon *daemon, const struct daemon_options *options)
{
    static const struct daemon_options defaults;
    int error = start(daemon, options != NULL ? options : &defaults);
    if (error < 0) {
        fprintf(stderr, "the daemon does not serve: %s\n", strerror(-error));
        print_log(daemon);
        daemon_kill(daemon);
        remove_directory(daemon);
    }
    return error;
}

int daemon_wait_exit(struct daemon *daemon)
{
    if (daemon->pid == 0) {
        return -ESRCH;
    }
    struct pollfd ended = {.fd = daemon->pidfd, .events = POLLIN};
    int ready;
    do {
        ready = poll(&ended, 1, DAEMON_PATIENCE_MS);
    } while (ready < 0 && errno == EINTR);
    if (ready == 0) {
        return -ETIMEDOUT;
    }
    int status = 0;
    while (waitpid(daemon->pid, &status, 0) < 0 && errno == EINTR) {
    }
    daemon->pid = 0;
    close_fd(&daemon->pidfd);
    return status;
}

void daemon_kill(struct daemon *daemon)
{
    if (daemon->pid > 0) {
        kill(daemon->pid, SIGKILL); /* its child, not yet waited for: the number is its own */
        (void)daemon_wait_exit(daemon);
    }
}

bool daemon_stop(struct daemon *daemon)
{
    bool well = true;
    if (daemon->pid > 0) {
        kill(daemon->pid, SIGTERM);
        int status = daemon_wait_exit(daemon);
        well = status == 0;
        if (status == -ETIMEDOUT) {
            fprintf(stderr, "the daemon is still there %d ms after SIGTERM\n", DAEMON_PATIENCE_MS);
            daemon_kill(daemon);
        } else if (!well) {
            fprintf(stderr, "the daemon ended with %s %d\n",
                    WIFSIGNALED(status) ? "signal" : "status",
                    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        }
    }
    if (!well) {
        print_log(daemon);
    }
    if (daemon->dir[0] != '\0') {
        remove_directory(daemon);
    }
    return well;
}

/* The offset behind `text` in the log from byte `from` on, or -1. */
static ssize_t find_in_log(const struct daemon *daemon, const char *text, size_t from)
{
    char *log = read_file(daemon->log);
    ssize_t end = -1;
    if (log != NULL && from <= strlen(log)) {
        const char *at = strstr(log + from, text);
        if (at != NULL) {
            end = at - log + (ssize_t)strlen(text);
        }
    }
    free(log);
    return end;
}

ssize_t daemon_log_wait_for(const struct daemon *daemon, const char *text, size_t from)
{
    int64_t deadline = now_ms() + DAEMON_PATIENCE_MS;
    for (;;) {
        /* A change after this look is an event that the wait below returns for. */
        ssize_t end = find_in_log(daemon, text, from);
        if (end >= 0) {
            return end;
        }
        int64_t left = deadline - now_ms();
        int error = left > 0 ? wait_for_change(daemon, (int)left) : -ETIMEDOUT;
        if (error < 0) {
            end = find_in_log(daemon, text, from); /* its last words */
            return end >= 0 ? end : error;
        }
    }
}

bool daemon_log_contains(const struct daemon *daemon, const char *text)
{
    return find_in_log(daemon, text, 0) >= 0;
}
