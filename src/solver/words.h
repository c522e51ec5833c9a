/* A conflict in words: what each of its members wants, and what stands against it.
 * Source: docs/reasons.md, How it is told. */
#ifndef SOLVER_WORDS_H
#define SOLVER_WORDS_H

#include "base/strbuf.h"
#include "solver/probe.h"

/* Appends the value of a field that is set, which may be a size: `640x480`. */
void words_value(const struct model_field *field, const void *table, struct strbuf *buf);

/* Appends what a field says: `max_buffer_count 3`, `usage CPU_USAGE_WRITE`, `pixel_format NV12
 * LINEAR`. `with_domains`: and what a usage means for coherency domains that are unset. */
void words_field(const struct solver_environment *environment,
                 const struct sysmem_buffer_collection_constraints *constraints,
                 const struct relax_field *field, bool with_domains, struct strbuf *buf);

/* The same without the field's name. */
void words_field_value(const struct solver_environment *environment,
                       const struct sysmem_buffer_collection_constraints *constraints,
                       const struct relax_field *field, bool with_domains, struct strbuf *buf);

/* Appends `wanted ..., got ...` for one field that a reduced probe has kept. */
void words_detail(const struct probe *probe, size_t participant, const struct relax_field *field,
                  struct strbuf *buf);

#endif
