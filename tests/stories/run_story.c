/* Runs a program against a fresh daemon: its own end, and the daemon's, must be clean. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/daemon.h"

int main(int argc, char **argv)
{
    struct daemon daemon;
    if (argc != 2 || daemon_start(&daemon, NULL) != 0) {
        return EXIT_FAILURE;
    }
    int at_rest = daemon_descriptor_count(&daemon);
    pid_t child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)setenv("SYSMEM_SOCKET", daemon.socket, 1);
        (void)execl(argv[1], argv[1], (char *)NULL);
        _exit(127);
    }
    int status = 0;
    bool ended = waitpid(child, &status, 0) == child && WIFEXITED(status);
    int left = daemon_descriptor_settle(&daemon, at_rest);
    if (left != at_rest) {
        (void)fprintf(stderr, "the daemon has %d descriptors, wanted %d\n", left, at_rest);
    }
    bool stopped = daemon_stop(&daemon);
    return ended && WEXITSTATUS(status) == 0 && left == at_rest && stopped ? EXIT_SUCCESS
                                                                           : EXIT_FAILURE;
}
