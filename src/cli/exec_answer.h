/* What a two-way call came to, as a reply of `exec`. */
#ifndef CLI_EXEC_ANSWER_H
#define CLI_EXEC_ANSWER_H

#include "cli/exec.h"
#include "client/channel.h"

/* Fills the request's reply from the answer, and clears the answer. Handles in it get fresh names.
 */
void exec_answer(struct exec *exec, const struct request *request, struct channel_reply *answer);

#endif
