#!/bin/sh
# Messages that take long to read, and what comes right behind them: nothing is lost, and the last one counts. Over TLS, where one read
# brings many of them.
. "$(dirname "$0")/daemon.sh"
need openssl
start_broker
cat >"$script" <<'END'
END

kill "$broker_pid"
wait "$broker_pid" 2>/dev/null
tls_port=$((port + 1))
cd "$work" || exit 1
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
	-keyout broker.key -out broker.pem 2>/dev/null
chmod a+r broker.key # mosquitto gives root up
cat >>broker.conf <<END
max_queued_messages 0
listener $tls_port 127.0.0.1
certfile $work/broker.pem
keyfile $work/broker.key
END
chmod a+x "$work"
background broker mosquitto -c broker.conf
wait_for 3 broker_answers || { cat broker.log; exit 1; }

# Device messages of up to 400 sensors; a reading of 200 kB, and one of a few bytes; 1,500 lamps.
python3 - <<'END'
import json
def device(sensors):
    return json.dumps({"dev": {"ids": ["meter"], "name": "Meter"}, "o": {"name": "test"}, "cmps": {
        f"c{i}": {"p": "sensor", "unique_id": f"m{i}", "name": f"Phase {i}", "state_topic": f"meter/{i % 3}",
                  "value_template": "{{ value_json.now }}"} if i in sensors else {"p": "sensor"} for i in range(400)}})
def reading(now, size):
    return json.dumps({"past": ["x" * 40] * (size // 44), "now": now})
for name, text in {"all": device(range(400)), "half": device(range(200)), "long1": reading(1, 200000), "long2": reading(2, 200000),
                   "short3": reading(3, 0)}.items():
    open(name, "w").write(text)
END

write_config
sed -i "s|^port = .*|port = $tls_port\nca_file = $work/broker.pem|; s/^host = .*/host = localhost/; s/log_level = debug/log_level = info/" "$conf"

# Retained before the start: they come in one burst.
python3 - "$HEARTH_SRCDIR/tests/e2e" "$port" <<'END'
import json, sys
sys.path.insert(0, sys.argv[1])
import mqtt_client
client = mqtt_client.Client(int(sys.argv[2]), "announcer")
for i in range(1500):
    client.publish(f"homeassistant/light/l{i}/config", json.dumps({"name": f"Lamp {i}", "unique_id": f"l{i}", "command_topic": f"l/{i}"}), True)
END
publish -r -t homeassistant/device/meter/config -f all
start_daemon
counts() {
	rpc '{"jsonrpc":"2.0","id":1,"method":"devices","params":{"all":true}}' | python3 -c '
import json, sys
rows = json.load(sys.stdin)["result"]["entities"]
n = [sum(r["domain"] == d for r in rows) for d in ("light", "sensor")]
print(*n)
sys.exit(n != [int(a) for a in sys.argv[1:]])' "$@"
}
check "a burst of 1,500 lamps and a device of 400 sensors" wait_for 20 counts 1500 400

# One connection, so that the broker has them in this order.
behind_each_other() {
	python3 - "$HEARTH_SRCDIR/tests/e2e" "$port" "$@" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import mqtt_client
client = mqtt_client.Client(int(sys.argv[2]), "meter")
for topic, name in zip(sys.argv[3::2], sys.argv[4::2]):
    client.publish(topic, open(name).read(), topic.endswith("config"))
END
}
value() { rpc '{"jsonrpc":"2.0","id":1,"method":"devices","params":{"name":"Meter Phase '"$1"'"}}' | grep -qF "\"state\":\"$2\""; }

behind_each_other meter/0 long1 meter/0 long2 meter/0 short3 meter/1 short3 meter/1 long1 meter/2 long1 meter/2 long2
check "a short reading behind two long ones counts" wait_for 5 value 3 3
check "a long one behind a short one, too" wait_for 5 value 4 1
check "and the second of two long ones" wait_for 5 value 5 2
check "for all who listen" value 198 3

config=homeassistant/device/meter/config
behind_each_other "$config" half "$config" all "$config" half
check "of three device messages the last one counts" wait_for 10 counts 1500 200
: >empty
behind_each_other "$config" all "$config" empty
check "an empty one behind a long one takes it away" wait_for 10 counts 1500 0
behind_each_other "$config" all
kill "$daemon_pid"
wait "$daemon_pid"
check "a stop in the midst of it is a clean one" [ $? -eq 0 ]
finish
