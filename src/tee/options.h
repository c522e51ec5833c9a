/* sysmem-securemem's options. */
#ifndef TEE_OPTIONS_H
#define TEE_OPTIONS_H

#include "base/log.h"
#include "base/strbuf.h"
#include "tee/hardware.h"
#include "tee/trap.h"

struct tee_options {
    const char *socket;    /* of the daemon; NULL: where clients look */
    const char *device;    /* where devices speak; NULL: nowhere */
    const char *ask;       /* where to speak as a device, and nothing else; NULL: nowhere */
    struct strbuf request; /* what to say there */
    struct hardware_config hardware;
    struct traps traps;
    enum log_level level;
};

/* Ends the process with status 2 and usage on wrong options. The texts are those of argv. */
void tee_options_parse(struct tee_options *options, int argc, char **argv);

#endif
