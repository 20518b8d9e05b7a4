#!/bin/sh
# Commands for so long: done now, turned back by a timer that is on disk before.
. "$(dirname "$0")/daemon.sh"
start_broker
cat >"$script" <<'END'
turn on the fan | 0.99 | HassTurnOn name=Fan
turn on the fan for 10 minutes | 0.9 | HassStartTimer minutes=10;conversation_command=turn on the fan
turn on the heater | 0.99 | HassTurnOn name=Heater
turn on the heater at 7 am | 0.99 | HassTurnOn name=Heater
turn off the fan | 0.99 | HassTurnOff name=Fan
toggle the fan | 0.99 | HassToggle name=Fan
turn on lamp a | 0.99 | HassTurnOn name=Lamp A
turn on the study lights | 0.99 | HassTurnOn area=Study;domain=light
turn off lamp b | 0.99 | HassTurnOff name=Lamp B
turn off the study lights | 0.99 | HassTurnOff area=Study;domain=light
set the heater to 22 | 0.99 | HassClimateSetTemperature name=Heater;temperature=22
set the heater to 24 | 0.99 | HassClimateSetTemperature name=Heater;temperature=24
turn on the fan and turn off the study lights | 0.99 | HassTurnOn name=Fan + HassTurnOff area=Study;domain=light
unlock the front door | 0.99 | HassTurnOff name=Front door;domain=lock
lock the front door | 0.99 | HassTurnOn name=Front door;domain=lock
open the garage | 0.99 | HassTurnOn name=Garage;domain=cover
open the blind | 0.99 | HassTurnOn name=Blind;domain=cover
turn on movie night | 0.99 | HassTurnOn name=Movie night;domain=scene
play jazz for 10 minutes | 0.99 | HassMediaSearchAndPlay search_query=~jazz
biscuits for 12 minutes | 0.99 | HassStartTimer minutes=12;name=~biscuits
turn on the sauna | 0.99 | HassTurnOn name=Sauna
how long is left | 0.99 | HassTimerStatus
cancel the timer | 0.99 | HassCancelTimer
cancel all timers | 0.99 | HassCancelAllTimers
turn on the fan in 10 minutes | 0.99 | HassStartTimer minutes=10;conversation_command=turn on the fan
END
announce fan/fan '{"name":"Fan","unique_id":"f1","command_topic":"fan/set","state_topic":"fan"}'
announce climate/heater '{"name":"Heater","unique_id":"c1","modes":["off","heat"],"mode_command_topic":"heater/mode/set","mode_state_topic":"heater/mode","temperature_command_topic":"heater/temp/set","temperature_state_topic":"heater/temp","min_temp":5,"max_temp":30}'
announce light/a '{"name":"Lamp A","unique_id":"a1","command_topic":"a/set","state_topic":"a","device":{"identifiers":["a"],"name":null,"suggested_area":"Study"}}'
announce light/b '{"name":"Lamp B","unique_id":"b1","command_topic":"b/set","state_topic":"b","device":{"identifiers":["b"],"name":null,"suggested_area":"Study"}}'
announce lock/door '{"name":"Front door","unique_id":"l1","command_topic":"door/set","state_topic":"door"}'
announce cover/garage '{"name":"Garage","unique_id":"g1","device_class":"garage","command_topic":"garage/set","state_topic":"garage"}'
announce cover/blind '{"name":"Blind","unique_id":"bl1","command_topic":"blind/set","state_topic":"blind"}'
announce scene/movie '{"name":"Movie night","unique_id":"s1","command_topic":"movie/set","payload_on":"ON"}'
# what obeys at once
background obey sh -c 'mosquitto_sub -h 127.0.0.1 -p "$1" -v -t "+/set" -t "heater/+/set" | while read -r topic value; do
	case $topic$value in blind/setOPEN) value=open ;; blind/setCLOSE) value=closed ;; esac
	mosquitto_pub -h 127.0.0.1 -p "$1" -r -t "${topic%/set}" -m "$value"; done' sh "$port"
publish() { mosquitto_pub -h 127.0.0.1 -p "$port" -r "$@"; }
publish -t fan -m OFF
publish -t heater/mode -m heat
publish -t heater/temp -m 19
publish -t a -m ON
publish -t b -m OFF
publish -t door -m LOCKED
publish -t garage -m closed
publish -t blind -m closed
write_config
start_daemon
wait_for 5 knows scene.movie_night
wait_for 5 knows '"state":"locked"'
watch_topics -t 'hearth/test/timer' -t 'fan/#' -t 'a/#' -t 'b/#' -t 'heater/#' -t 'blind/#' -t 'door/#' -t 'garage/#' -t 'movie/#'
forget() { : >"$watched"; }

