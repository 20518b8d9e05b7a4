#!/bin/sh
# Malformed messages at every door; after each the daemon still answers.
. "$(dirname "$0")/daemon.sh"
start_broker
echo 'turn on the pump | 0.99 | HassTurnOn name=Pump' >"$script"
announce switch/pump '{"name":"Pump","uniq_id":"p1","cmd_t":"pump/set","stat_t":"pump/state"}'
publish -r -t hearth/test/say -m 'turn on the pump'
write_config
start_daemon
wait_for 5 knows switch.pump
watch_topics -t 'pump/#' -t 'hearth/#'

check "a retained utterance is not acted on" sh -c 'sleep 0.5; ! grep -aq "^pump/set" "$1"' sh "$watched"
check "and the log says why" grep -q 'a retained utterance is an old one' "$work/daemon.log"
publish -r -t hearth/test/say -n

refused() { rpc "$1" | grep -qF -- "\"code\":$2" && daemon_answers; }
check "no JSON" refused 'turn on the pump' -32700
check "half of JSON" refused '{"jsonrpc":"2.0","id":1,' -32700
check "two objects on a line" refused '{"jsonrpc":"2.0","id":1,"method":"status"} {}' -32700
check "a batch" refused '[{"jsonrpc":"2.0","id":1,"method":"status"}]' -32600
check "no version" refused '{"id":1,"method":"status"}' -32600
check "a method that is a number" refused '{"jsonrpc":"2.0","id":1,"method":7}' -32600
check "an unknown method" refused '{"jsonrpc":"2.0","id":1,"method":"sing"}' -32601
check "params that are a list" refused '{"jsonrpc":"2.0","id":1,"method":"say","params":["x"]}' -32602
check "a missing parameter" refused '{"jsonrpc":"2.0","id":1,"method":"say","params":{}}' -32602
check "an unknown parameter" refused '{"jsonrpc":"2.0","id":1,"method":"say","params":{"text":"x","volume":11}}' -32602
check "a parameter of another type" refused '{"jsonrpc":"2.0","id":1,"method":"say","params":{"text":7}}' -32602
check "an area that is not there" refused '{"jsonrpc":"2.0","id":1,"method":"area.set","params":{"entity_id":"light.none","area":"Moon"}}' -32002
check "a log of a million rows" refused '{"jsonrpc":"2.0","id":1,"method":"log","params":{"limit":1000000}}' -32602
check "bytes that are not UTF-8" refused "$(printf '{"jsonrpc":"2.0","id":1,"method":"\377"}')" -32700
deep=$(python3 -c 'print("[" * 2000)')
check "JSON without a bottom" refused "$deep" -32700
check "a line without an end" sh -c 'python3 -c "print(\"x\" * 2000000)" | python3 "$1" "$2" | grep -q "longer than 1 MiB"' sh \
	"$HEARTH_SRCDIR/tests/e2e/ask.py" "$sock"
check "and the daemon answers" daemon_answers

cat >"$work/many.py" <<'END'
import json, socket, sys
clients = []
for i in range(80):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(5)
    s.connect(sys.argv[1])
    clients.append(s)
last = clients[-1].recv(4096)
assert b"too many clients" in last, last
s = clients[0]
s.sendall(b"".join(json.dumps({"jsonrpc": "2.0", "id": i, "method": "say", "params": {"text": "turn on the pump"}}).encode() + b"\n" for i in range(20)))
got = b""
while got.count(b"\n") < 4:
    got += s.recv(65536)
assert got.count(b"-32001") == 4, got
END
check "too many clients, too many requests" python3 "$work/many.py" "$sock"
check "and the daemon answers" daemon_answers

# Long answers are made beside the loop, and keep their place between the short ones.
cat >"$work/behind.py" <<'END'
import json, socket, sys
methods = ["devices", "status", "export", "sing", "doctor", "status", "understood", "areas", "log", "devices", "status"]
lines = [json.dumps({"jsonrpc": "2.0", "id": i, "method": method}).encode() + b"\n" for i, method in enumerate(methods)]
with socket.socket(socket.AF_UNIX) as s:
    s.settimeout(10)
    s.connect(sys.argv[1])
    s.sendall(b"".join(lines)[:-5])
    s.sendall(b"".join(lines)[-5:])
    answers = s.makefile("rb")
    for i in range(len(methods)):
        answer = json.loads(answers.readline())
        assert answer["id"] == i, (i, answer)
        assert ("result" in answer) == (methods[i] != "sing"), answer
END
check "answers come in the order of the questions" python3 "$work/behind.py" "$sock"
cat >"$work/away.py" <<'END'
import socket, sys
for method in ("devices", "export", "doctor", "understood") * 10:
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(sys.argv[1])
        s.sendall(b'{"jsonrpc":"2.0","id":1,"method":"%s"}\n' % method.encode() * 3)
END
check "clients that do not wait for them" python3 "$work/away.py" "$sock"
check "and the daemon answers" daemon_answers
check "a client that leaves in the middle" sh -c 'printf "{\"jsonrpc\"" | timeout 1 python3 "$1" "$2"; exit 0' sh "$HEARTH_SRCDIR/tests/e2e/ask.py" "$sock"
check "and the daemon answers" daemon_answers

forget() { : >"$watched"; }
not_said() { forget; publish -t hearth/test/say "$@"; seen '"outcome":"refused"' && daemon_answers; }
check "MQTT: half of JSON" not_said -m '{"text":'
check "MQTT: JSON without text" not_said -m '{"utterance":"turn on the pump"}'
check "MQTT: text that is a number" not_said -m '{"text":7}'
printf '\377\376turn on' >"$work/bytes"
check "MQTT: bytes that are not UTF-8" not_said -f "$work/bytes"
python3 -c 'print("pump " * 2000)' >"$work/long"
check "MQTT: a message that is too long" not_said -f "$work/long"
python3 -c 'print("pump " * 300)' >"$work/long"
forget
publish -t hearth/test/say -f "$work/long"
check "MQTT: an utterance that is too long" seen '"outcome":"failed"'

publish -t homeassistant/switch/broken/config -m '{"name":'
publish -t homeassistant/switch/list/config -m '[1,2]'
publish -t homeassistant/switch/number/config -m '{"name":7,"cmd_t":{}}'
publish -t homeassistant/device/x/config -m '{"cmps":7}'
publish -t homeassistant/nonsense/x/config -m '{"name":"x"}'
publish -t homeassistant/switch/deep/config -m "$deep"
publish -t pump/state -f "$work/bytes"
check "discovery: nonsense is refused, and the rest works" daemon_answers
check "and says what is wrong" grep -q 'discovery: .*broken' "$work/daemon.log"
announce light/late '{"name":"Late lamp","uniq_id":"q","cmd_t":"late/set","stat_t":"late"}'
check "a device that comes later is there" wait_for 3 knows light.late_lamp
publish -r -t homeassistant/light/late/config -n
sleep 0.3
check "one that is taken back is gone" sh -c '! printf "%s\n" "$3" | python3 "$1" "$2" | grep -q late_lamp' sh \
	"$HEARTH_SRCDIR/tests/e2e/ask.py" "$sock" '{"jsonrpc":"2.0","id":1,"method":"devices"}'

check "a device that does not answer is silent" says "turn on the pump" '"outcome":"silent","reply":"Sent, but Pump did not answer."'
python3 "$work/away.py" "$sock"
kill "$daemon_pid"
wait "$daemon_pid"
check "a stop while long answers are made is a clean one" [ $? -eq 0 ]
finish
