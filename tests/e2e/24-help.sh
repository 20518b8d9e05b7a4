#!/bin/sh
# Help that was asked for is an answer: on standard output, with exit status 0, from every program. Help that was not asked for is a complaint.
. "$(dirname "$0")/lib.sh"
need hearthctl hearth-sim san-call

answers() { "$@" >"$work/out" 2>"$work/err" && [ -s "$work/out" ] && [ ! -s "$work/err" ] || { cat "$work/out" "$work/err"; return 1; }; }
complains() { ! "$@" >"$work/out" 2>"$work/err" && [ -s "$work/err" ] && [ ! -s "$work/out" ] || { cat "$work/out" "$work/err"; return 1; }; }

for program in hearthd hearthctl hearth-sim san-call; do
	for option in --help -h --version -V; do
		check "$program $option" answers "$program" "$option"
	done
	check "$program --no-such-option" complains "$program" --no-such-option
done
for command in $(hearthctl --help | sed -n 's/^  \([a-z]*\)  .*/\1/p'); do
	check "hearthctl $command --help" answers hearthctl "$command" --help
	check "is about $command" grep -q "hearthctl $command" "$work/out"
done
check "hearthctl help" answers hearthctl help
finish
