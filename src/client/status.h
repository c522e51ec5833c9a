/* Other modules' refusals as statuses. */
#ifndef CLIENT_STATUS_H
#define CLIENT_STATUS_H

#include <sysmem/error.h>

/* What stream_send() or stream_receive() said besides 0 and 1. */
sysmem_status_t status_from_stream(int result);

#endif
