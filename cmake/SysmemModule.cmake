# One module is one folder under src/ and one object library. A module names the modules that it
# may use; nothing else is on its include path or its link line.

find_package(PkgConfig REQUIRED)

add_library(sysmem_flags INTERFACE)
target_compile_definitions(sysmem_flags INTERFACE _GNU_SOURCE)
target_compile_options(sysmem_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror)
target_include_directories(sysmem_flags INTERFACE "${PROJECT_SOURCE_DIR}/include")
if(SYSMEM_SANITIZE)
    target_compile_options(sysmem_flags INTERFACE
        -fsanitize=${SYSMEM_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(sysmem_flags INTERFACE -fsanitize=${SYSMEM_SANITIZE})
endif()
if(SYSMEM_COVERAGE)
    target_compile_options(sysmem_flags INTERFACE --coverage)
    target_link_options(sysmem_flags INTERFACE --coverage)
endif()
if(SYSMEM_FUZZ)
    target_compile_options(sysmem_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# sysmem_module(NAME [USES module...] [LIBS target...])
#   USES  modules of lower rank, as docs/architecture.md allows
#   LIBS  outside libraries (imported targets)
# Sources are all .c files of the folder but main.c, which is a program's alone (a test has a main() of
# its own), so that a new noun needs no edit here. Headers are included as "module/noun.h"; which of
# them a module may reach is checked by tests/check.
function(sysmem_module NAME)
    cmake_parse_arguments(M "" "" "USES;LIBS" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.c")
    list(FILTER sources EXCLUDE REGEX "/main\\.c$")
    add_library(sysmem_${NAME} OBJECT ${sources})
    target_include_directories(sysmem_${NAME} PUBLIC "${PROJECT_SOURCE_DIR}/src")
    target_link_libraries(sysmem_${NAME} PUBLIC sysmem_flags ${M_LIBS})
    foreach(used IN LISTS M_USES)
        target_link_libraries(sysmem_${NAME} PUBLIC sysmem_${used})
    endforeach()
    set_property(TARGET sysmem_${NAME} PROPERTY SYSMEM_USES "${M_USES}")
endfunction()

# sysmem_link(TARGET module...): links a program with the named modules and all that they use.
# (Objects of an OBJECT library do not travel along link lines, so the closure is taken here.)
function(sysmem_link TARGET)
    set(todo ${ARGN})
    set(all)
    while(todo)
        list(POP_FRONT todo module)
        if(NOT TARGET sysmem_${module})
            message(WARNING "${TARGET} will not link: module ${module} has no sources")
        elseif(NOT module IN_LIST all)
            list(APPEND all ${module})
            get_property(uses TARGET sysmem_${module} PROPERTY SYSMEM_USES)
            list(APPEND todo ${uses})
        endif()
    endwhile()
    foreach(module IN LISTS all)
        target_link_libraries(${TARGET} PRIVATE sysmem_${module})
    endforeach()
endfunction()
