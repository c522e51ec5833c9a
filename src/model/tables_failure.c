#include "model/failure.h"
#include "model/table_rows.h"
#include "model/tables.h"

#define T struct sysmem_reason
static const struct model_field reason_fields[] = {
    STRING(1, participant, MODEL_FAILURE_MAX_PARTICIPANT),
    STRING(2, field, MODEL_FAILURE_MAX_FIELD),
    STRING(3, detail, MODEL_FAILURE_MAX_DETAIL),
    BOOL(4, own),
};
const struct model_type model_type_reason = TYPE("Reason", reason_fields);
#undef T

#define T struct model_failure
static const struct model_field failure_fields[] = {
    TABLES(1, reasons, MODEL_FAILURE_MAX_REASONS, model_type_reason),
    U32(2, omitted),
    BOOL(3, minimal),
};
const struct model_type model_type_failure = TYPE("Failure", failure_fields);
#undef T
