/* How a registry makes the provider of a heap. */
#ifndef CLIENT_HEAP_PROVIDER_H
#define CLIENT_HEAP_PROVIDER_H

#include <sys/types.h>

#include <sysmem/heap_provider.h>

/* A provider on this side's end of a channel, which it takes over in every case. */
sysmem_status_t heap_provider_new(int fd, const struct sysmem_heap_provider_config *config,
                                  struct sysmem_heap_provider **ret);

/* Tells the daemon, whose uid this is, that it may ask. */
sysmem_status_t heap_provider_start(struct sysmem_heap_provider *provider, uid_t daemon);

#endif
