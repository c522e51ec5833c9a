/* What a shared object of this project shows to the outside. */
#ifndef SYSMEM_EXPORT_H
#define SYSMEM_EXPORT_H

/* Stands before each public function. Programs in C++ find it under its C name. */
#ifdef __cplusplus
#define SYSMEM_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define SYSMEM_EXPORT __attribute__((visibility("default")))
#endif

#endif
