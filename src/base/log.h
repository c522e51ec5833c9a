/* One line an event, on standard error with an sd-daemon level prefix where the journal reads it.
 * The level is process-wide and set once at start; lines are written whole, so threads may log. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <sys/types.h>

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG,
};

/* Lines above this level are dropped. INFO at start. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* Where lines go: NULL is standard error. The text has neither level nor newline. For tests. */
typedef void (*log_sink_fn)(void *arg, enum log_level level, const char *text);
void log_set_sink(log_sink_fn sink, void *arg);

/* "error", "warning", "info", "debug"; -1 for another word. */
int log_level_parse(const char *word);
const char *log_level_name(enum log_level level);

/* From here on, what this thread logs is because of a client of this uid, until log_end_cause(): it
 * may write LOG_LIMIT_LINES lines a second (base/log_limit.h); the rest is dropped and counted.
 * Debug lines always go. Does not nest. Uids may share a limit, when there are many. */
void log_begin_cause(uid_t uid);
void log_end_cause(void);

__attribute__((format(printf, 2, 3))) void log_line(enum log_level level, const char *format, ...);

#define log_error(...)   log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)                                                                             \
    do {                                                                                           \
        if (log_get_level() >= LOG_LEVEL_DEBUG) {                                                  \
            log_line(LOG_LEVEL_DEBUG, __VA_ARGS__);                                                \
        }                                                                                          \
    } while (0)

#endif
