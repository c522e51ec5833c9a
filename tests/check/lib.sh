# What the checkers share. A checker is a script that defines two functions and ends in
# `check_main "$@"`:
#
#   check SOURCE BUILD   prints one line a violation; what it prints decides, not its status
#   plants               for the self-test: calls `sound` and `catches` on trees that it makes
#
# Called as `NAME SOURCE BUILD` it checks the project, as `NAME --self-test` itself.
# shellcheck shell=sh
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
checker=$(basename "$0")

# needs TOOL...: a checker whose tools are missing must not pass.
needs() {
    for tool in "$@"; do
        command -v "$tool" >/dev/null || echo "$checker needs $tool, which is not installed"
    done
}

scratch() {
    tmp=$(mktemp -d)
    trap 'rm -rf "$tmp"' EXIT
    trap 'exit 1' HUP INT TERM
}

# sound WHAT SOURCE [BUILD]: the checker must be silent on this tree.
sound() {
    found=$(check "$2" "${3-}" 2>&1 || true)
    if [ -n "$found" ]; then
        printf '%s: %s: a sound tree is reported:\n%s\n' "$checker" "$1" "$found"
        exit 1
    fi
    echo "sound: $1"
}

# catches WHAT TEXT SOURCE [BUILD]: the checker must report a line that contains TEXT.
catches() {
    found=$(check "$3" "${4-}" 2>&1 || true)
    case $found in
    *"$2"*) echo "caught: $1" ;;
    *)
        printf '%s: %s: wanted a line with "%s", got:\n%s\n' "$checker" "$1" "$2" "$found"
        exit 1
        ;;
    esac
}

# c_files ROOT: the project's C files and headers, relative to ROOT, one a line.
c_files() {
    (
        cd "$1"
        for dir in src include tests examples bench; do
            [ ! -d "$dir" ] || find "$dir" -name '*.[ch]'
        done
    ) | sort
}

check_main() {
    if [ "${1-}" = --self-test ]; then
        scratch
        plants
        exit 0
    fi
    if [ $# -lt 1 ]; then
        echo "usage: $checker SOURCE [BUILD] | $checker --self-test" >&2
        exit 2
    fi
    scratch
    found=$(check "$1" "${2-}" || echo "$checker: the checker itself failed")
    [ -z "$found" ] || {
        printf '%s\n' "$found"
        exit 1
    }
}
