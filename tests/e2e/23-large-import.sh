#!/bin/sh
# A home file of 10,000 entities, larger than a line of the socket, goes into a hearthd that runs; one with a mistake in it does not, not even in part. What is asked of all of them holds nobody up.
. "$(dirname "$0")/daemon.sh"
need hearthctl
printf 'turn on | 0.99 | HassTurnOn name=Lamp\n' >"$script"
ctl() { hearthctl --socket "$sock" "$@"; }
entities() { ctl export | grep -c '"entity_id"'; }

# home COUNT LAST: lamps in 100 rooms on 4 floors; the last one's area is LAST.
home() {
	python3 -c '
import json, sys
count, last = int(sys.argv[1]), json.loads(sys.argv[2])
entities = [{"entity_id": f"light.lamp_{i}", "name": f"Lamp {i}", "area": f"Room {i % 100}", "domain": "light", "aliases": [f"glow {i}"],
             "state": "off", "attributes": {"brightness": 128, "friendly_name": f"Lamp {i}"}} for i in range(count)]
entities[-1]["area"] = last
json.dump({"floors": [{"name": f"Storey {i}"} for i in range(4)], "more": [1],
           "areas": [{"name": f"Room {i}", "floor": f"Storey {i % 4}"} for i in range(100)], "entities": entities}, sys.stdout)' "$@"
}

write_config
start_daemon_only
home 10000 7 >"$work/bad.json"
check "a mistake in the last row is named, with the file" sh -c "hearthctl --socket $sock import $work/bad.json 2>&1 | grep -F '$work/bad.json: entities[9999]'"
check "and nothing of the file is entered" test "$(entities)" = 0
home 10000 '"Room 99"' >"$work/home.json"
check "the file is larger than a request may be" test "$(wc -c <"$work/home.json")" -gt 1048576
check "it is imported" test "$(ctl import "$work/home.json")" = "4 floors, 100 areas, 10000 entities"
check "all of it" test "$(entities)" = 10000
check "to the last one's room, floor and alias" sh -c "hearthctl --socket $sock devices --area 'Room 99' --json | tr -d '\n\t ' |
	grep -qF '\"name\":\"Lamp9999\",\"area\":\"Room99\",\"floor\":\"Storey3\",\"domain\":\"light\",\"device_class\":\"\",\"aliases\":[\"glow9999\"]'"
ctl export >"$work/once.json"
check "what was exported comes in, from standard input" sh -c "hearthctl --socket $sock import - <$work/once.json"
ctl export >"$work/twice.json"
check "and changes nothing" cmp "$work/once.json" "$work/twice.json"
echo '{"component":"light","name":"Lamp 17","unique_id":"l17","command_topic":"l17/set"}' >"$work/devices.d/lamp.json"
ctl reload
check "a device that is described later is the one of the file" knows '"entity_id":"light.lamp_17","origin":"mqtt"'
check "with its room and alias" sh -c "hearthctl --socket $sock devices 'glow 17' | grep -q 'Room 17'"
check "and no other one" test "$(entities)" = 10000

# As many again, without rooms.
home 10000 null | sed 's/"area": "Room [0-9]*", "domain"/"domain"/g; s/glow/beam/g; s/lamp_/hall_/g; s/Lamp/Hall lamp/g' >"$work/roomless.json"
ctl import "$work/roomless.json" >/dev/null
echo '{"jsonrpc":"2.0","id":1,"method":"areas.suggest"}' >"$work/suggest"
check "while rooms are read off 10,000 names, others are answered" sh -c "python3 $HEARTH_SRCDIR/tests/e2e/meanwhile.py $sock <$work/suggest >$work/suggested"
check "all of them" test "$(grep -o '"area":"Hall","new":true' "$work/suggested" | wc -l)" = 10000
finish
