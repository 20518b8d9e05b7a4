#!/bin/sh
# The same sentences give the same calls, as sure, on every CPU path: all of tests/data/understanding, heldout and the blind ones
# with each set of kernels that this processor can run; of the slow ones (scalar, emulators) every tenth sentence or fiftieth.
#
#     tests/same_calls.sh [--all] [--arm BUILD]      HEARTH_BUILDDIR, default ./build, has hearthctl
#
# --arm: also a build for aarch64 under qemu, as each of the boards' processors, against this one's calls.
# --all: every sentence everywhere; takes minutes, an hour with --arm.
set -u
: "${HEARTH_SRCDIR:=$(cd "$(dirname "$0")/.." && pwd)}"
: "${HEARTH_BUILDDIR:=$HEARTH_SRCDIR/build}"
export HEARTH_MODEL="$HEARTH_SRCDIR/models/hearth-s.gguf" HEARTH_TOOLS="$HEARTH_SRCDIR/schemas/intents.json"
export HEARTH_PHRASES="$HEARTH_SRCDIR/schemas/phrases_en.json"
unset SAN_CPU
[ -e "$HEARTH_MODEL" ] || {
	echo "skipped: no model"
	exit 77
}
if [ -n "${EMULATOR:-}" ]; then
	echo "skipped: under an emulator \"tests/same_calls.sh --arm BUILD\" does it, from a native build"
	exit 77
fi
all= arm=
while [ $# -gt 0 ]; do
	case $1 in
	--all) all=1 ;;
	--arm)
		arm=${2:?--arm wants the folder of a build}
		shift
		;;
	*)
		echo "usage: tests/same_calls.sh [--all] [--arm BUILD]" >&2
		exit 2
		;;
	esac
	shift
done
work=$(mktemp -d "${TMPDIR:-/tmp}/hearth-same.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
passed=0
failed=0

# The sentences, every $1-th of them, beside their homes: $work/1, $work/10 ...
take() {
	[ -n "$all" ] && [ "$1" -ne 1 ] && set -- 1
	[ -e "$work/$1" ] && return
	mkdir "$work/$1"
	for set in understanding everyday everyday-2 everyday-3 everyday-4 heldout blind blind-2; do
		cp -R "$HEARTH_SRCDIR/tests/data/$set" "$work/$1/$set" && chmod -R u+w "$work/$1/$set"
		for cases in "$work/$1/$set"/*.jsonl; do
			awk -v every="$1" 'NR % every == 0' "$cases" >"$work/some" && mv "$work/some" "$cases"
		done
	done
}

# calls OUT EVERY COMMAND...: what COMMAND (hearthctl) understands, one line a sentence, without the time that it took.
calls() {
	out=$1
	every=$2
	[ -z "$all" ] || every=1
	shift 2
	: >"$out"
	for cases in "$work/$every"/*/*.jsonl; do
		"$@" eval "$cases" --predictions "$work/predictions" >/dev/null 2>"$work/err" || return 1
		sed -E "s|,\"ms\":[^,]*||; s|^|${cases#"$work/$every/"} |" "$work/predictions" >>"$out"
	done
}

# compare NAME EVERY COMMAND...: against the reference on the same sentences.
compare() {
	name=$1
	every=$2
	shift 2
	take "$every"
	if ! calls "$work/got" "$every" "$@"; then
		if grep -q "this processor cannot run it" "$work/err"; then
			echo "$name: not on this processor"
			return
		fi
		echo "$name: failed: $(cat "$work/err")"
		failed=$((failed + 1))
		return
	fi
	if grep -vxFf "$work/reference" "$work/got" >"$work/different" || [ ! -s "$work/got" ]; then
		echo "$name: $(grep -c '' "$work/different") of $(grep -c '' "$work/got") sentences have other calls; the first:"
		head -n 3 "$work/different"
		failed=$((failed + 1))
		return
	fi
	echo "$name: the same calls in $(grep -c '' "$work/got") sentences"
	passed=$((passed + 1))
}

take 1
calls "$work/reference" 1 "$HEARTH_BUILDDIR/hearthctl" || {
	cat "$work/err"
	exit 1
}
echo "reference: $(grep -c '' "$work/reference") sentences with this processor's own choice"
for set in avx512vnni avxvnni avx2 dotprod neon; do
	SAN_CPU=$set "$HEARTH_BUILDDIR/hearthctl" eval "$work/1/blind/cases-01.jsonl" 2>&1 >/dev/null | grep -q "no such kernels" ||
		compare "$set" 1 env SAN_CPU=$set "$HEARTH_BUILDDIR/hearthctl"
done
compare scalar 10 env SAN_CPU=scalar "$HEARTH_BUILDDIR/hearthctl"
if [ -n "$arm" ]; then
	for cpu in cortex-a53 cortex-a72 cortex-a76 max; do
		compare "arm64, $cpu" 50 qemu-aarch64-static -cpu $cpu "$arm/hearthctl"
	done
fi
echo "# $passed passed, $failed failed"
[ $failed -eq 0 ]
