#!/bin/sh
# Home Assistant's own entities: its rooms and names come in, calls of its services go out. The other side is a stand-in that speaks
# the same messages (tests/ha/fake_home_assistant.py), so that it can misbehave; tests/ha/run does this with the real one.
. "$(dirname "$0")/daemon.sh"
start_broker
cat >"$script" <<'END_OF_SCRIPT'
turn on the counter | 0.99 | HassTurnOn name=Counter
turn off the counter | 0.99 | HassTurnOff name=Counter
dim the worktop lamp | 0.99 | HassLightSet name=Counter;brightness=40
make the counter red | 0.99 | HassLightSet name=Counter;color=red
open the blind halfway | 0.99 | HassSetPosition name=Blind;position=50
good night | 0.99 | HassTurnOn name=Good night
turn on the pump | 0.99 | HassTurnOn name=Pump
turn on the secret | 0.99 | HassTurnOn name=Secret
END_OF_SCRIPT

fake_port=$((port + 1))
printf 'the-right-token\n' >"$work/token"
mkfifo "$work/orders"
start_fake() {
	background fake python3 "$HEARTH_SRCDIR/tests/ha/fake_home_assistant.py" "$fake_port" the-right-token \
		"$HEARTH_SRCDIR/tests/data/home_assistant/home.json" "$work/orders"
	fake_pid=$pid
	wait_for 5 grep -q ready "$work/fake.log"
}
order() { timeout 10 sh -c 'printf "%s\n" "$1" >"$2"' sh "$*" "$work/orders"; }
called() { wait_for 5 grep -qF -- "call $1" "$work/fake.log" || { cat "$work/fake.log"; return 1; }; }
ha_is() { rpc '{"jsonrpc":"2.0","id":1,"method":"status"}' | grep -q "\"home_assistant\":{\"state\":\"$1\""; }
ctl() { hearthctl --socket "$sock" "$@"; }
shows() { wait_for 5 row_is "$@" || { ctl devices --all; return 1; }; }
row_is() { ctl devices --all --json | tr -d '\n\t ' | grep -qF -- "$1"; }
log_says() { wait_for 5 grep -qF -- "$1" "$work/daemon.log" || { tail -n 5 "$work/daemon.log"; return 1; }; }
refused() { ! "$@"; }

start_fake
announce switch/pump '{"name":"Pump","uniq_id":"p1","cmd_t":"pump/set"}'
write_config
start_daemon
wait_for 5 knows switch.pump
if ctl import home-assistant --url "http://127.0.0.1:$fake_port" --token-file "$work/token" 2>&1 | grep -q 'built without libwebsockets'; then
	echo "skipped: hearthd is built without libwebsockets"
	exit 77
fi

# ---- what comes in ----
check "its floors, areas and entities are counted" sh -c "hearthctl --socket $sock import home-assistant |
	grep -qx '2 floors, 3 areas, 3 entities, 1 more that are on MQTT'"
check "an area has its floor and alias" sh -c "hearthctl --socket $sock areas --json | tr -d '\n\t ' | grep -qF '\"name\":\"Kitchen\",\"floor\":\"Groundfloor\",\"aliases\":[\"cookery\"]'"
check "an entity says where it comes from, and is in its device's room" row_is '"entity_id":"light.counter","origin":"home_assistant","name":"Counter","area":"Kitchen"'
check "its alias came along" row_is '"aliases":["worktoplamp"],"state":"off"'
check "its own room goes before its device's" row_is '"name":"Blind","area":"Bedroom"'
check "a device on MQTT stays there, with Home Assistant's room and alias" row_is '"entity_id":"switch.pump","origin":"mqtt","name":"Pump","area":"Shed"'
check "what is not exposed is not there" refused knows switch.secret
check "status names the connection" ha_is online

# ---- what goes out ----
check "a light is turned on, and its state confirms it" says "turn on the counter" '"outcome":"done"'
check "it was a call of its service" called 'light.turn_on {} light.counter'
check "by its alias it is dimmed" says "dim the worktop lamp" '"outcome":"done"'
check "in Home Assistant's own measure" called 'light.turn_on {"brightness": 102} light.counter'
say "make the counter red" >/dev/null
check "a colour goes out in red, green and blue" called 'light.turn_on {"rgb_color": [255, 0, 0]} light.counter'
check "a cover goes to a position" says "open the blind halfway" '"outcome":"done"'
check "by its position" called 'cover.set_cover_position {"position": 50} cover.blind'
check "a script, which no state can confirm, is done when Home Assistant says so" says "good night" '"outcome":"done"'
check "it was run" called 'script.turn_on {} script.good_night'
check "explain shows the call" sh -c "hearthctl --socket $sock log --json | grep -qF 'home_assistant:script.good_night'"
watch_topics -t 'pump/#'
say "turn on the pump" >/dev/null
check "what is on MQTT is reached there" seen 'pump/set ON'
check "and by no call" refused grep -q 'call switch' "$work/fake.log"

