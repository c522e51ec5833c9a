/* What is logged, kept for a test to look at. One at a time; any thread may log. */
#ifndef TESTS_UNIT_LOG_LINES_H
#define TESTS_UNIT_LOG_LINES_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/log.h"

static struct {
    pthread_mutex_t lock;
    char text[256 * 1024]; /* lines "warning: ..."; what does not fit is lost */
    size_t len;
} log_lines = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void log_lines_add(const char *text)
{
    size_t len = strlen(text);
    if (len < sizeof(log_lines.text) - log_lines.len) {
        memcpy(log_lines.text + log_lines.len, text, len + 1);
        log_lines.len += len;
    }
}

static void log_lines_take(void *arg, enum log_level level, const char *text)
{
    (void)arg;
    (void)pthread_mutex_lock(&log_lines.lock);
    log_lines_add(log_level_name(level));
    log_lines_add(": ");
    log_lines_add(text);
    log_lines_add("\n");
    (void)pthread_mutex_unlock(&log_lines.lock);
}

/* Keeps lines up to `level` from now on, none at first. */
static inline void log_lines_begin(enum log_level level)
{
    log_lines.len = 0;
    log_lines.text[0] = '\0';
    log_set_level(level);
    log_set_sink(log_lines_take, NULL);
}

static inline void log_lines_end(void)
{
    log_set_sink(NULL, NULL);
    log_set_level(LOG_LEVEL_ERROR);
}

/* How often a text occurs. */
static inline size_t log_lines_count(const char *text)
{
    size_t count = 0;
    (void)pthread_mutex_lock(&log_lines.lock);
    for (const char *at = log_lines.text; (at = strstr(at, text)) != NULL; at += strlen(text)) {
        count++;
    }
    (void)pthread_mutex_unlock(&log_lines.lock);
    return count;
}

static inline bool log_lines_have(const char *text)
{
    return log_lines_count(text) > 0;
}

#endif
