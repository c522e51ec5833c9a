/* Running a program to its end. */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

struct program_result {
    int status;   /* its exit status; -1: it did not end by itself, or never started */
    char *output; /* what it wrote to standard output and to standard error */
    char *errors;
};

/* Runs argv[0] (a path, or a command on PATH) with `input` (NUL-terminated) as its standard input.
 * Free with program_result_deinit(). */
struct program_result program_run(const char *const *argv, const char *input);

void program_result_deinit(struct program_result *result);

#endif
