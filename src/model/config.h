/* The roots of the interface's configuration tables. Source: spec/fuchsia.sysmem2.txt, TABLES,
 * Config. */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sysmem/types.h>
#include <zircon/types.h>

struct model_config {
    const struct sysmem_format_cost_entry *format_costs;
    size_t format_costs_count;
    struct {
        bool format_costs;
    } has;
};

struct model_format_costs {
    const struct sysmem_format_cost_entry *format_costs;
    size_t format_costs_count;
    struct {
        bool format_costs;
    } has;
};

#endif
