#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum log_level current_level = LOG_LEVEL_INFO;
static log_sink_fn current_sink;
static void *current_sink_arg;

static const char *const level_names[] = {"error", "warning", "info", "debug"};

void log_set_level(enum log_level level)
{
    current_level = level;
}

enum log_level log_get_level(void)
{
    return current_level;
}

void log_set_sink(log_sink_fn sink, void *arg)
{
    current_sink = sink;
    current_sink_arg = arg;
}

int log_level_parse(const char *word)
{
    for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
        if (strcmp(word, level_names[i]) == 0) {
            return (int)i;
        }
    }
    return -1;
}

const char *log_level_name(enum log_level level)
{
    return level_names[level];
}

/* The journal takes "<N>" at the start of a line as its priority (sd-daemon(3)). */
static const char *journal_prefix(enum log_level level)
{
    static const char *const prefixes[] = {"<3>", "<4>", "<6>", "<7>"};
    return getenv("JOURNAL_STREAM") != NULL ? prefixes[level] : "";
}

void log_line(enum log_level level, const char *format, ...)
{
    if (level > current_level) {
        return;
    }
    va_list args;
    va_start(args, format);
    char text[4096]; /* a longer line is cut */
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (current_sink != NULL) {
        current_sink(current_sink_arg, level, text);
        return;
    }
    (void)fprintf(stderr, "%s%s: %s\n", journal_prefix(level), level_names[level], text);
}
