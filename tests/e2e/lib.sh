# lib.sh - what the end-to-end tests share: a broker of their own, processes that end with the test, and checks that count.
#
# A test sources this file, says `check "what holds" command...`, and ends with `finish`. Everything is in $work, which goes at the end;
# programs come from $HEARTH_BUILDDIR. Exit 77 means skipped (automake's convention).

: "${HEARTH_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${HEARTH_BUILDDIR:=$HEARTH_SRCDIR/build}"
PATH="$HEARTH_BUILDDIR:$PATH:/usr/sbin:/sbin"
work=$(mktemp -d "${TMPDIR:-/tmp}/hearth-e2e.XXXXXX")
pids=
passed=0
failed=0

cleanup() {
	for pid in $pids; do kill "$pid" 2>/dev/null; done
	for pid in $pids; do wait "$pid" 2>/dev/null; done
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# A cross build's programs run in its emulator, under their own names. exec keeps the process the one that the test started.
if [ -n "${EMULATOR:-}" ]; then
	mkdir "$work/bin"
	for program in hearthd hearthctl hearth-sim san-call tests/hearthd_scripted tests/hearthctl_scripted; do
		[ -e "$HEARTH_BUILDDIR/$program" ] || continue
		printf '#!/bin/sh\nexec %s "%s" "$@"\n' "$EMULATOR" "$HEARTH_BUILDDIR/$program" >"$work/bin/${program##*/}"
		chmod +x "$work/bin/${program##*/}"
	done
	PATH="$work/bin:$PATH"
fi

need() {
	for program in "$@"; do
		command -v "$program" >/dev/null 2>&1 && continue
		echo "skipped: $program is not there"
		exit 77
	done
}

# background NAME COMMAND...: output in $work/NAME.log; ends with the test; its process in $pid.
background() {
	log=$work/$1.log
	shift
	: >"$log" # at once: nobody is to find what an earlier one of that name said
	"$@" >"$log" 2>&1 &
	pid=$!
	pids="$pids $pid"
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
	tries=$(($1 * 20))
	shift
	while [ "$tries" -gt 0 ]; do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
		tries=$((tries - 1))
	done
	return 1
}

# check WHAT COMMAND...: counts, and shows the command's output where it fails.
check() {
	what=$1
	shift
	if output=$("$@" 2>&1); then
		passed=$((passed + 1))
		echo "ok   $what"
	else
		failed=$((failed + 1))
		echo "FAIL $what"
		printf '%s\n' "$output" | sed 's/^/     /'
	fi
}

finish() {
	echo "# $passed passed, $failed failed"
	[ "$failed" -eq 0 ]
	exit
}

broker_answers() {
	mosquitto_pub -h 127.0.0.1 -p "$port" -t hearth-e2e/ready -m 1
}

# A broker of our own on a free port of the loopback: $port, below those that connections take for themselves (a broker
# that comes back would find its own taken). Without set_tcp_nodelay each answer would take 40 ms.
start_broker() {
	need mosquitto mosquitto_pub mosquitto_sub
	for try in 1 2 3 4 5 6 7 8; do
		port=$((20000 + ($$ * 7 + try * 1013) % 12000))
		printf 'listener %s 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n' "$port" >"$work/broker.conf"
		background broker mosquitto -c "$work/broker.conf"
		broker_pid=$pid
		# Who answers may be another test's broker on that port: ours is gone a moment later then.
		wait_for 1 broker_answers && sleep 0.1 && kill -0 "$broker_pid" 2>/dev/null && return 0
	done
	echo "no broker: $(cat "$work/broker.log")"
	exit 1
}

publish() {
	mosquitto_pub -h 127.0.0.1 -p "$port" -q 1 "$@"
}

# The retained message of a topic; fails where there is none.
retained() {
	mosquitto_sub -h 127.0.0.1 -p "$port" -t "$1" -C 1 -W 2
}

# seen TEXT: all words of a fixed text are in what `watch_topics` recorded.
watch_topics() {
	background watch mosquitto_sub -h 127.0.0.1 -p "$port" -v "$@"
	watched=$work/watch.log
	sleep 0.3
}
seen() {
	wait_for 5 grep -qF -- "$1" "$watched" || { cat "$watched"; return 1; }
}
