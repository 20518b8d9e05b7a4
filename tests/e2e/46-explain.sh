#!/bin/sh
# Why did it do that? Each row of the log of a day with the shipped model: every step is shown, the same comes out again, and a case of
# eval can be made of it.
HEARTHD=${HEARTH_BUILDDIR:-$(dirname "$0")/../../build}/hearthd
. "$(dirname "$0")/daemon.sh"
[ -z "${EMULATOR:-}" ] || { echo "skipped: the network is slow in an emulator"; exit 77; }
need hearthctl hearth-sim
start_broker
unset HEARTH_SOCKET
model=$HEARTH_SRCDIR/models/hearth-s.gguf
HEARTH_MODEL=$model
HEARTH_TOOLS=$HEARTH_SRCDIR/schemas/intents.json
HEARTH_PHRASES=$HEARTH_SRCDIR/schemas/phrases_en.json
export HEARTH_MODEL HEARTH_TOOLS HEARTH_PHRASES
ctl() { hearthctl --socket "$sock" "$@"; }

cat >"$work/day.txt" <<'END'
turn on the kitchen lights
turn off the kitchen ceiling
set the counter light to 30 percent
make the floor lamp red
dim the reading lamp
living room strip on and bedroom blind down
close the bedroom blind
set the living room radiator to 21 degrees
is the garage door open
how warm is it in the kitchen
which lights are on
open the garage door
no
unlock the front door
lock the front door
start the vacuum
turn on the garden shed lights
turn on lamp 5
kids bathroom lights off
turn on the sauna
turn off everything upstairs
what time is it
set a timer for 10 minutes
cancel the timer
add milk to the shopping list
mumble mumble mumble
what a lovely day
bedroom fan to 50 percent
open the garden valve
yes
turn off the bathroom light and the bathroom fan
pause the living room speaker
make it brighter
toggle the night light
turn on the towel heater
turn on the kitchen ceiling
turn it off again
undo that
no the bedroom ceiling
and the hallway light too
turn off all the kitchen lights except the counter light
turn the bedroom fan off in 10 minutes
lights off at 7 am
never mind
END

write_config
hearth-sim --data "$HEARTH_SRCDIR/sim" --devices-d "$work/devices.d/sim.json"
start_daemon
background sim hearth-sim --data "$HEARTH_SRCDIR/sim" --broker "127.0.0.1:$port"
wait_for 5 knows '"Towel heater"'
for area in Bedroom "Kids Room" Bathroom; do ctl area put "$area" --floor "First floor"; done
ctl alias add floor "First floor" upstairs
sleep 0.6 # the first reports
ctl say --json <"$work/day.txt" >/dev/null
ctl say --area Kitchen --quiet make it darker >/dev/null
ctl say --area Atlantis --quiet lights on >/dev/null
ctl call --json HassTurnOn name="Kitchen ceiling" >/dev/null
ctl log -n 100 --json >"$work/log.json"
rows=$(grep -c '"utterance_id"' "$work/log.json")
check "each sentence has its row" test "$rows" -eq "$(($(wc -l <"$work/day.txt") + 3))"

shows() { grep -qE -- "$1" "$work/row" || { echo "no \"$1\" in:"; cat "$work/row"; return 1; }; }
has_every_step() { # what every row has; and what those have that were read, resolved, published
	ctl explain "$1" >"$work/row" && ctl explain "$1" --json >"$work/row.json" || return 1
	for step in '^  number  ' '^  heard   ' '^  names   ' '^  call    ' '^  outcome [a-z_]+: ' '^  took    .*total'; do
		shows "$step" || return 1
	done
	grep -q '"read"' "$work/row.json" && { shows '^  WROTE .*SURE .*OF .*ELSE' && shows '</s>|<none>' || return 1; }
	grep -q '"actions":	\[{' "$work/row.json" && { shows '^  action  .*: [a-z]' && shows '^  policy  [0-9]+ % is enough' || return 1; }
	grep -q '"commands":	\[{' "$work/row.json" && { shows '^  publish ' && shows '^  device  .*: [a-z]' || return 1; }
	return 0
}
every_row() {
	id=1
	while [ "$id" -le "$rows" ]; do
		"$@" "$id" || { echo "row $id"; return 1; }
		id=$((id + 1))
	done
}
same_again() { ctl explain --replay "$1"; }
check "every step of every row is shown" every_row has_every_step
check "and every one gives the same call again" every_row same_again
log_has_not_grown() { [ "$(ctl log -n 100 --json | grep -c '"utterance_id"')" -eq "$rows" ]; }
check "which is not done, and not in the log" log_has_not_grown

row_of() { ctl log -n 100 --json | python3 -c 'import json, sys; print([r["id"] for r in json.load(sys.stdin) if r["text"] == sys.argv[1]][0])' "$1"; }
explains() { ctl explain "$(row_of "$1")" >"$work/row" && shows "$2"; }
check "a guarded call names its guard" explains "lock the front door" 'guarded by|is enough'
check "and what wants a surer network" explains "unlock the front door" '85 % is enough, 40 % to ask: act; guarded by unlock'
check "the evidence for a name" explains "turn off the kitchen ceiling" '^  said    name Kitchen ceiling: kitchen ceiling \(of 2 words\)'
check "what the network read of a sentence that leans on another" explains "turn it off again" '^  read    turn the kitchen ceiling off again'
check "a room that was not said" explains "make it darker" 'area Kitchen: the room of who speaks'
check "a state before and after" explains "turn off the kitchen ceiling" '^  device  Kitchen ceiling .*: done, on -> off'

# ---- the home changes ----
id=$(row_of "turn on the kitchen lights")
ctl expose off light.counter_light
ctl expose off light.kitchen_ceiling
check "the calls are compared, not what is exposed" ctl explain --replay "$id"
id=$(row_of "turn off the kitchen ceiling")
differs() { ! ctl explain --replay "$id" >"$work/row" && shows '^  then    HassTurnOff name="Kitchen ceiling"' && shows '^  gone    @light Kitchen ceiling'; }
check "a name that is gone makes a difference, and is shown" differs
ctl expose on light.kitchen_ceiling

# ---- as a case ----
: >"$work/cases.jsonl"
ctl export >"$work/home.json"
for text in "turn off the kitchen ceiling" "make the floor lamp red" "which lights are on" "what a lovely day" "toggle the night light"; do
	ctl explain --as-case --home home.json "$(row_of "$text")" >>"$work/cases.jsonl"
done
ctl explain --as-case "$(row_of "make it darker")" >>"$work/cases.jsonl"
check "a case a line" test "$(wc -l <"$work/cases.jsonl")" -eq 6
hearthctl eval --json "$work/cases.jsonl" >"$work/row" 2>&1
check "eval takes them, and finds all of them right" shows '"exact":	6,'
ctl explain --as-case --home home.json --calls '[{"name":"HassTurnOn","arguments":{"name":"Night Light"}}]' "$(row_of "toggle the night light")" >"$work/wrong.jsonl"
hearthctl eval --json "$work/wrong.jsonl" >"$work/row" 2>&1
check "the calls that would have been right make a case that fails" shows '"exact":	0,'
check "calls that are no JSON are refused" sh -c 'hearthctl --socket "$1" explain --as-case --calls nonsense; test $? -eq 2' sh "$sock"
check "--replay and --as-case at once, too" sh -c 'hearthctl --socket "$1" explain --as-case --replay; test $? -eq 2' sh "$sock"
check "no such row" sh -c 'hearthctl --socket "$1" explain --replay 99999; test $? -eq 1' sh "$sock"
finish
