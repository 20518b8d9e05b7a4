#!/bin/sh
# Right device or none, with the shipped model: 500 sentences about things that the home does not have, and nothing changes.
HEARTHD=${HEARTH_BUILDDIR:-$(dirname "$0")/../../build}/hearthd
. "$(dirname "$0")/daemon.sh"
[ -z "${EMULATOR:-}" ] || { echo "skipped: the network is slow in an emulator"; exit 77; }
need hearthctl hearth-sim
start_broker
unset HEARTH_SOCKET
model=$HEARTH_SRCDIR/models/hearth-s.gguf
ctl() { hearthctl --socket "$sock" "$@"; }

# Near misses need near things: numbered ones, a left and a right, a garden without a shed.
light() { # ID NAME ROOM
	announce "light/$1/light" '{"name":null,"unique_id":"'"$1"'","command_topic":"more/'"$1"'/set","state_topic":"more/'"$1"'","device":{"identifiers":["'"$1"'"],"name":"'"$2"'","suggested_area":"'"$3"'"}}'
}

write_config
hearth-sim --data "$HEARTH_SRCDIR/sim" --devices-d "$work/devices.d/sim.json"
start_daemon
background sim hearth-sim --data "$HEARTH_SRCDIR/sim" --broker "127.0.0.1:$port"
for n in 1 2 3 4; do light "lamp$n" "Lamp $n" "Dining Room"; done
light hue1 "Hue Play Left" "Living Room"
light hue2 "Hue Play Right" "Living Room"
light garden "Garden lights" Garden
wait_for 5 knows '"Towel heater"'
wait_for 5 knows '"Garden lights"'
for area in Kitchen "Living Room" "Dining Room" Hallway Garage Garden; do ctl area put "$area" --floor "Ground floor"; done
for area in Bedroom "Kids Room" Bathroom; do ctl area put "$area" --floor "First floor"; done
ctl alias add floor "First floor" upstairs
ctl alias add floor "Ground floor" downstairs
sleep 0.6 # the first reports

commands() { grep -E '^(more/|[^ ]*/(set|command)[ /]|cmnd/)' "$watched"; }
nothing_was_told() { ! commands; }
# Sensors report as they like.
states() { ctl devices --all --json | grep -E '"(entity_id|state)"' | paste - - | grep -v '"sensor\.' >"$1"; }

watch_topics -R -t '#'
check "what is there is turned on" sh -c 'hearthctl --socket "$1" say turn on the hue play left' sh "$sock"
check "and its command is seen here" wait_for 5 commands
python3 "$HEARTH_SRCDIR/tests/e2e/absent.py" 500 >"$work/absent.txt"
check "there are 500 sentences, all different" test "$(sort -u "$work/absent.txt" | wc -l)" -eq 500
: >"$watched"
states "$work/before"
ctl say --json <"$work/absent.txt" >"$work/answers"
check "each is answered" test "$(wc -l <"$work/answers")" -eq 500
grep -vE '"commands":\[\]' "$work/answers" | sed 's/.*"text":"\([^"]*\)".*"calls":\(.*\),"confidence.*/\1: \2/' >"$work/acted"
check "none leads to a command" sh -c 'cat "$1"; test ! -s "$1"' sh "$work/acted"
ctl say --area Kitchen --json <"$work/absent.txt" >"$work/answers"
grep -vE '"commands":\[\]' "$work/answers" | sed 's/.*"text":"\([^"]*\)".*"calls":\(.*\),"confidence.*/\1: \2/' >"$work/acted"
check "nor from the kitchen" sh -c 'cat "$1"; test ! -s "$1"' sh "$work/acted"
check "the broker has seen none" nothing_was_told
states "$work/after"
check "states are known" grep -q "light.kitchen_ceiling.*off" "$work/before"
check "no state has changed" diff "$work/before" "$work/after"
finish
