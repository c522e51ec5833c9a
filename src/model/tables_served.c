#include "model/method.h"
#include "model/served.h"
#include "model/table_rows.h"
#include "model/tables.h"

#define T struct model_allocator_open_registry_request
static const struct model_field allocator_open_registry_request_fields[] = {
    CHANNEL_END(1, server_end, MODEL_HANDLE_SERVER_END, MODEL_PROTOCOL_REGISTRY),
};
const struct model_type model_type_allocator_open_registry_request =
    TYPE("AllocatorOpenRegistryRequest", allocator_open_registry_request_fields);
#undef T

#define T struct model_registry_register_heap_request
static const struct model_field registry_register_heap_request_fields[] = {
    TABLE(1, heap, model_type_heap),
    CHANNEL_END(2, heap_connection, MODEL_HANDLE_CLIENT_END, MODEL_PROTOCOL_HEAP),
};
const struct model_type model_type_registry_register_heap_request =
    TYPE("RegistryRegisterHeapRequest", registry_register_heap_request_fields);
#undef T

#define T struct model_registry_register_heap_response
static const struct model_field registry_register_heap_response_fields[] = {
    U32(1, daemon_uid),
};
const struct model_type model_type_registry_register_heap_response =
    TYPE("Registry_RegisterHeap_Response", registry_register_heap_response_fields);
#undef T

#define T struct model_registry_register_secure_mem_request
static const struct model_field registry_register_secure_mem_request_fields[] = {
    CHANNEL_END(1, secure_mem_connection, MODEL_HANDLE_CLIENT_END, MODEL_PROTOCOL_SECURE_MEM),
};
const struct model_type model_type_registry_register_secure_mem_request =
    TYPE("RegistryRegisterSecureMemRequest", registry_register_secure_mem_request_fields);
#undef T

#define T struct model_coherency_domain_support
static const struct model_field coherency_domain_support_fields[] = {
    BOOL(1, cpu_supported),
    BOOL(2, ram_supported),
    BOOL(3, inaccessible_supported),
};
const struct model_type model_type_coherency_domain_support =
    TYPE("CoherencyDomainSupport", coherency_domain_support_fields);
#undef T

#define T struct model_heap_properties
static const struct model_field heap_properties_fields[] = {
    TABLE(1, coherency_domain_support, model_type_coherency_domain_support),
    BOOL(2, need_clear),
    BOOL(3, need_flush),
    U64(4, max_size_bytes),
};
const struct model_type model_type_heap_properties = TYPE("HeapProperties", heap_properties_fields);
#undef T

#define T struct model_heap_allocate_vmo_request
static const struct model_field heap_allocate_vmo_request_fields[] = {
    U64(1, size),
    TABLE(2, settings, model_type_single_buffer_settings),
    U64(3, buffer_collection_id),
    U64(4, buffer_index),
};
const struct model_type model_type_heap_allocate_vmo_request =
    TYPE("HeapAllocateVmoRequest", heap_allocate_vmo_request_fields);
#undef T

#define T struct model_heap_allocate_vmo_response
static const struct model_field heap_allocate_vmo_response_fields[] = {
    HANDLE(1, vmo, MODEL_HANDLE_VMO),
};
const struct model_type model_type_heap_allocate_vmo_response =
    TYPE("Heap_AllocateVmo_Response", heap_allocate_vmo_response_fields);
#undef T

#define T struct model_heap_delete_vmo_request
static const struct model_field heap_delete_vmo_request_fields[] = {
    U64(1, buffer_collection_id),
    U64(2, buffer_index),
    HANDLE(3, vmo, MODEL_HANDLE_VMO),
};
const struct model_type model_type_heap_delete_vmo_request =
    TYPE("HeapDeleteVmoRequest", heap_delete_vmo_request_fields);
#undef T

#define T struct model_heap_on_register_request
static const struct model_field heap_on_register_request_fields[] = {
    TABLE(1, properties, model_type_heap_properties),
};
const struct model_type model_type_heap_on_register_request =
    TYPE("HeapOnRegisterRequest", heap_on_register_request_fields);
#undef T

#define T struct model_secure_mem_set_pool_memory_request
static const struct model_field secure_mem_set_pool_memory_request_fields[] = {
    TABLE(1, entire_heap, model_type_secure_heap_and_range),
    HANDLE(2, memory, MODEL_HANDLE_VMO),
};
const struct model_type model_type_secure_mem_set_pool_memory_request =
    TYPE("SecureMemSetPoolMemoryRequest", secure_mem_set_pool_memory_request_fields);
#undef T
