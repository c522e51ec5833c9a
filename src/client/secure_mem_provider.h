/* How a registry makes a provider of secure memory. */
#ifndef CLIENT_SECURE_MEM_PROVIDER_H
#define CLIENT_SECURE_MEM_PROVIDER_H

#include <sysmem/secure_mem_provider.h>

/* A provider on this side's end of a channel, which it takes over in every case. */
sysmem_status_t secure_mem_provider_new(int fd, const struct sysmem_secure_mem_ops *ops, void *arg,
                                        struct sysmem_secure_mem_provider **ret);

#endif