check "on, and for how long" says "turn on the fan for 10 minutes" '"outcome":"done","reply":"Turned on Fan for 10 minutes."'
check "it is on now" seen 'fan/set ON'
check "and will be turned off" says "how long is left" 'turn off Fan."'
check "said again, it counts from now" says "turn on the fan for an hour" '"reply":"Turned on Fan for 1 hour."'
check "and there is still one timer" says "cancel the timer" "\"reply\":\"Cancelled 'turn off Fan'.\""
forget
check "a second long" says "turn on the fan for 1 second" '"reply":"Turned on Fan for 1 second."'
check "it is off again by itself" seen 'fan/set OFF'
check "which is told" seen '"state":"finished"'
check "and logged as what it was" sh -c 'printf "%s\n" "$1" | python3 "$2" "$3" | grep -qF "entity_id"' sh \
	'{"jsonrpc":"2.0","id":1,"method":"log","params":{"limit":1}}' "$HEARTH_SRCDIR/tests/e2e/ask.py" "$sock"

forget
check "what is off stays off" says "turn off lamp b for 1 second" '"reply":"Turned off Lamp B."'
check "of a group" says "turn off the study lights for 2 seconds" '"reply":"Turned off 2 lights in Study for 2 seconds."'
check "only those that were on" seen 'a/set ON'
check "are on again" sh -c '! grep -q "b/set ON" "$1"' sh "$watched"
forget
check "a setting is set back" says "set the heater to 22 for 1 second" '"reply":"Set Heater to 22 degrees for 1 second."'
check "to what it was" seen 'heater/temp/set 19'
forget
check "a cover" says "open the blind for 1 second" '"reply":"Opened Blind for 1 second."'
check "closes again" seen 'blind/set CLOSE'

check "of two only the one before it" says "turn on the fan and turn off the study lights for 5 minutes" \
	'"reply":"Turned on Fan. Turned off 2 lights in Study for 5 minutes."'
check "undone with its timer" says "undo that" 'Cancelled'
check "which is gone" says "how long is left" '"reply":"There is no timer."'

kill -9 "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
start_daemon
wait_for 5 knows '"state":"locked"'
check "over a restart" says "turn on the heater for 3 seconds" '"reply":"Turned on Heater for 3 seconds."'
forget
kill -9 "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
start_daemon
check "it is not forgotten" wait_for 10 seen 'heater/mode/set off'

in_state() {
	rpc '{"jsonrpc":"2.0","id":1,"method":"devices","params":{"all":true}}' | python3 -c 'import json, sys
entities = json.load(sys.stdin)["result"]["entities"]
sys.exit(not any(e["entity_id"] == sys.argv[1] and e["state"] == sys.argv[2] for e in entities))' "$1" "$2"
}
restart_daemon() {
	kill -9 "$daemon_pid"
	wait "$daemon_pid" 2>/dev/null
	start_daemon
	wait_for 5 knows '"state":"locked"'
}
none='"reply":"There is no timer."'

# A command for the same thing takes the place of the turning back.
check "on for a time" says "turn on the fan for 10 minutes" '"reply":"Turned on Fan for 10 minutes."'
check "and then for good" says "turn on the fan" '"reply":"Turned on Fan."'
check "stays on" says "how long is left" "$none"
check "undone, it is for a time again" says "undo that" 'turn off Fan."'
check "as before" says "how long is left" 'turn off Fan."'
check "off before its time" says "turn off the fan" '"reply":"Turned off Fan."'
check "needs no turning off" says "how long is left" "$none"
check "undone, it is on, but not for ever" says "undo that" 'turn off Fan. Turned on Fan."'
restart_daemon
check "nor after a restart" says "how long is left" 'turn off Fan."'
check "a dry run takes nothing" says "turn on the fan" '"reply":"Would turn on Fan."' '"dry_run":true'
check "from the timer" says "how long is left" 'turn off Fan."'
publish -t fan -m OFF
wait_for 5 in_state fan.fan off
check "nor does somebody at the switch" says "how long is left" 'turn off Fan."'
check "toggled" says "toggle the fan" '"outcome":"done"'
restart_daemon
check "it stays so, after a restart too" says "how long is left" "$none"
says "turn off the fan" x >/dev/null
says "turn on the fan for 10 minutes" x >/dev/null
says "turn on the fan for an hour" x >/dev/null
check "a longer time, taken back" says "undo that" "Cancelled 'turn off Fan'."
check "leaves the shorter" sh -c 'printf "%s\n" "$1" | grep -qE "In (10|9) minutes"' sh "$(say "how long is left")"
check "which is undone, too" says "undo that" 'Turned off Fan."'
check "with its timer" says "how long is left" "$none"
says "turn on the fan for an hour" x >/dev/null
check "off for a part of that time" says "turn off the fan for 10 minutes" '"reply":"Turned off Fan for 10 minutes."'
check "and off in the end" says "cancel all timers" '"reply":"Cancelled 2 timers."'

