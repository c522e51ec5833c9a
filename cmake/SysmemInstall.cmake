# What `cmake --install` lays down: programs, the client library, its headers, stock configuration files, and the two ways
# to find it, pkg-config and the CMake package. Both name paths relative to themselves, so that the
# installed tree may be moved.
include(CMakePackageConfigHelpers)

foreach(program sysmemd sysmemctl sysmem-securemem sysmem-bench)
    if(TARGET ${program})
        install(TARGETS ${program} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
    endif()
endforeach()

if(TARGET sysmemd)
    install(DIRECTORY "${PROJECT_SOURCE_DIR}/share/sysmem/" DESTINATION "${CMAKE_INSTALL_DATADIR}/sysmem"
        FILES_MATCHING PATTERN "*.json")
endif()

if(TARGET sysmem)
    install(TARGETS sysmem EXPORT sysmemTargets
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
    install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.h")

    set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/sysmem")
    install(EXPORT sysmemTargets NAMESPACE sysmem:: DESTINATION "${package_dir}")
    configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/sysmemConfig.cmake.in"
        "${PROJECT_BINARY_DIR}/sysmemConfig.cmake" INSTALL_DESTINATION "${package_dir}")
    write_basic_package_version_file("${PROJECT_BINARY_DIR}/sysmemConfigVersion.cmake"
        VERSION "${PROJECT_VERSION}" COMPATIBILITY SameMajorVersion)
    install(FILES "${PROJECT_BINARY_DIR}/sysmemConfig.cmake" "${PROJECT_BINARY_DIR}/sysmemConfigVersion.cmake"
        DESTINATION "${package_dir}")

    file(RELATIVE_PATH SYSMEM_PC_TO_PREFIX
        "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
    configure_file("${CMAKE_CURRENT_LIST_DIR}/sysmem.pc.in" "${PROJECT_BINARY_DIR}/sysmem.pc" @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/sysmem.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endif()
