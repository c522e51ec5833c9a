#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log_limit.h"

/* A table of fixed size, so that nobody gets a new limit by coming anew. */
#define CAUSES 64

static struct log_limit causes[CAUSES];
static _Thread_local struct log_limit *current_cause;
static _Thread_local uid_t current_uid;
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

void log_begin_cause(uid_t uid)
{
    current_cause = &causes[uid % CAUSES];
    current_uid = uid;
}

void log_end_cause(void)
{
    current_cause = NULL;
}

static void write_line(enum log_level level, const char *text)
{
    if (current_sink != NULL) {
        current_sink(current_sink_arg, level, text);
    } else {
        (void)fprintf(stderr, "%s%s: %s\n", journal_prefix(level), level_names[level], text);
    }
}

/* Whether the cause may write one more line. */
static bool cause_may_write(struct log_limit *cause)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t now_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    uint32_t dropped = 0;
    enum log_limit_verdict verdict = log_limit_count(cause, now_ns, &dropped);
    char text[128];
    if (dropped > 0) {
        (void)snprintf(text, sizeof(text), "uid %u: %u lines were dropped", (unsigned)current_uid,
                       dropped);
        write_line(LOG_LEVEL_WARNING, text);
    }
    if (verdict == LOG_LIMIT_SAY_SO) {
        (void)snprintf(text, sizeof(text),
                       "uid %u: more than %d lines in a second: the rest is dropped",
                       (unsigned)current_uid, LOG_LIMIT_LINES);
        write_line(LOG_LEVEL_WARNING, text);
    }
    return verdict == LOG_LIMIT_WRITE;
}

void log_line(enum log_level level, const char *format, ...)
{
    bool limited = current_cause != NULL && level != LOG_LEVEL_DEBUG;
    if (level > current_level || (limited && !cause_may_write(current_cause))) {
        return;
    }
    va_list args;
    va_start(args, format);
    char text[4096]; /* a longer line is cut */
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    write_line(level, text);
}
