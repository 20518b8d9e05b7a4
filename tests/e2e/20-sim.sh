#!/bin/sh
# hearth-sim announces as real publishers do, obeys commands, reports, and fails on demand.
. "$(dirname "$0")/lib.sh"
start_broker

retained_has() { retained "$1" | grep -qF -- "$2"; }
not_seen() { sleep "$2"; ! grep -qF -- "$1" "$watched"; }
forget() { : >"$watched"; }

background sim hearth-sim --data "$HEARTH_SRCDIR/sim" --broker "127.0.0.1:$port"
sim=$pid
wait_for 5 grep -q announced "$work/sim.log" || cat "$work/sim.log"

check "Zigbee2MQTT announces a light, retained" \
	retained_has homeassistant/light/0x00158d0001a20001/light/config '"command_topic":"zigbee2mqtt/Kitchen ceiling/set"'
check "its device carries the room" \
	retained_has homeassistant/light/0x00158d0001a20001/light/config '"suggested_area":"Kitchen"'
check "Tasmota announces with abbreviations" \
	retained_has homeassistant/switch/1A2B3C_RL_1/config '"cmd_t":"cmnd/pump/POWER"'
check "ESPHome announces below its node" \
	retained_has homeassistant/cover/garage/door/config '"set_pos_t":"garage/cover/door/position/command"'
check "ESPHome's states are retained" retained_has garage/cover/door/state closed
check "Zigbee2MQTT's bridge is online" retained_has zigbee2mqtt/bridge/state online
check "Tasmota's last will says Online" retained_has tele/pump/LWT Online

watch_topics -t 'zigbee2mqtt/+' -t 'tele/#' -t 'garage/#' -t 'audio/#' -t 'workshop/#' -t 'homeassistant/#' -R
publish -t 'zigbee2mqtt/Kitchen ceiling/set' -m '{"state":"ON","brightness":127}'
check "a light turns on and dims" seen 'zigbee2mqtt/Kitchen ceiling {"state":"ON","brightness":127'
publish -t 'zigbee2mqtt/Front door/set' -m UNLOCK
check "a lock unlocks" seen '"lock_state":"unlocked"'
publish -t 'zigbee2mqtt/Floor lamp/set' -m '{"color":{"r":255,"g":0,"b":0}}'
check "red is 0.701, 0.299" seen '"color":{"x":0.70'
publish -t 'zigbee2mqtt/Living room radiator/set/occupied_heating_setpoint' -m 23.5
check "a radiator takes a single key" seen '"occupied_heating_setpoint":23.5'
publish -t cmnd/strip/Dimmer -m 30
check "a Tasmota strip dims, and turns on with it" seen '"POWER":"ON","Dimmer":30'
publish -t garage/cover/door/command -m OPEN
check "a garage door opens" seen 'garage/cover/door/state opening'
check "and arrives" seen 'garage/cover/door/position/state 100'
publish -t garage/light/light/command -m '{"state":"ON"}'
check "an ESPHome light answers in JSON" seen 'garage/light/light/state {"state":"ON"}'
publish -t 'zigbee2mqtt/Living room/set' -m '{"scene_recall":1}'
check "a scene dims a lamp" seen '"brightness":40'
publish -t workshop/fishtank/set -m 1
check "a home-made switch answers" seen 'workshop/fishtank 1'

forget
publish -t 'zigbee2mqtt/Hallway light/set' -m '{"state":"banana"}'
publish -t 'zigbee2mqtt/Hallway light/set' -m '{"sta'
publish -t cmnd/pump/POWER -m '999999999999999999999'
publish -t 'zigbee2mqtt/Kitchen ceiling/set' -m '{"brightness":9e99}'
publish -t 'zigbee2mqtt/Hallway light/get' -m '{"state":""}'
check "nonsense changes nothing, and the home still answers" seen 'zigbee2mqtt/Hallway light {"state":"ON"'

publish -t hearth-sim/fault/reading_lamp -m silent
publish -t 'zigbee2mqtt/Reading lamp/set' -m ON
check "a silent thing reports nothing" not_seen 'zigbee2mqtt/Reading lamp {' 1
publish -t hearth-sim/fault/garage_pump -m offline
wait_for 2 retained_has tele/pump/LWT Offline
check "an offline thing says so" retained_has tele/pump/LWT Offline
publish -t cmnd/pump/POWER -m ON
check "and obeys nothing" not_seen '"POWER":"ON"' 1

forget
publish -t homeassistant/status -m online
check "everything is announced again for a new Home Assistant" seen homeassistant/lock/0x00124b001f2e0012/lock/config

kill "$sim"
wait "$sim"
check "a clean stop says goodbye" retained_has zigbee2mqtt/bridge/state offline

check "an unknown fault is refused" sh -c '! hearth-sim --data "$1" --fault nothing=silent' sh "$HEARTH_SRCDIR/sim"
hearth-sim --data "$HEARTH_SRCDIR/sim" --home "$work/home.json"
check "it has the floors" grep -q '"First floor"' "$work/home.json"
hearth-sim --data "$HEARTH_SRCDIR/sim" --devices-d "$work/devices.json"
check "devices.d is told of what announces nothing" grep -q workshop/fishtank/set "$work/devices.json"
finish