publish -t a -m ON
publish -t b -m ON
wait_for 5 in_state light.lamp_b on
check "of several things" says "turn off the study lights for 10 minutes" '"reply":"Turned off 2 lights in Study for 10 minutes."'
check "one is commanded" says "turn on lamp a" '"reply":"Turned on Lamp A."'
check "the other is turned back" says "how long is left" 'turn on Lamp B."'
restart_daemon
check "after a restart too" says "how long is left" 'turn on Lamp B."'
check "a group takes what is in it" says "turn on the study lights" '"reply":"Turned on 2 lights in Study."'
check "from each timer" says "how long is left" "$none"
says "turn off the study lights for 10 minutes" x >/dev/null
says "turn on lamp a" x >/dev/null
check "undone" says "undo that" 'Turned off Lamp A."'
check "both are turned back" says "cancel all timers" '"reply":"Cancelled 2 timers."'

publish -t heater/temp -m 19
wait_for 5 knows '"temperature":19'
says "turn on the heater for an hour" x >/dev/null
check "to adjust is not to replace" says "set the heater to 22 for 10 minutes" '"reply":"Set Heater to 22 degrees for 10 minutes."'
check "two things are turned back" says "how long is left" 'turn off Heater. In '
forget
check "another setting for a time" says "set the heater to 24 for 1 second" '"reply":"Set Heater to 24 degrees for 1 second."'
check "goes back to the first" seen 'heater/temp/set 19'
check "the rest goes on" says "how long is left" 'turn off Heater."'
says "set the heater to 22 for 10 minutes" x >/dev/null
check "a setting for good" says "set the heater to 24" '"reply":"Set Heater to 24 degrees."'
check "takes that of its kind alone" says "cancel all timers" "\"reply\":\"Cancelled 'turn off Heater'.\""

forget
check "no door is unlocked for a while" says "unlock the front door for 5 minutes" '"outcome":"refused","reply":"I do not do that for a time only'
check "nor locked, to be unlocked by itself" says "lock the front door for an hour" '"outcome":"refused","reply":"I do not do that for a time only'
check "nor a garage opened" says "open the garage for 5 minutes" '"outcome":"refused","reply":"I do not do that for a time only'
check "a scene cannot be turned back" says "turn on movie night for an hour" '"outcome":"refused","reply":"I would not know how'
check "what is not there" says "turn on the sauna for an hour" "There is no 'sauna' here."
check "longer than a timer runs" says "turn on the fan for 2 weeks" '"reply":"A timer runs from one second to 100 hours."'
check "none of that was done" sh -c 'sleep 0.3; ! grep -q set "$1"' sh "$watched"
check "nor put down" says "how long is left" '"reply":"There is no timer."'
check "without a length it is for good" says "turn on the fan for a while" '"reply":"Turned on Fan."'
check "a timer stays a timer" says "biscuits for 12 minutes" '"reply":"Started a timer of 12 minutes for biscuits."'
says "cancel all timers" x >/dev/null
check "later, and for so long" says "turn on the heater at 7 am for an hour" ': turn on the heater for an hour."'
check "in a while, and for so long" says "turn on the fan in 10 minutes for an hour" '"reply":"In 10 minutes: turn on the fan for an hour."'
check "both are put down" says "cancel all timers" '"reply":"Cancelled 2 timers."'
check "a dry run starts none" says "turn on the fan for 10 minutes" '"reply":"Would turn on Fan for 10 minutes."' '"dry_run":true'
check "and says so" says "how long is left" '"reply":"There is no timer."'
finish
