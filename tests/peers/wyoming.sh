#!/bin/sh
# hearth against the Wyoming library that Home Assistant uses, in an old and a new version, from PyPI: `make check-peers`. Skipped where
# pip cannot have it.
. "$(dirname "$0")/../e2e/daemon.sh"
start_broker
cat >"$script" <<'END_OF_SCRIPT'
turn on the pump | 0.99 | HassTurnOn name=Pump
turn on the pump and the heater | 0.99 | HassTurnOn name=Pump + HassTurnOn name=Heater
turn on the pump the heater and the fan | 0.99 | HassTurnOn name=Pump + HassTurnOn name=Heater + HassTurnOn name=Fan
turn on the sauna | 0.99 | HassTurnOn name=Sauna
END_OF_SCRIPT
announce switch/pump '{"name":"Pump","uniq_id":"p1","cmd_t":"pump/set"}'
announce switch/heater '{"name":"Heater","uniq_id":"h1","cmd_t":"heater/set"}'
announce fan/fan '{"name":"Fan","uniq_id":"f1","cmd_t":"fan/set"}'
tcp=$((port + 1))
write_config "[wyoming]
enabled = yes
uri = tcp://127.0.0.1:$tcp"
start_daemon
wait_for 5 knows fan.fan

tested=
for version in 1.7.2 1.9.0; do
	python3 -m pip install --quiet --no-deps --target "$work/wyoming-$version" "wyoming==$version" >"$work/pip.log" 2>&1 || continue
	tested="$tested $version"
	for mode in handle intent; do
		printf '[wyoming]\nmode = %s\n' "$mode" >"$conf.d/50-mode.conf"
		kill -HUP "$daemon_pid"
		sleep 0.3
		check "wyoming $version, mode $mode" env PYTHONPATH="$work/wyoming-$version" PYTHONDONTWRITEBYTECODE=1 \
			python3 "$HEARTH_SRCDIR/tests/peers/wyoming_peer.py" "$tcp" "$version" "$mode"
	done
done
[ -n "$tested" ] || { echo "skipped: pip cannot install wyoming from PyPI: $(tail -n 1 "$work/pip.log")"; exit 77; }
finish
