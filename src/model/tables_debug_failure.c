#include "model/debug.h"
#include "model/failure.h"
#include "model/names.h"
#include "model/table_rows.h"
#include "model/tables.h"

#define T struct model_debug_reason
static const struct model_field debug_reason_fields[] = {
    U64(1, node),
    STRING(2, participant, MODEL_FAILURE_MAX_PARTICIPANT),
    STRING(3, field, MODEL_FAILURE_MAX_FIELD),
    STRING(4, detail, MODEL_FAILURE_MAX_DETAIL),
};
const struct model_type model_type_debug_reason = TYPE("DebugReason", debug_reason_fields);
#undef T

#define T struct model_debug_conflict
static const struct model_field debug_conflict_fields[] = {
    U32S(1, selected, 4096),
    TABLES(2, reasons, 256, model_type_debug_reason),
    U64(3, omitted),
    BOOL(4, minimal),
};
const struct model_type model_type_debug_conflict = TYPE("DebugConflict", debug_conflict_fields);
#undef T

#define T struct model_debug_failure
static const struct model_field debug_failure_fields[] = {
    U64(1, number),
    U64(2, time_ns),
    U64(3, collection_id),
    STRING(4, collection_name, 64),
    U64(5, part),
    U32(6, owner_uid),
    U32_NAMED(7, error, model_error_names),
    TABLES(8, participants, 256, model_type_debug_participant),
    U64(9, participants_omitted),
    TABLE(10, conflict, model_type_debug_conflict),
    TABLES(11, conflicts, 0, model_type_debug_conflict),
};
const struct model_type model_type_debug_failure = TYPE("DebugFailure", debug_failure_fields);
#undef T

#define T struct model_debug_get_failures_request
static const struct model_field debug_get_failures_request_fields[] = {
    U64(1, collection_id),
    U64(2, after),
    BOOL(3, every_combination),
};
const struct model_type model_type_debug_get_failures_request =
    TYPE("DebugGetFailuresRequest", debug_get_failures_request_fields);
#undef T

#define T struct model_debug_get_failures_response
static const struct model_field debug_get_failures_response_fields[] = {
    TABLES(1, failures, 64, model_type_debug_failure),
    BOOL(2, more),
};
const struct model_type model_type_debug_get_failures_response =
    TYPE("Debug_GetFailures_Response", debug_get_failures_response_fields);
#undef T
