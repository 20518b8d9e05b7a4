#!/bin/sh
# ./quickstart, as a newcomer runs it: one sentence, several at once, and what --keep leaves running.
. "$(dirname "$0")/lib.sh"
need mosquitto bash flock
[ "$HEARTH_BUILDDIR" -ef "$HEARTH_SRCDIR/build" ] || { echo "skipped: quickstart builds in ./build, and this is not it"; exit 77; }
[ -w "$HEARTH_SRCDIR" ] || { echo "skipped: the tree is read-only"; exit 77; }
missing=$(cd "$HEARTH_SRCDIR" && bash -c '. .ci/build.sh; missing_packages')
[ -z "$missing" ] || { echo "skipped: it would install $missing"; exit 77; }
cd "$HEARTH_SRCDIR" || exit 1
[ -e .quickstart/kept ] && { echo "skipped: somebody keeps one running"; exit 77; }
unset HEARTH_BROKER HEARTH_SOCKET
HEARTH_CONF=/dev/null
export HEARTH_CONF

run() { ./quickstart "$@" >"$work/out" 2>"$work/err"; }
says() { grep -qF -- "$1" "$work/out" || { cat "$work/out" "$work/err"; return 1; }; }
left_nothing() { ! ls -d .quickstart/run.* 2>/dev/null; }

begin=$(date +%s)
run --area Kitchen what time is it
status=$?
check "a sentence that is done: status 0" test "$status" -eq 0
check "the call is shown" says HassGetCurrentTime
check "nothing is left" left_nothing
check "it takes a few seconds" test "$(($(date +%s) - begin))" -le 20

run qwertz uiop asdfgh
check "what is not understood: status 1" test $? -eq 1
run --frobnicate
check "an unknown option: status 2" test $? -eq 2

for i in 1 2 3; do
	./quickstart what time is it >"$work/out.$i" 2>&1 &
	eval "p$i=\$!"
done
wait "$p1" && wait "$p2" && wait "$p3"
check "three at once do not collide" test $? -eq 0

run --keep what time is it
check "--keep keeps it" test -S .quickstart/kept/hearthd.sock
check "and the devices are there" sh -c 'build/hearthctl --socket .quickstart/kept/hearthd.sock devices ceiling | grep -q "Kitchen ceiling"'
check "with their floors" sh -c 'build/hearthctl --socket .quickstart/kept/hearthd.sock devices --floor "First floor" | grep -q Bedside'
run what time is it
check "the next run uses it" test $? -eq 0

run --stop
check "--stop ends it" test ! -e .quickstart/kept
check "and leaves nothing" left_nothing

start_broker
background sim hearth-sim --data sim --broker "127.0.0.1:$port"
HEARTH_BROKER=127.0.0.1:$port ./quickstart turn on the fish tank and the kitchen ceiling >"$work/out" 2>"$work/err"
check "a broker of one's own is used, with its devices" grep -q "devices found on 127.0.0.1:$port" "$work/err"
check "and goes on running" broker_answers
finish
