# daemon.sh - for the tests of hearthd: a daemon whose understanding is a script (tests/san_script.c), so that what is tested is everything else.
#
# model=FILE takes a real one (with HEARTHD=$HEARTH_BUILDDIR/hearthd).
# After start_daemon: $sock, $conf, $daemon_pid; `rpc` sends one request line, `say` an utterance.

. "${HEARTH_SRCDIR:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
need python3

hearthd=${HEARTHD:-$HEARTH_BUILDDIR/tests/hearthd_scripted}
[ -z "${EMULATOR:-}" ] || hearthd=$work/bin/hearthd_scripted
[ -x "$hearthd" ] || { echo "skipped: $hearthd is not built: make ${hearthd#"$HEARTH_BUILDDIR/"}"; exit 77; }
sock=$work/hearthd.sock
conf=$work/hearthd.conf
script=$work/script.txt

write_config() {
	mkdir -p "$work/devices.d" "$conf.d"
	cat >"$conf" <<-END
		[hearth]
		node = test
		model = ${model:-$script}
		tools = $HEARTH_SRCDIR/schemas/intents.json
		phrases = $HEARTH_SRCDIR/schemas/phrases_en.json
		registry = $work/registry.db
		devices = $work/devices.d
		socket = $sock
		log_level = debug
		[mqtt]
		host = 127.0.0.1
		port = ${port:-1}
		reconnect_max = 1
		publish_timeout = 2
		[utterances]
		confirm_timeout = 1
		$*
	END
}

# rpc LINE: the answer to one request.
rpc() {
	printf '%s\n' "$1" | python3 "$HEARTH_SRCDIR/tests/e2e/ask.py" "$sock"
}

daemon_answers() { rpc '{"jsonrpc":"2.0","id":1,"method":"status"}' | grep -q '"version"'; }
daemon_online() { rpc '{"jsonrpc":"2.0","id":1,"method":"status"}' | grep -q '"state":"online"'; }
knows() { rpc '{"jsonrpc":"2.0","id":1,"method":"devices","params":{"all":true}}' | grep -qF -- "$1"; }

# One that has ended will not answer any more.
start_daemon_only() {
	background daemon "$hearthd" --config "$conf"
	daemon_pid=$pid
	wait_for 5 answers_or_gone
	daemon_answers || { cat "$work/daemon.log"; exit 1; }
}
answers_or_gone() { gone || daemon_answers; }

start_daemon() {
	start_daemon_only
	wait_for 5 daemon_online || { cat "$work/daemon.log"; exit 1; }
}

# say TEXT [MORE-PARAMS]: the result line.
say() {
	rpc "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"say\",\"params\":{\"text\":\"$1\"${2:+,$2}}}"
}

# says TEXT PART [MORE-PARAMS]: the result has that part.
says() {
	answer=$(say "$1" "$3")
	printf '%s\n' "$answer"
	printf '%s\n' "$answer" | grep -qF -- "$2"
}

announce() { publish -r -t "homeassistant/$1/config" -m "$2"; }

# The daemon has ended by itself; `wait "$daemon_pid"` then gives its exit status.
gone() { ! kill -0 "$daemon_pid" 2>/dev/null || grep -q '^State:.*Z' "/proc/$daemon_pid/status"; }
