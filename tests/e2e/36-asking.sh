#!/bin/sh
# Between acting and refusing: "Did you mean ...?", and what a yes, a no and anything else do then.
. "$(dirname "$0")/daemon.sh"
cat >"$script" <<'END'
turn on the pump | 0.99 | HassTurnOn name=Pump
pump thing on | 0.5 | HassTurnOn name=Pump
maybe the pump | 0.3 | HassTurnOn name=Pump
fan and pump thing on | 0.5 | HassTurnOn name=Fan + HassTurnOn name=Pump
the sauna thing on | 0.5 | HassTurnOn name=Sauna
open up the front door | 0.8 | HassTurnOff name=Front door;domain=lock
is the pump thing on | 0.8 | HassGetState name=Pump;state=on
was the pump thing on | 0.5 | HassGetState name=Pump;state=on
milk thing | 0.5 | HassShoppingListAddItem item=~milk
pump thing on later | 0.99 | HassStartTimer minutes=10;conversation_command=~pump thing on
turn off the fan | 0.99 | HassTurnOff name=Fan
END
start_broker
watch_topics -t 'pump/#' -t 'fan/#' -t 'door/#' -t 'hearth/#'
write_config
echo '[{"component":"switch","name":"Pump","unique_id":"p","command_topic":"pump/set","state_topic":"pump/state"},
{"component":"fan","name":"Fan","unique_id":"f","command_topic":"fan/set","state_topic":"fan/state"},
{"component":"lock","name":"Front door","unique_id":"l","command_topic":"door/set","state_topic":"door/state"}]' >"$work/devices.d/all.json"
start_daemon
wait_for 5 knows lock.front_door || exit 1
forget() { : >"$watched"; }
never() { sleep 0.3; ! grep -qF -- "$1" "$watched"; }

check "not sure enough: it asks" says "pump thing on" '"outcome":"refused","reply":"Did you mean: turn on Pump?","commands":[]'
check "no drops it, and says so" says "never mind" '"reply":"All right, I will not."'
check "the result says what a yes would do" says "pump thing on" '"question":{"calls":[{"name":"HassTurnOn","arguments":{"name":"Pump"}}]}'
check "nothing has left" never 'pump/set ON'
check "a yes does it" says "yeah do that please" '"commands":[{"entity_id":"switch.pump","topic":"pump/set","payload":"ON"}]'
check "and a second one nothing more" says "yes" '"outcome":"unhandled"'
says "pump thing on" x >/dev/null
check "anything else is an utterance like any other" says "turn off the fan" '"topic":"fan/set","payload":"OFF"'
check "and the question is forgotten" says "go ahead" '"outcome":"unhandled"'
check "less sure: refused" says "maybe the pump" '"reply":"I am not sure what you mean."'
check "two calls are one question" says "fan and pump thing on" '"reply":"Did you mean: turn on Fan and turn on Pump?"'
check "and one yes" says "right" '"commands":[{"entity_id":"fan.fan","topic":"fan/set","payload":"ON"},{"entity_id":"switch.pump","topic":"pump/set","payload":"ON"}]'
check "what is not there is not asked about" says "the sauna thing on" '"outcome":"refused"'
check "so a yes means nothing" says "yes" '"outcome":"unhandled"'
check "what is sensitive has a band of its own" says "open up the front door" '"reply":"Did you mean: unlock Front door?"'
check "a yes is explicit" says "yes please" '"topic":"door/set","payload":"UNLOCK"'
check "questions are answered" says "is the pump thing on" '"answers":'
check "or refused" says "was the pump thing on" '"reply":"I am not sure what you mean."'
check "a list has no device" says "milk thing" '"reply":"Did you mean: add milk to the shopping list?"'
check "and waits all the same" says "ok" '"reply":"Added milk to the shopping list."'
check "nobody could say yes when a timer ends" says "pump thing on later" '"reply":"I am not sure what you mean."'
forget
check "a dry run asks, too" says "pump thing on" '"reply":"Did you mean: turn on Pump?"' '"dry_run":true'
check "and its yes is one" says "yes" '"outcome":"dry_run","reply":"Would turn on Pump."'
check "so nothing has left" never 'pump/set ON'
check "the log has the band" grep -q 'confidence=0.500 band=ask outcome=refused' "$work/daemon.log"

publish -t hearth/test/say -m '{"text":"pump thing on","area":"","source":"button"}'
check "an utterance by MQTT is answered" seen '"source":"button","area":"","normalized":"pump thing on"'
publish -t hearth/test/say -m '{"text":"yes","area":"","source":"another"}'
check "another source's yes is not for it" seen '"text":"yes","source":"another"'
check "so nothing has left then either" never 'pump/set ON'
publish -t hearth/test/say -m '{"text":"yes","area":"","source":"button"}'
check "its own is" seen 'pump/set ON'

says "pump thing on" x >/dev/null
echo '[]' >"$work/devices.d/all.json"
kill -HUP "$daemon_pid"
wait_for 5 sh -c '! printf "%s\n" "$3" | python3 "$1" "$2" | grep -q switch.pump' sh "$HEARTH_SRCDIR/tests/e2e/ask.py" "$sock" \
	'{"jsonrpc":"2.0","id":1,"method":"devices"}'
check "a yes is to what was asked about, and to nothing else" says "yes" '"outcome":"refused"'
finish
