# sysmem_allocator_lib: what the daemon links to get its malloc. jemalloc gives memory back to the
# system and keeps small objects apart, which suits a process that runs for months; sanitizers bring
# a malloc of their own, so their presets turn it off.
add_library(sysmem_allocator_lib INTERFACE)
if(SYSMEM_JEMALLOC)
    pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)
    target_link_libraries(sysmem_allocator_lib INTERFACE
        -Wl,--push-state,--no-as-needed PkgConfig::JEMALLOC -Wl,--pop-state)
endif()
