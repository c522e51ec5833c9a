/* Standard input, output and error are files: nothing can block on a full pipe. */
#include "program.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* The contents of a file, from its start. */
static char *read_back(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char *text = calloc(1, (size_t)size + 1);
    if (text != NULL && pread(fd, text, (size_t)size, 0) != size) {
        free(text);
        text = NULL;
    }
    return text;
}

static int spawn(const char *const *argv, const int fds[3])
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (int i = 0; i < 3; i++) {
        posix_spawn_file_actions_adddup2(&actions, fds[i], i);
    }
    pid_t pid = 0;
    int status = 0;
    int error =
        posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(const void *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) {
        return -1;
    }
    return WEXITSTATUS(status);
}

struct program_result program_run(const char *const *argv, const char *input)
{
    struct program_result result = {.status = -1};
    int fds[3];
    for (int i = 0; i < 3; i++) {
        fds[i] = memfd_create("program", MFD_CLOEXEC);
    }
    size_t len = strlen(input);
    if (pwrite(fds[0], input, len, 0) == (ssize_t)len) {
        result.status = spawn(argv, fds);
    }
    result.output = read_back(fds[1]);
    result.errors = read_back(fds[2]);
    for (int i = 0; i < 3; i++) {
        close(fds[i]);
    }
    return result;
}

void program_result_deinit(struct program_result *result)
{
    free(result->output);
    free(result->errors);
}
