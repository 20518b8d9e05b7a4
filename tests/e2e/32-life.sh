#!/bin/sh
# Start, stop, reload, a broker that comes and goes, and what is wrong before anything runs.
. "$(dirname "$0")/daemon.sh"
cat >"$script" <<'END'
turn on the pump | 0.99 | HassTurnOn name=Pump
unlock the front door | 0.99 | HassTurnOff name=Front door;domain=lock
turn on the pump and unlock the front door | 0.99 | HassTurnOn name=Pump + HassTurnOff name=Front door;domain=lock
tell everyone dinner is ready | 0.99 | HassBroadcast message=~dinner is ready
END
echo '[{"component":"switch","name":"Pump","unique_id":"p","command_topic":"pump/set","state_topic":"pump/state"},
{"component":"lock","name":"Front door","unique_id":"l","command_topic":"door/set","state_topic":"door/state"}]' >"$work/pump.json"

# ---- before anything runs
fails_with() {
	"$hearthd" --config "$conf" >"$work/out" 2>&1
	rc=$?
	cat "$work/out"
	[ "$rc" -eq "$1" ] && [ "$(grep -c error "$work/out")" -eq 1 ] && grep -qF -- "$2" "$work/out"
}
port=1
write_config 'min_confidense = 0.5'
check "an unknown key names file, line and the nearest" fails_with 78 "$conf:17: unknown key min_confidense in [utterances]"
write_config '[policy]
min_confidence = 7'
check "a value out of bounds" fails_with 78 'min_confidence is 7: give 0 to 1'
write_config
echo 'keepalive = soon' >"$conf.d/50-mine.conf"
check "a key without a section" fails_with 78 "$conf.d/50-mine.conf:1: unknown key keepalive in []"
printf '[mqtt]\nport = eighty\n' >"$conf.d/50-mine.conf"
check "a drop-in is read, and named" fails_with 78 "$conf.d/50-mine.conf:2: port is \"eighty\": give a whole number"
rm "$conf.d/50-mine.conf"
check "a file that is not there" sh -c '"$1" --config "$2"; [ $? -eq 78 ]' sh "$hearthd" "$work/none.conf"
check "--check-config" sh -c '"$1" --config "$2" --check-config | grep -qx "$2: good"' sh "$hearthd" "$conf"
default=$("$hearthd" --help | sed -n 's/.*(default \(.*\))$/\1/p')
[ -e "$default" ] ||
	check "--check-config says that the default file is missing" sh -c '"$1" --check-config | grep -qF "there is no $2: defaults are used"' sh "$hearthd" "$default"
check "--version" "$hearthd" --version
check "an unknown option is a usage error" sh -c '"$1" --fly; [ $? -eq 64 ]' sh "$hearthd"
echo garbage garbage garbage garbage garbage >"$work/registry.db"
check "a registry that is none" fails_with 1 registry.db
rm "$work/registry.db"
mv "$script" "$script.away"
check "no model" fails_with 1 "$script: no such script ([hearth] model names it)"
mv "$script.away" "$script"
python3 - "$sock" <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
END
[ -S "$sock" ] || exit 1

# ---- no broker
cp "$work/pump.json" "$work/devices.d/pump.json"
start_daemon_only
check "a socket that was left behind is replaced" daemon_answers
check "status tells why there is no broker" sh -c 'hearthctl --socket "$1" status | grep -q "  no broker at 127.0.0.1:1: "' sh "$sock"
check "doctor too, once" sh -c 'hearthctl --socket "$1" doctor | grep -q "BAD  broker: no broker at 127.0.0.1:1: "' sh "$sock"
check "without a broker it runs, and says so" grep -q 'mqtt: no broker at 127.0.0.1:1' "$work/daemon.log"
check "a second daemon is refused" fails_with 1 'another hearthd listens'
check "the first still answers" daemon_answers
check "devices.d is read" knows switch.pump
check "a command without a broker expires" says "turn on the pump" '"outcome":"failed","reply":"I could not turn on Pump: there is no connection to the MQTT broker."'
kill "$daemon_pid"
check "it stops on SIGTERM" wait_for 5 gone
wait "$daemon_pid"
check "with success" [ $? -eq 0 ]
check "its socket is gone" [ ! -e "$sock" ]

# ---- a broker
start_broker
watch_topics -t 'pump/#' -t 'door/#' -t 'hearth/#' -t 'homeassistant/status'
write_config
start_daemon
check "its status is online, retained" sh -c '[ "$(mosquitto_sub -h 127.0.0.1 -p "$1" -t hearth/test/status -C 1 -W 2)" = online ]' sh "$port"
check "it announces itself" retained homeassistant/device/hearth_test/config
check "it asks publishers for their states" seen 'homeassistant/status online'

