#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "participant.h"

int options_refuse(const char *program, const char *complaint)
{
    (void)fprintf(stderr, "%s: %s; see %s --help\n", program, complaint, program);
    return EXIT_USAGE;
}

struct options options_parse(int argc, char **argv, const char *help)
{
    static const struct option known[] = {
        {"link",     required_argument, NULL, 'l'},
        {"sysmem",   required_argument, NULL, 's'},
        {"report",   required_argument, NULL, 'r'},
        {"sheet",    required_argument, NULL, 'p'},
        {"video",    required_argument, NULL, 'v'},
        {"realtime", no_argument,       NULL, 't'},
        {"help",     no_argument,       NULL, 'h'},
        {NULL,       0,                 NULL, 0  },
    };
    struct options options = {0};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'l':
            options.link = optarg;
            break;
        case 's':
            options.sysmem = optarg;
            break;
        case 'r':
            options.report = optarg;
            break;
        case 'p':
            options.sheet = optarg;
            break;
        case 'v':
            options.video = optarg;
            break;
        case 't':
            options.realtime = true;
            break;
        case 'h':
            (void)fputs(help, stdout);
            exit(EXIT_DONE);
        default:
            exit(options_refuse(argv[0], "wrong command line"));
        }
    }
    options.input = argv[optind];
    if (!options.link || (argv[optind] && argv[optind + 1])) {
        exit(options_refuse(argv[0], options.link ? "too many arguments" : "--link is missing"));
    }
    return options;
}
