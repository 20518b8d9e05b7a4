#!/bin/sh
# Manners towards the broker and the devices: nothing retained, nothing late, nothing twice.
. "$(dirname "$0")/daemon.sh"
: >"$script"
call() { rpc "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"call\",\"params\":{\"tool\":\"$1\",\"arguments\":{\"entity_id\":\"$2\"}}}"; }
calls() {
	answer=$(call "$1" "$2")
	printf '%s\n' "$answer"
	printf '%s\n' "$answer" | grep -qF -- "$3"
}
doctor() { rpc '{"jsonrpc":"2.0","id":1,"method":"doctor"}'; }
finds() { doctor | grep -qF -- "$1"; }
told_times() { # COUNT TEXT FILE
	found=$(grep -acF -- "$2" "$3")
	[ "$found" -eq "$1" ] || { echo "$found times, not $1: $2"; cat "$3"; return 1; }
}
mkdir -p "$work/devices.d"
echo '[{"component":"switch","name":"Toggled","unique_id":"t","command_topic":"lamp/set","state_topic":"lamp"}]' >"$work/devices.d/lamp.json"

# ---- a command that left, and whose fate nobody knows, is not sent again
port=$((20000 + ($$ * 13) % 12000))
background fake python3 -u "$HEARTH_SRCDIR/tests/e2e/fake_broker.py" "$port" lamp/set
fake_pid=$pid
write_config
start_daemon
check "a connection that breaks behind a command is told" calls HassToggle switch.toggled '"outcome":"failed","reply":"I could not toggle Toggled: the connection to the MQTT broker broke'
check "it connects again" wait_for 10 told_times 2 connected "$work/fake.log"
check "and a next command goes out" calls HassTurnOff switch.toggled '"payload":"OFF"'
check "the toggle was published once" told_times 1 'published lamp/set ON' "$work/fake.log"
check "nothing was published again" told_times 0 again "$work/fake.log"
kill "$daemon_pid" "$fake_pid"
wait "$daemon_pid"

# ---- the pauses between attempts
write_config
start_daemon_only
waits() { [ "$(grep -ac 'mqtt: next attempt in' "$work/daemon.log")" -ge 4 ]; }
check "without a broker it tries again and again" wait_for 10 waits
pauses() {
	grep -a 'mqtt: next attempt in' "$work/daemon.log" | sed 's/.* in \([0-9]*\) ms.*/\1/' | tee "$work/pauses"
	sort -u "$work/pauses" | awk '$1 < 500 || $1 > 1000 { exit 1 } END { exit NR < 2 }'
}
check "its pauses are half to all of the most that is allowed, and not in step" pauses
kill "$daemon_pid"
wait "$daemon_pid"

# ---- a command that waits for a broker
start_broker
write_config
start_daemon
kill "$broker_pid"
wait "$broker_pid" 2>/dev/null
gone_offline() { ! daemon_online; }
wait_for 5 gone_offline
check "a command that waits too long for the broker is dropped, and says so" calls HassTurnOn switch.toggled '"outcome":"failed","reply":"I could not turn on Toggled: there is no connection to the MQTT broker."'
printf '[mqtt]\npublish_timeout = 60\n' >"$conf.d/10-wait.conf"
rpc '{"jsonrpc":"2.0","id":1,"method":"reload"}' >/dev/null
call HassTurnOff switch.toggled >"$work/late" &
late_pid=$!
background fake2 python3 -u "$HEARTH_SRCDIR/tests/e2e/fake_broker.py" "$port" no/such
fake_pid=$pid
wait "$late_pid"
check "one that does not wait too long is delivered" grep -qF '"payload":"OFF"' "$work/late"
check "once" told_times 1 'published lamp/set OFF' "$work/fake2.log"
check "the dropped one never" told_times 0 'lamp/set ON' "$work/fake2.log"
kill "$fake_pid"
wait "$fake_pid" 2>/dev/null
background broker2 mosquitto -c "$work/broker.conf"
broker_pid=$pid
wait_for 5 broker_answers
wait_for 10 daemon_online

# ---- retained messages on topics of commands
publish -r -t door/set -m UNLOCK
announce lock/door '{"name":"Door","unique_id":"d","command_topic":"door/set","state_topic":"door"}'
announce switch/clean '{"name":"Clean","unique_id":"c","command_topic":"clean/set","state_topic":"clean"}'
check "a retained command is found" wait_for 5 finds 'a retained message lies on its command topic door/set'
check "with the mend" finds "clear it with mosquitto_pub -r -n -t 'door/set'"
check "and told in the log" told_times 1 'door/set, on which lock.door takes commands, has a retained message' "$work/daemon.log"
check "what is not there is not told" told_times 0 'clean/set, on which' "$work/daemon.log"
kill "$broker_pid"
wait "$broker_pid" 2>/dev/null
wait_for 5 gone_offline
background broker3 mosquitto -c "$work/broker.conf"
broker_pid=$pid
wait_for 5 broker_answers
wait_for 10 daemon_online
not_found() { ! finds 'a retained message lies on'; }
check "after a reconnect it looks again: the broker has forgotten it" wait_for 5 not_found
check "it was told once" told_times 1 'has a retained message' "$work/daemon.log"
publish -t door/set -m LOCK
check "a command of somebody else is no complaint" sh -c 'sleep 0.3; [ "$(grep -ac "has a retained message" "$1")" -eq 1 ]' sh "$work/daemon.log"

# ---- what is not understood is told once for a device
odd='"state_topic":"gizmo","value_template":"{{ now() }}"'
announce device/gizmo "{\"dev\":{\"ids\":\"gz\",\"name\":\"Gizmo\"},\"o\":{\"name\":\"x\"},\"cmps\":{\"a\":{\"p\":\"sensor\",\"unique_id\":\"gz_a\",\"name\":\"A\",$odd},\"b\":{\"p\":\"sensor\",\"unique_id\":\"gz_b\",\"name\":\"B\",$odd},\"c\":{\"p\":\"switch\",\"unique_id\":\"gz_c\",\"name\":\"C\",\"command_topic\":\"gizmo/set\",$odd}}}"
check "three entities of a device" wait_for 5 knows switch.gizmo_c
check "share a template that is not understood: told once" told_times 1 'Gizmo: not understood, and left out: value_template' "$work/daemon.log"
check "the command works all the same" calls HassTurnOn switch.gizmo_c '"topic":"gizmo/set","payload":"ON"'
finish