check "a question waits for a yes" sh -c 'printf "[policy]\nunlock = confirm\n" >"$1" && kill -HUP "$2" && sleep 0.3' sh "$conf.d/60-policy.conf" "$daemon_pid"
check "it asks" says "unlock the front door" '"outcome":"refused","reply":"Shall I unlock Front door? Say yes or no."'
check "no drops it" says "no" '"reply":"All right, I will not."'
check "a later yes means nothing" says "yes" '"outcome":"unhandled"'
says "unlock the front door" x >/dev/null
check "another room cannot say yes" says "yes" '"outcome":"unhandled"' '"source":"satellite"'
check "yes does it" says "yes" '"topic":"door/set","payload":"UNLOCK"'
check "a question holds back the other calls, too" says "turn on the pump and unlock the front door" '"commands":[]'
check "a yes does all of it, in order" says "yes" '"commands":[{"entity_id":"switch.pump","topic":"pump/set","payload":"ON"},{"entity_id":"lock.front_door"'
check "a message to all" says "tell everyone dinner is ready" '"outcome":"sent","reply":"Passed on: dinner is ready."'
check "goes out on MQTT" seen 'hearth/test/broadcast {"message":"dinner is ready"'
echo '[policy]
unlock = refuse' >"$conf.d/60-policy.conf"
rpc '{"jsonrpc":"2.0","id":1,"method":"reload"}' >"$work/reload"
check "reload by the socket" grep -q '"result":{}' "$work/reload"
check "refused is refused" says "unlock the front door" '"reply":"I am not allowed to unlock Front door."'
echo '[policy]
unlock = sometimes' >"$conf.d/60-policy.conf"
check "a bad configuration changes nothing" sh -c 'printf "%s\n" "$3" | python3 "$1" "$2" | grep -q "give one of: allow confirm refuse"' sh \
	"$HEARTH_SRCDIR/tests/e2e/ask.py" "$sock" '{"jsonrpc":"2.0","id":1,"method":"reload"}'
check "and the old one holds" says "unlock the front door" 'I am not allowed'
rm "$conf.d/60-policy.conf" "$work/devices.d/pump.json"
kill -HUP "$daemon_pid"
sleep 0.3
check "a file that is gone takes its devices with it" sh -c '! printf "%s\n" "$3" | python3 "$1" "$2" | grep -q switch.pump' sh \
	"$HEARTH_SRCDIR/tests/e2e/ask.py" "$sock" '{"jsonrpc":"2.0","id":1,"method":"devices"}'
cp "$work/pump.json" "$work/devices.d/pump.json"
kill -HUP "$daemon_pid"
check "and one that is back brings them" wait_for 3 knows switch.pump

# ---- the broker goes, and comes back
kill "$broker_pid"
daemon_offline() { ! daemon_online; }
check "a lost broker is noticed" wait_for 5 daemon_offline
background broker2 mosquitto -c "$work/broker.conf"
broker_pid=$pid
check "one that is back is found" wait_for 8 daemon_online
background answers sh -c 'mosquitto_sub -h 127.0.0.1 -p "$1" -t pump/set | while read -r x; do mosquitto_pub -h 127.0.0.1 -p "$1" -t pump/state -m ON; done' sh "$port"
sleep 0.5
check "and obeyed through" says "turn on the pump" '"outcome":"done","reply":"Turned on Pump."'

# ---- the end
kill "$daemon_pid"
check "a clean stop" wait_for 5 gone
wait "$daemon_pid"
check "with success" [ $? -eq 0 ]
check "says offline" sh -c '[ "$(mosquitto_sub -h 127.0.0.1 -p "$1" -t hearth/test/status -C 1 -W 2)" = offline ]' sh "$port"
check "its socket is gone" [ ! -e "$sock" ]
start_daemon
kill -9 "$daemon_pid"
check "a killed one is offline by its will" sh -c 'sleep 0.5; [ "$(mosquitto_sub -h 127.0.0.1 -p "$1" -t hearth/test/status -C 1 -W 2)" = offline ]' sh "$port"

# ---- systemd
if grep -q '^#define HAVE_SYSTEMD 1' "$HEARTH_BUILDDIR/config.h"; then
	background notify python3 -u -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(4096).decode())' "$work/notify"
	wait_for 2 test -S "$work/notify"
	NOTIFY_SOCKET=$work/notify WATCHDOG_USEC=300000
	export NOTIFY_SOCKET WATCHDOG_USEC
	start_daemon
	unset NOTIFY_SOCKET WATCHDOG_USEC
	check "systemd hears that it is ready" grep -q READY=1 "$work/notify.log"
	check "and whether it has a broker" wait_for 2 grep -q 'STATUS=Connected to the MQTT broker' "$work/notify.log"
	check "and the watchdog's beat" wait_for 2 grep -q WATCHDOG=1 "$work/notify.log"
	kill -HUP "$daemon_pid"
	check "and of a reload" wait_for 2 grep -q RELOADING=1 "$work/notify.log"
	kill "$daemon_pid"
	wait "$daemon_pid"
	check "and that it stops" wait_for 2 grep -q STOPPING=1 "$work/notify.log"
fi

# ---- a broker that refuses
echo 'allow_anonymous false' >>"$work/broker.conf"
sed -i '/allow_anonymous true/d' "$work/broker.conf"
kill "$broker_pid"
wait "$broker_pid" 2>/dev/null
background broker3 mosquitto -c "$work/broker.conf"
sleep 0.5
start_daemon_only
check "a broker that refuses is named, with the mend" wait_for 5 grep -q 'refuses the connection.*check username' "$work/daemon.log"
check "and the daemon answers" daemon_answers
finish
