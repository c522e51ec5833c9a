#include "tee/options.h"

#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_GRANULARITY = 256,
    OPTION_MAX_RANGES,
    OPTION_NO_MODIFY,
    OPTION_NOT_DYNAMIC,
    OPTION_FIXED,
    OPTION_NO_HEAP,
};

static const struct argp_option rows[] = {
    {"socket",                                                                              's', "PATH", 0, "The daemon's socket. Without it: where clients look", 0},
    {"device",                                                                               'd', "PATH", 0, "Let devices of the emulated hardware speak at PATH: see --ask", 0},
    {"ask",                                'q', "PATH", 0,
     "Do nothing but speak as a device at PATH: the arguments are 'read open|secure ADDRESS "
     "LENGTH', 'write open|secure ADDRESS HEX' or 'ranges'. Exit status 0: ok, 1: a fault", 0},
    {"heap",                                                                                     'H', "TYPE", 0,
     "The heap whose memory the daemon has and has protected range by range "
     "(fuchsia.amlogic.platform.sysmem.heap.HEAP_TYPE.SECURE)", 0},
    {"no-heap",    OPTION_NO_HEAP, NULL, 0, "There is none such", 0},
    {"fixed-heap",                                                                                    OPTION_FIXED, "TYPE@ADDRESS+SIZE", 0,
     "A heap whose memory is the hardware's own, and always protected; may be given again", 0},
    {"granularity",                                                                                    OPTION_GRANULARITY, "BYTES", 0,
     "What protected ranges are multiples of (65536)", 0},
    {"max-ranges",                                                                                 OPTION_MAX_RANGES, "N", 0, "How many there can be at a time (16)", 0},
    {"no-modify",                                                                               OPTION_NO_MODIFY, NULL, 0, "Ranges can only be added and deleted", 0},
    {"not-dynamic", OPTION_NOT_DYNAMIC, NULL, 0, "One range can be added, once and for all", 0},
    {"at",                                                                                     'a', "CALL[:N]=KIND", 0,
     "Let the N-th such call of the daemon's (each, without N) go wrong. CALL: dynamic, "
     "physical, properties, memory, add, delete, modify, zero. KIND: fail, exit, exit-after, stop", 0},
    {"log-level",'l', "LEVEL", 0, "error, warning, info (the default) or debug", 0},
    {0                                                                                   },
};

static bool parse_number(const char *text, char stop, char **ret_end, uint64_t *ret)
{
    errno = 0;
    *ret_end = (char *)(uintptr_t)text;
    *ret = isdigit((unsigned char)text[0]) ? strtoull(text, ret_end, 0) : 0;
    return isdigit((unsigned char)text[0]) && errno == 0 && **ret_end == stop;
}

static void add_fixed(struct argp_state *state, struct hardware_config *config, char *text)
{
    char *at = strrchr(text, '@');
    char *end = NULL;
    struct hardware_fixed fixed = {.heap_type = text};
    bool good = at != NULL && at != text && config->fixed_count < HARDWARE_MAX_FIXED &&
                parse_number(at + 1, '+', &end, &fixed.range.physical_address) &&
                parse_number(end + 1, '\0', &end, &fixed.range.size_bytes);
    if (!good || fixed.range.size_bytes == 0 ||
        ((fixed.range.physical_address | fixed.range.size_bytes) & 4095) != 0 ||
        fixed.range.physical_address > UINT64_MAX - fixed.range.size_bytes) {
        argp_error(state,
                   "--fixed-heap: wanted TYPE@ADDRESS+SIZE in whole pages, at most %d times, "
                   "got '%s'",
                   HARDWARE_MAX_FIXED, text);
        return;
    }
    *at = '\0';
    config->fixed[config->fixed_count++] = fixed;
}

static uint64_t number(struct argp_state *state, const char *option, const char *text)
{
    char *end = NULL;
    uint64_t value = 0;
    if (!parse_number(text, '\0', &end, &value) || value == 0) {
        argp_error(state, "--%s: wanted a number of 1 or more, got '%s'", option, text);
    }
    return value;
}

static void parse_granularity(struct argp_state *state, struct tee_options *options,
                              const char *text)
{
    uint64_t value = number(state, "granularity", text);
    if (value < 4096 || value > (1U << 30) || (value & (value - 1)) != 0) {
        argp_error(state, "--granularity: wanted a power of two from 4096 to 2^30, got '%s'", text);
    }
    options->hardware.properties.protected_range_granularity = (uint32_t)value;
}

static void parse_level(struct argp_state *state, struct tee_options *options, const char *text)
{
    int level = log_level_parse(text);
    if (level < 0) {
        argp_error(state, "--log-level: wanted error, warning, info or debug, got '%s'", text);
    }
    options->level = (enum log_level)level;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct tee_options *options = state->input;
    struct sysmem_secure_heap_properties *properties = &options->hardware.properties;
    switch (key) {
    case 's':
        options->socket = arg;
        return 0;
    case 'd':
        options->device = arg;
        return 0;
    case 'q':
        options->ask = arg;
        return 0;
    case 'H':
        options->hardware.heap_type = arg;
        return 0;
    case 'a': {
        char *text = strdup(arg); /* the traps keep it */
        if (text == NULL || !traps_add(&options->traps, text)) {
            argp_error(state, "--at: wanted CALL[:N]=KIND, at most %d times, got '%s'", TRAP_MAX,
                       arg);
        }
        return 0;
    }
    case 'l':
        parse_level(state, options, arg);
        return 0;
    case OPTION_NO_HEAP:
        options->hardware.heap_type = NULL;
        return 0;
    case OPTION_FIXED:
        add_fixed(state, &options->hardware, arg);
        return 0;
    case OPTION_GRANULARITY:
        parse_granularity(state, options, arg);
        return 0;
    case OPTION_MAX_RANGES:
        properties->max_protected_range_count = number(state, "max-ranges", arg);
        return 0;
    case OPTION_NO_MODIFY:
        properties->is_mod_protected_range_available = false;
        return 0;
    case OPTION_NOT_DYNAMIC:
        properties->dynamic_protection_ranges = false;
        return 0;
    case ARGP_KEY_ARG:
        strbuf_addf(&options->request, "%s%s", options->request.len > 0 ? " " : "", arg);
        return 0;
    case ARGP_KEY_END:
        if ((options->ask == NULL) != (options->request.len == 0)) {
            argp_error(state, "wanted --ask and a request, or neither");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

void tee_options_parse(struct tee_options *options, int argc, char **argv)
{
    static const struct argp argp = {
        .options = rows,
        .parser = parse,
        .args_doc = "[REQUEST...]",
        .doc = "Emulated hardware for secure memory, and its driver: what sysmemd asks to protect "
               "buffers that no CPU may reach.",
    };
    *options = (struct tee_options){
        .hardware = {.heap_type = "fuchsia.amlogic.platform.sysmem.heap.HEAP_TYPE.SECURE",
                     .properties = {true, 65536, 16, true}},
        .level = LOG_LEVEL_INFO,
    };
    argp_err_exit_status = 2;
    (void)argp_parse(&argp, argc, argv, 0, NULL, options);
}
