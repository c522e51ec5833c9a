/* What a shared object of this project shows to the outside. */
#ifndef SYSMEM_EXPORT_H
#define SYSMEM_EXPORT_H

#define SYSMEM_EXPORT __attribute__((visibility("default")))

#endif
