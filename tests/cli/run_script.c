/* Runs a conversation with `sysmemctl exec`: run_script SYSMEMCTL SCRIPT.
 *
 * A script has one JSON object a line; lines that start with # are comments. {"config": {...}} as
 * the very first line is what the daemon is configured with. Each other is one step:
 *   {"request": {...}, "reply": PATTERN}   sends, and compares the reply (pattern.h)
 *   {"line": "text", "reply": PATTERN}     the same with a text that may not be JSON
 *   {"request": {...}}                     sends only; the reply is for a later step
 *   {"reply": PATTERN}                     the reply to an earlier step
 *   {"command": [...], "says": [...]}      runs another sub-command, which must print each of these
 * texts
 *   {"replay": {...}, "options": [...], "status": N, "output": PATTERN}   edits what `inspect`
 * prints (replay.h) and has `solve` answer it; "error" is a part of what that says on standard
 * error
 *   {"daemon": "kill"}                     kills the daemon; "stop" and "continue" suspend it
 * "repeat": N does a step N times; "session": "B" chooses another exec process; strings in requests
 * that start with @/ are paths in the test's own directory. At the end every session must have
 * exited with status 0, and without a reply that nobody expected. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pattern.h"
#include "program.h"
#include "replay.h"
#include "support/daemon.h"

#define MAX_SESSIONS  4
#define MAX_ARGUMENTS 10

struct session {
    char name[16];
    pid_t pid;
    FILE *in;  /* its standard input */
    FILE *out; /* its standard output */
};

struct script {
    const char *sysmemctl;
    struct daemon daemon;
    struct session sessions[MAX_SESSIONS];
    size_t session_count;
    json_t *names; /* of pattern.h */
};

static bool start_session(struct script *script, struct session *session)
{
    int in[2];
    int out[2];
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0) {
        return false;
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    char *argv[] = {(char *)script->sysmemctl, (char *)"exec", (char *)"--socket",
                    script->daemon.socket, NULL};
    int error = posix_spawn(&session->pid, script->sysmemctl, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    session->in = fdopen(in[1], "w");
    session->out = fdopen(out[0], "r");
    return error == 0 && session->in != NULL && session->out != NULL;
}

static struct session *session_of(struct script *script, const json_t *step)
{
    const char *name = json_string_value(json_object_get(step, "session"));
    name = name == NULL ? "A" : name;
    for (size_t i = 0; i < script->session_count; i++) {
        if (strcmp(script->sessions[i].name, name) == 0) {
            return &script->sessions[i];
        }
    }
    if (script->session_count == MAX_SESSIONS) {
        return NULL;
    }
    struct session *session = &script->sessions[script->session_count++];
    (void)snprintf(session->name, sizeof(session->name), "%s", name);
    return start_session(script, session) ? session : NULL;
}

/* Puts the test's directory in the place of @ in a request's paths. */
static void expand_paths(const struct script *script, json_t *request)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(request, key, value)
    {
        const char *text = json_string_value(value);
        if (text != NULL && strncmp(text, "@/", 2) == 0) {
            json_t *path = json_sprintf("%s%s", script->daemon.dir, text + 1);
            json_string_set(value, json_string_value(path));
            json_decref(path);
        }
    }
}

static bool send_step(struct script *script, struct session *session, json_t *step)
{
    json_t *request = json_object_get(step, "request");
    const char *line = json_string_value(json_object_get(step, "line"));
    if (request != NULL) {
        expand_paths(script, request);
        json_dumpf(request, session->in, JSON_COMPACT);
    } else if (line != NULL) {
        (void)fputs(line, session->in);
    } else {
        return true;
    }
    return fputc('\n', session->in) != EOF && fflush(session->in) == 0;
}

/* A reply line, or NULL when none comes. */
static char *read_line(struct session *session)
{
    struct pollfd fd = {.fd = fileno(session->out), .events = POLLIN};
    char *line = NULL;
    size_t size = 0;
    if (poll(&fd, 1, DAEMON_PATIENCE_MS) != 1 || getline(&line, &size, session->out) < 0) {
        free(line);
        return NULL;
    }
    return line;
}

static bool check_reply(struct script *script, struct session *session, const json_t *step)
{
    const json_t *pattern = json_object_get(step, "reply");
    if (pattern == NULL) {
        return true;
    }
    char *line = read_line(session);
    json_t *reply = line == NULL ? NULL : json_loads(line, 0, NULL);
    bool matches = reply != NULL && pattern_matches(pattern, reply, script->names);
    if (!matches) {
        (void)fprintf(stderr, "got:    %s\n", line == NULL ? "nothing" : line);
    }
    json_decref(reply);
    free(line);
    return matches;
}

static bool do_to_daemon(struct script *script, const char *what)
{
    if (strcmp(what, "kill") == 0) {
        daemon_kill(&script->daemon);
        return true;
    }
    return kill(script->daemon.pid, strcmp(what, "stop") == 0 ? SIGSTOP : SIGCONT) == 0;
}

