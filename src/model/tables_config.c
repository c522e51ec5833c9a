#include "model/config.h"
#include "model/table_rows.h"
#include "model/tables.h"

#define T struct model_config
static const struct model_field config_fields[] = {
    TABLES(1, format_costs, 0, model_type_format_cost_entry),
};
const struct model_type model_type_config = TYPE("Config", config_fields);
#undef T

#define T struct model_format_costs
static const struct model_field format_costs_fields[] = {
    TABLES(1, format_costs, 0, model_type_format_cost_entry),
};
const struct model_type model_type_format_costs = TYPE("FormatCosts", format_costs_fields);
#undef T
