/* What a program of the pipeline tells about its run: one key=value a line, each written at once,
 * to a file, a FIFO, or nowhere. */
#ifndef PIPELINE_REPORT_H
#define PIPELINE_REPORT_H

#include <stdbool.h>
#include <stdio.h>

struct report {
    FILE *file; /* NULL: nobody wants it */
};

/* `path` NULL: nowhere. False: it cannot be written, errno says why. */
bool report_open(struct report *report, const char *path);

__attribute__((format(printf, 3, 4))) void report_line(struct report *report, const char *key,
                                                       const char *format, ...);

void report_close(struct report *report);

#endif