/* Runs a sub-command to its end; an item "$NAME" stands for what a reply gave that name to. */
static bool run_command(struct script *script, const json_t *command, const json_t *says)
{
    const char *argv[MAX_ARGUMENTS] = {script->sysmemctl, "--socket", script->daemon.socket};
    for (size_t i = 0; i < json_array_size(command) && i + 4 < MAX_ARGUMENTS; i++) {
        const char *item = json_string_value(json_array_get(command, i));
        const json_t *known = item[0] == '$' ? json_object_get(script->names, item + 1) : NULL;
        argv[i + 3] = known == NULL ? item : json_string_value(known);
    }
    struct program_result result = program_run(argv, "");
    bool passed = result.status == 0;
    for (size_t i = 0; i < json_array_size(says); i++) {
        passed =
            passed && strstr(result.output, json_string_value(json_array_get(says, i))) != NULL;
    }
    if (!passed) {
        (void)fprintf(stderr, "status %d\n%s%s\n", result.status, result.output, result.errors);
    }
    program_result_deinit(&result);
    return passed;
}

/* A copy of a list, with what a reply gave its name to in the place of each "$NAME". */
static json_t *with_names(const struct script *script, const json_t *list)
{
    json_t *copy = json_array();
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *item = json_array_get(list, i);
        const char *text = json_string_value(item);
        json_t *known = text[0] == '$' ? json_object_get(script->names, text + 1) : NULL;
        (void)json_array_append(copy, known == NULL ? item : known);
    }
    return copy;
}

/* What `solve` says to what the daemon has now. */
static bool run_replay(struct script *script, const json_t *step)
{
    const json_t *pattern = json_object_get(step, "output");
    const char *error = json_string_value(json_object_get(step, "error"));
    struct program_result result;
    json_t *options = with_names(script, json_object_get(step, "options"));
    bool ran = replay_run(script->sysmemctl, script->daemon.socket, json_object_get(step, "replay"),
                          options, &result);
    json_decref(options);
    if (!ran) {
        return false;
    }
    json_t *output = json_loads(result.output, 0, NULL);
    bool passed =
        result.status == json_integer_value(json_object_get(step, "status")) &&
        (pattern == NULL ? output == NULL : pattern_matches(pattern, output, script->names)) &&
        (error == NULL ? result.errors[0] == '\0' : strstr(result.errors, error) != NULL);
    if (!passed) {
        (void)fprintf(stderr, "status %d\n%s%s\n", result.status, result.output, result.errors);
    }
    json_decref(output);
    program_result_deinit(&result);
    return passed;
}

static bool run_step(struct script *script, json_t *step)
{
    const char *what = json_string_value(json_object_get(step, "daemon"));
    if (what != NULL) {
        return do_to_daemon(script, what);
    }
    const json_t *command = json_object_get(step, "command");
    if (command != NULL) {
        return run_command(script, command, json_object_get(step, "says"));
    }
    if (json_object_get(step, "replay") != NULL) {
        return run_replay(script, step);
    }
    struct session *session = session_of(script, step);
    const json_t *repeat = json_object_get(step, "repeat");
    json_int_t times = repeat == NULL ? 1 : json_integer_value(repeat);
    bool passed = session != NULL;
    for (json_int_t i = 0; passed && i < times; i++) {
        passed = send_step(script, session, step) && check_reply(script, session, step);
    }
    return passed;
}

/* Ends a session's input, and sees that it ends well and has nothing more to say. */
static bool end_session(struct session *session)
{
    int status = 0;
    (void)fclose(session->in);
    bool silent = fgetc(session->out) == EOF;
    (void)fclose(session->out);
    bool ended = waitpid(session->pid, &status, 0) == session->pid && status == 0;
    if (!silent || !ended) {
        (void)fprintf(stderr, "session %s: %s; wait status %#x\n", session->name,
                      silent ? "no more replies" : "a reply that nobody expected",
                      (unsigned)status);
    }
    return silent && ended;
}

static bool run_script(struct script *script, FILE *file, const char *path)
{
    char *line = NULL;
    size_t size = 0;
    bool passed = true;
    for (unsigned number = 1; passed && getline(&line, &size, file) >= 0; number++) {
        if (line[0] == '#' || line[0] == '\n') {
            continue;
        }
        json_error_t error;
        json_t *step = json_loads(line, JSON_REJECT_DUPLICATES, &error);
        passed = step != NULL && run_step(script, step);
        if (!passed) {
            (void)fprintf(stderr, "%s:%u: %s\nwanted: %s", path, number,
                          step == NULL ? error.text : "not as expected", line);
        }
        json_decref(step);
    }
    free(line);
    for (size_t i = 0; i < script->session_count; i++) {
        passed = end_session(&script->sessions[i]) && passed;
    }
    return passed;
}

/* Starts the daemon, with the configuration that the script's first line may have. */
static bool start_daemon(struct daemon *daemon, FILE *file)
{
    json_t *first = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL);
    const json_t *config = json_object_get(first, "config");
    char *text = config == NULL ? NULL : json_dumps(config, 0);
    const struct daemon_options options = {.config = text};
    if (text == NULL) {
        rewind(file);
    }
    int failed = daemon_start(daemon, &options);
    free(text);
    json_decref(first);
    return failed == 0;
}

int main(int argc, char **argv)
{
    struct script script = {.sysmemctl = argc == 3 ? argv[1] : NULL};
    FILE *file = argc == 3 ? fopen(argv[2], "re") : NULL;
    if (file == NULL) {
        (void)fprintf(stderr, "usage: run_script SYSMEMCTL SCRIPT\n");
        return 2;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    if (!start_daemon(&script.daemon, file)) {
        return 1;
    }
    script.names = json_object();
    bool passed = run_script(&script, file, argv[2]);
    passed = daemon_stop(&script.daemon) && passed;
    json_decref(script.names);
    (void)fclose(file);
    return passed ? 0 : 1;
}
