#!/bin/sh
# The program in the EXAMPLES of docs/san.3 compiles against the built library as it stands there, and runs.
set -eu
src=${HEARTH_SRCDIR:?} build=${HEARTH_BUILDDIR:?}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

awk '/^\.Sh EXAMPLES/ { on = 1 } on && /^\.Ed/ { exit } code { print } on && /^\.Bd/ { code = 1 }' "$src/docs/san.3" |
	sed 's/\\e/\\/g' >"$work/example.c"
cc=${CC:-cc}
# shellcheck disable=SC2086  # the flags are lists
$cc ${CFLAGS:-} -Wall -Wextra -Werror -I"$src/inference" -c "$work/example.c" -o "$work/example.o"
# shellcheck disable=SC2086
"$build/libtool" --quiet --tag=CC --mode=link $cc ${CFLAGS:-} ${LDFLAGS:-} -no-install "$work/example.o" \
	"$build/libsan.la" -o "$work/example"
run() {
	"$build/libtool" --quiet --mode=execute -dlopen "$build/libsan.la" ${EMULATOR:-} "$work/example" "$@"
}

out=$(run "$src/tests/data/tiny.gguf" "$src/schemas/intents.json" "turn off the kitchen ceiling")
case $out in
\[*\]) ;;
*) echo "no JSON: $out"; exit 1 ;;
esac
if run "$work/missing.gguf" "$src/schemas/intents.json" "hello" 2>"$work/err"; then
	echo "a missing model was no error"
	exit 1
fi
grep -q missing.gguf "$work/err"
