#include "report.h"

#include <stdarg.h>

bool report_open(struct report *report, const char *path)
{
    report->file = path ? fopen(path, "we") : NULL;
    return report->file != NULL || path == NULL;
}

void report_line(struct report *report, const char *key, const char *format, ...)
{
    if (!report->file) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    (void)fprintf(report->file, "%s=", key);
    (void)vfprintf(report->file, format, arguments);
    va_end(arguments);
    (void)fputc('\n', report->file);
    (void)fflush(report->file);
}

void report_close(struct report *report)
{
    if (report->file) {
        (void)fclose(report->file);
        report->file = NULL;
    }
}
