/* The command line of the pipeline's programs. */
#ifndef PIPELINE_OPTIONS_H
#define PIPELINE_OPTIONS_H

#include <stdbool.h>

struct options {
    const char *link;   /* --link PATH: the socket between the programs */
    const char *sysmem; /* --sysmem PATH: the daemon's socket, or NULL */
    const char *report; /* --report FILE, or NULL */
    const char *sheet;  /* --sheet FILE */
    const char *video;  /* --video FILE */
    bool realtime;      /* --realtime */
    const char *input;  /* the one argument that is no option, or NULL */
};

/* Reads the command line. Prints `help` and exits for --help; with a complaint, for a wrong one
 * (status 2). */
struct options options_parse(int argc, char **argv, const char *help);

/* Prints a complaint and where the help is; returns EXIT_USAGE. */
int options_refuse(const char *program, const char *complaint);

#endif
