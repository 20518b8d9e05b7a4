#!/bin/sh
# hearth as a device of Home Assistant's: its discovery message, its states, its button; again after a reconnect and when Home Assistant
# starts; gone when it is switched off.
. "$(dirname "$0")/daemon.sh"
start_broker
cat >"$script" <<'END_OF_SCRIPT'
turn on the pump | 0.987 | HassTurnOn name=Pump
is the pump on | 0.99 | HassGetState name=Pump;state=on
turn on the sauna | 0.99 | HassTurnOn name=Sauna
END_OF_SCRIPT
announce switch/pump '{"name":"Pump","uniq_id":"p1","cmd_t":"pump/set"}'
topic=homeassistant/device/hearth_test/config
write_config
start_daemon
wait_for 5 knows switch.pump
watch_topics -t 'hearth/#' -t 'homeassistant/#'
watch_pid=$pid

check "the discovery message is retained" retained "$topic"
retained "$topic" >"$work/config.json"
cat >"$work/look.py" <<'END_OF_SCRIPT'
import json, sys
config = json.load(open(sys.argv[1]))
assert config["availability_topic"] == "hearth/test/status"
assert config["device"]["identifiers"] == "hearth_test" and config["origin"]["name"] == "hearth"
parts = config["components"]
assert {k: p["platform"] for k, p in parts.items()} == {"say": "text", "send": "notify", "utterance": "sensor", "reply": "sensor",
    "latency": "sensor", "confidence": "sensor", "problem": "binary_sensor", "reload": "button", "event": "event"}, parts
assert len({p["unique_id"] for p in parts.values()}) == len(parts)
assert parts["event"]["event_types"] == ["handled", "not_recognized", "failed"] and "entity_category" not in parts["event"]
assert parts["say"]["command_topic"] == "hearth/test/say"
END_OF_SCRIPT
check "and has what Home Assistant needs" python3 "$work/look.py" "$work/config.json"
check "hearth is no device of the home" sh -c '! printf "%s\n" "$3" | python3 "$1" "$2" | grep -qi "hearth"' sh \
	"$HEARTH_SRCDIR/tests/e2e/ask.py" "$sock" '{"jsonrpc":"2.0","id":1,"method":"devices","params":{"all":true}}'
publish -t homeassistant/device/hearth_other/config -m "$(sed 's/hearth_test/hearth_other/g' "$work/config.json")"
check "nor is another hearth" sh -c 'sleep 0.3; ! printf "%s\n" "$3" | python3 "$1" "$2" | grep -qi "hearth"' sh \
	"$HEARTH_SRCDIR/tests/e2e/ask.py" "$sock" '{"jsonrpc":"2.0","id":1,"method":"devices","params":{"all":true}}'
check "available" sh -c '[ "$(mosquitto_sub -h 127.0.0.1 -p "$1" -t hearth/test/status -C 1 -W 2)" = online ]' sh "$port"

publish -t hearth/test/say -m 'turn on the pump'
check "the text entity's topic is heard; the states follow" seen '"text":"turn on the pump","source":"mqtt","area":"","calls":[{"name":"HassTurnOn","arguments":{"name":"Pump"}}],"outcome":"sent","reply":"Sent, but it cannot be confirmed: turn on Pump.","confidence":0.987,"ms":'
check "the event" seen 'hearth/test/event {"event_type":"handled","text":"turn on the pump"'
publish -t hearth/test/say -m 'colourless green ideas'
check "not recognized" seen 'hearth/test/event {"event_type":"not_recognized"'
publish -t hearth/test/say -m 'turn on the sauna'
check "failed" seen 'hearth/test/event {"event_type":"failed"'
# What is published while it looks also ends mosquitto_sub, but is not printed.
mosquitto_sub -h 127.0.0.1 -p "$port" --retained-only -t hearth/test/event -t hearth/test/last -C 1 -W 1 >"$work/retained"
check "events and states are not retained" test ! -s "$work/retained"

# ---- the button, and the problem sensor
: >"$watched"
echo 'nonsense' >"$conf.d/50-bad.conf"
publish -t hearth/test/reload -m PRESS
check "a reload that fails is a problem" seen 'hearth/test/problem {"problem":"ON","text":"'"$conf.d/50-bad.conf:1"
rm "$conf.d/50-bad.conf"
publish -t hearth/test/reload -m PRESS
check "one that succeeds ends it" seen 'hearth/test/problem {"problem":"OFF","text":""}'

# ---- Home Assistant starts
: >"$watched"
publish -t homeassistant/status -m online
check "its start brings the configuration again" wait_for 7 grep -q "^$topic {" "$watched"
check "and the last states" seen 'hearth/test/last {"id":'

# ---- a reconnect, with a broker that has forgotten everything
kill "$watch_pid" # it would come back as well, and write what it finds there
kill "$broker_pid"
wait "$broker_pid" 2>/dev/null
background broker2 mosquitto -c "$work/broker.conf"
broker_pid=$pid
check "a reconnect, too" wait_for 8 retained "$topic"

# ---- off
printf '[mqtt]\nannounce = no\n' >"$conf.d/60-off.conf"
kill -HUP "$daemon_pid"
# Nothing is there only where something else was heard in time: on a busy machine a second may pass before the subscription.
publish -r -t hearth-e2e/retained -m heard
empty() {
	mosquitto_sub -h 127.0.0.1 -p "$port" -v -t hearth-e2e/retained -t "$topic" -W 1 >"$work/left"
	grep -q '^hearth-e2e/retained' "$work/left" && ! grep -qF "$topic" "$work/left"
}
check "switched off it is taken back" wait_for 5 empty
watch_topics -t 'hearth/#' -t 'homeassistant/device/#'
publish -t homeassistant/status -m online
publish -t hearth/test/reload -m PRESS
says 'is the pump on' x >/dev/null
sleep 0.3
check "and stays silent" sh -c '! grep -E "^(hearth/test/(event|last|problem)|homeassistant/device)" "$1"' sh "$watched"
rm "$conf.d/60-off.conf"
kill -HUP "$daemon_pid"
check "switched on it is back" wait_for 5 retained "$topic"
kill "$daemon_pid"
check "a clean stop" wait_for 5 gone
check "says unavailable" sh -c '[ "$(mosquitto_sub -h 127.0.0.1 -p "$1" -t hearth/test/status -C 1 -W 2)" = offline ]' sh "$port"
finish
