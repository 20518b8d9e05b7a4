#!/bin/sh
# A large home: new names are found a moment later, and nobody waits for the index of them.
. "$(dirname "$0")/daemon.sh"
start_broker
cat >"$script" <<'END'
turn on socket 7 | 0.99 | HassTurnOn name=Socket 7
turn on the monster | 0.99 | HassTurnOn name=monster
END
write_config
start_daemon
python3 - <<'END' >"$work/import.json"
import json
entities = [{"entity_id": f"switch.socket_{i}", "name": f"Socket {i}", "domain": "switch"} for i in range(2000)]
print(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "import", "params": {"home": {"entities": entities}}}))
END
import_home() { python3 "$HEARTH_SRCDIR/tests/e2e/ask.py" "$sock" <"$work/import.json" | grep '"entities":2000'; }
name_it() { rpc "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"alias.add\",\"params\":{\"kind\":\"entity\",\"of\":\"switch.socket_$1\",\"alias\":\"$2\"}}" | grep '"result"'; }
check "two thousand things" import_home
check "are known by name" says "turn on socket 7" 'Socket 7 is known by name only'
check "a name that is not there" says "turn on the monster" "There is no 'monster' here."
check "is given" name_it 7 "monster"
check "and is there a moment later" wait_for 5 says "turn on the monster" 'Socket 7 is known by name only'
check "another" name_it 8 "dwarf"
kill "$daemon_pid"
wait "$daemon_pid"
check "does not hold up the end" [ $? -eq 0 ]
finish
