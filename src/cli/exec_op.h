/* The operations of `sysmemctl exec`: what "do" may say. Each reads its request and fills the
 * request's reply. */
#ifndef CLI_EXEC_OP_H
#define CLI_EXEC_OP_H

#include "cli/exec.h"

typedef void (*exec_op_fn)(struct exec *exec, const struct request *request);

/* Calls (exec_call.c, exec_async.c). */
void exec_op_connect(struct exec *exec, const struct request *request);
void exec_op_call(struct exec *exec, const struct request *request);
void exec_op_await(struct exec *exec, const struct request *request);

/* Handles (exec_handle.c, exec_info.c). */
void exec_op_channel(struct exec *exec, const struct request *request);
void exec_op_eventpair(struct exec *exec, const struct request *request);
void exec_op_event(struct exec *exec, const struct request *request);
void exec_op_close(struct exec *exec, const struct request *request);
void exec_op_names(struct exec *exec, const struct request *request);
void exec_op_duplicate(struct exec *exec, const struct request *request);
void exec_op_wait(struct exec *exec, const struct request *request);
void exec_op_info(struct exec *exec, const struct request *request);
void exec_op_sleep(struct exec *exec, const struct request *request);

/* Memory (exec_memory.c). */
void exec_op_vmo_create(struct exec *exec, const struct request *request);
void exec_op_vmo_create_child(struct exec *exec, const struct request *request);
void exec_op_vmo_read(struct exec *exec, const struct request *request);
void exec_op_vmo_write(struct exec *exec, const struct request *request);
void exec_op_map(struct exec *exec, const struct request *request);
void exec_op_map_read(struct exec *exec, const struct request *request);
void exec_op_map_write(struct exec *exec, const struct request *request);
void exec_op_unmap(struct exec *exec, const struct request *request);

/* Between sessions (exec_transfer.c). */
void exec_op_send(struct exec *exec, const struct request *request);
void exec_op_receive(struct exec *exec, const struct request *request);

#endif