# ---- what changes ----
order set light.counter off
check "a state that changes there changes here" shows '"name":"Counter","area":"Kitchen","floor":"Groundfloor","domain":"light","device_class":"","aliases":["worktoplamp"],"state":"off"'
order rename bedroom Attic
check "a renamed area is known a moment later" wait_for 8 row_is '"name":"Blind","area":"Attic"'
order unexpose cover.blind
check "what is not exposed any more goes" wait_for 8 refused knows cover.blind

# ---- what goes wrong ----
order refuse the lamp is on fire
check "what Home Assistant refuses is told in its words" says "good night" 'Home Assistant says: the lamp is on fire'
order refuse
order drop
check "a connection that breaks makes its entities unavailable" log_says 'it closed the connection'
check "and comes back by itself" wait_for 8 ha_is online
check "so that it can be used again" says "turn on the counter" '"outcome":"done"'
order raw '{"type":"result"'
check "a message that is no JSON ends the connection, with its reason" log_says 'a message that is not to be read'
wait_for 8 ha_is online
order raw '{"id":"x","type":"result"}'
check "so does one without a number" log_says 'whose id is no number'
wait_for 8 ha_is online
order binary
check "and one of bytes" log_says 'bytes where text is due'
wait_for 8 ha_is online
order raw '{"type":"from the future"}'
order raw '{"id":99999,"type":"result","success":true,"result":null}'
order raw '{"id":1,"type":"event","event":{"data":{"entity_id":"light.counter","new_state":7}}}'
order set light.counter off
check "what is of no concern is passed over" shows '"worktoplamp"],"state":"off"'
check "and the connection stays" ha_is online
order huge 17000000
check "a message of 17 MB is too long" log_says 'a message of more than 16 MiB'
wait_for 8 ha_is online
order mute
order drop
check "a connection that is never greeted is given up" wait_for 25 grep -q 'it does not answer' "$work/daemon.log"
order speak
check "and made anew" wait_for 10 ha_is online
order deaf
check "a call that is never answered is told when time is up" says "good night" '"outcome":"silent"'

# ---- the other side is not there, or wants another token ----
printf 'wrong' >"$work/wrong"
check "a wrong token is told" sh -c "hearthctl --socket $sock import home-assistant --url http://127.0.0.1:$fake_port --token-file $work/wrong 2>&1 |
	grep -q 'refuses the token'"
check "and not tried again" sh -c "sleep 1.5; [ \$(grep -c 'bad token' $work/fake.log) = 1 ]"
check "an address that is none is refused" sh -c "hearthctl --socket $sock import home-assistant --url ftp://x --token-file $work/token 2>&1 | grep -q 'begins neither with http'"
check "nothing there is told" sh -c "hearthctl --socket $sock import home-assistant --url http://127.0.0.1:1 --token-file $work/token 2>&1 | grep -q '127.0.0.1:1: '"
check "a call without a connection is refused at once" says "turn on the counter" 'there is no connection to Home Assistant'
check "doctor names it" sh -c "hearthctl --socket $sock doctor | grep -q '127.0.0.1:1'"

# ---- by configuration ----
kill "$daemon_pid"
wait_for 5 gone
printf '[home_assistant]\nurl = http://127.0.0.1:%s\ntoken_file = %s\n' "$fake_port" "$work/wrong" >"$conf.d/50-ha.conf"
start_daemon
check "the configured connection is refused with a wrong token" wait_for 5 ha_is refused
check "what was known before is not usable, and not forgotten" knows light.counter
check "and can be forgotten, while nobody announces it" ctl forget script.good_night
cp "$work/token" "$work/wrong"
ctl reload
check "after a reload the new token is read" wait_for 8 ha_is online
printf '[home_assistant]\nurl = http://127.0.0.1:%s\n' "$fake_port" >"$conf.d/50-ha.conf"
check "an address without a token file is an error of the configuration" sh -c "$hearthd --check-config --config $conf 2>&1 | grep -q 'has a url, but no token_file'"
finish
