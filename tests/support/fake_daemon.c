/* A stand-in for sysmemd: usage: fake_daemon --socket PATH [--config FILE] MODE
 *   serve, hold-output   takes one connection at a time, until SIGTERM; exits with 0
 *   print-config         the same, having copied FILE to the log
 *   exit-3               the same, exits with 3
 *   refuse               ends at once */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(fd, 8) != 0) {
        perror(path);
        return -1;
    }
    return fd;
}

static void print_file(const char *path)
{
    char line[256];
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        fputs(line, stderr);
    }
    if (file != NULL) {
        fclose(file);
    }
}

static void serve(int listener)
{
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    int signals = signalfd(-1, &term, SFD_CLOEXEC);
    int client = -1;
    for (int taken = 0;;) {
        struct pollfd on[] = {
            {.fd = signals,                        .events = POLLIN},
            {.fd = client < 0 ? listener : client, .events = POLLIN}
        };
        poll(on, 2, -1);
        if (on[0].revents != 0) {
            break;
        }
        if (client < 0) {
            client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            fprintf(stderr, "taken %d\n", ++taken);
        } else {
            close(client);
            client = -1;
        }
    }
    close(signals);
    if (client >= 0) {
        close(client);
    }
}

int main(int argc, char **argv)
{
    const char *mode = argv[argc - 1];
    if (argc < 4 || strcmp(mode, "refuse") == 0) {
        fputs("refused\n", stderr);
        return 1;
    }
    if (argc == 6 && strcmp(mode, "print-config") == 0) {
        print_file(argv[4]);
    }
    int listener = listen_at(argv[2]);
    if (listener < 0) {
        return 1;
    }
    serve(listener);
    close(listener);
    return strcmp(mode, "exit-3") == 0 ? 3 : 0;
}
