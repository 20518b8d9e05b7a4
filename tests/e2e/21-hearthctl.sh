#!/bin/sh
# Every subcommand of hearthctl against hearthd and the simulated home.
. "$(dirname "$0")/daemon.sh"
need hearthctl hearth-sim
start_broker
unset HEARTH_SOCKET NO_COLOR

cat >"$script" <<'END'
turn on the kitchen ceiling | 0.99 | HassTurnOn name=Kitchen ceiling
turn off the kitchen ceiling | 0.99 | HassTurnOff name=Kitchen ceiling
what time is it | 0.99 | HassGetCurrentTime
lights on in the galley | 0.99 | HassTurnOn area=Kitchen;domain=light
turn on the counter light | 0.99 | HassTurnOn name=Counter light
turn on the worktop light | 0.99 | HassTurnOn name=Sauna
turn on the counter light 5 | 0.99 | HassTurnOn name=Counter light
END

# ctl STATUS ARGUMENT...: hearthctl with that exit status; its output in $work/out and $work/err.
ctl() {
	wanted=$1
	shift
	hearthctl --socket "$sock" "$@" >"$work/out" 2>"$work/err" </dev/null
	got=$?
	[ "$got" -eq "$wanted" ] || { echo "exit status $got, not $wanted"; cat "$work/out" "$work/err"; return 1; }
}
shows() { grep -qF -- "$1" "$work/out" || { cat "$work/out" "$work/err"; return 1; }; }
complains() { grep -qF -- "$1" "$work/err" || { cat "$work/out" "$work/err"; return 1; }; }
silent_about() { ! grep -qF -- "$1" "$work/out"; }
ready() { hearthctl --socket "$sock" devices --json 2>/dev/null | grep -q '"Towel heater"'; }

check "before hearthd is there: status 3" ctl 3 status
check "and how to start it" complains "systemctl start hearthd"
mkdir -m 0 "$work/closed"
chmod 711 "$work"
nobody=
[ "$(id -u)" -ne 0 ] || nobody="setpriv --reuid 65534 --regid 65534 --clear-groups" # nothing is closed to root
! $nobody hearthctl --version >/dev/null 2>&1 ||
	check "whom it is closed to is told about the group" sh -c '$1 hearthctl --socket "$2" status 2>&1 | grep -q "usermod -aG hearth"' sh \
		"$nobody" "$work/closed/s"
write_config
hearth-sim --data "$HEARTH_SRCDIR/sim" --devices-d "$work/devices.d/sim.json"
start_daemon
background sim hearth-sim --data "$HEARTH_SRCDIR/sim" --broker "127.0.0.1:$port"
wait_for 5 ready
sleep 0.6 # the first reports

# ---- before anything was said ----
check "the log is empty" ctl 0 log
check "and says so" complains "nothing has been heard yet"
check "there is nothing to explain" ctl 1 explain
check "and that is why" complains "nothing has been heard yet"
check "nor to replay" ctl 1 explain --replay
check "for the same reason" complains "nothing has been heard yet"

check "no satellite was heard" ctl 0 satellite list
check "and that is said" shows "No satellite was heard yet"

# ---- the home ----
check "nothing is found" ctl 0 devices --area Kichen
check "and that is said" shows "No device fits"
check "devices" ctl 0 devices
check "shows a name" shows "Kitchen ceiling"
check "a state with its unit" shows "°C"
check "and what devices.d describes" shows "Fish tank"
check "a search" ctl 0 devices bathroom
check "finds" shows "Bathroom light"
check "and leaves out" silent_about "Kitchen ceiling"
check "by domain, as JSON" ctl 0 devices --domain lock --json
check "gives the entity" shows '"entity_id":	"lock.front_door"'
check "an area on a floor" ctl 0 area put Kitchen --floor "Ground floor"
check "areas" ctl 0 areas
check "shows the floor" shows "Ground floor"
check "devices of a floor" ctl 0 devices --floor "ground floor"
check "are those of its areas" shows "Kitchen ceiling"
check "a device moves" ctl 0 area set light.counter_light "Dining Room"
check "to its new room" ctl 0 devices --area "Dining Room"
check "where it is seen" shows "Counter light"
check "a device that is not there" ctl 1 area set light.kitchen_ceilin Kitchen
check "gets the nearest name" complains kitchen_ceiling
check "a device may be called by its name" ctl 0 area set "Counter Light" Kitchen
check "and is there" ctl 0 devices --area Kitchen
check "again" shows "Counter light"
check "into a room that is not there it does not go" ctl 1 area set "Counter light" Kichen
check "and the room that was meant is proposed, once" complains "did you mean 'Kitchen'?"
ctl 0 alias add entity "Counter light" "kitchen ceiling"
check "one name for two things" ctl 1 doctor
check "is told" shows 'is called "Kitchen ceiling", as light.counter_light is'
check "what is understood of one is asked by its name" ctl 0 doctor "Counter light"
check "and shown" shows "light.counter_light"
ctl 0 alias remove entity "Counter light" "kitchen ceiling"
check "voice may not use one" ctl 0 expose off "Counter light"
check "so doctor says" ctl 1 doctor
check "with the mend" shows "hearthctl expose on light.counter_light"
check "it may" ctl 0 expose on "Counter light"
ctl 0 area set light.counter_light "Dining Room"
check "an alias" ctl 0 alias add area Kitchen galley
check "is listed" ctl 0 areas
check "by its area" shows galley
check "an alias goes" ctl 0 alias remove area Kitchen galley
ctl 0 areas
check "and is gone" silent_about galley
ctl 0 alias add area Kitchen galley
check "an unknown kind is refused" ctl 1 alias add planet Kitchen Mars
check "a domain that hearth does not know is a usage error" ctl 2 devices --domain lamp
check "a name that the message has is not told twice" sh -c "hearthctl --socket $sock area set light.kitchen_ceiling Kitchn 2>&1 | grep -c . | grep -qx 1"
check "--socket without a path says what it needs" sh -c "hearthctl --socket 2>&1 | grep -q 'needs the path'"
check "a folder in place of the socket is told" sh -c "hearthctl --socket / status 2>&1 | grep -q '/: is no socket'"
check "with the kinds, and no names" sh -c "hearthctl --socket $sock alias add planet Kitchen Mars 2>&1 | grep -c . | grep -qx 1"
check "voice must not use the lock" ctl 0 expose off lock.front_door
ctl 0 devices
check "so it is not listed" silent_about lock.front_door
ctl 0 devices --all
check "but with --all" shows hidden

# ---- talking ----
check "say" ctl 0 say turn on the kitchen ceiling
check "tells the call" shows 'call    HassTurnOn name="Kitchen ceiling"'
check "what was published" shows 'publish zigbee2mqtt/Kitchen ceiling/set {"state":"ON"}'
check "and what changed" shows "changed Kitchen ceiling: off -> on"
check "a dry run" ctl 0 say --dry-run turn off the kitchen ceiling
check "shows what would be published" shows '{"state":"OFF"}'
ctl 0 devices "kitchen ceiling"
check "and does nothing" shows "on, "
check "quietly" ctl 0 say --quiet what time is it
check "one line" test "$(wc -l <"$work/out")" -eq 1
check "as JSON" ctl 0 say --json turn off the kitchen ceiling
check "one line of it" shows '"outcome":"done"'
check "what is not understood: status 1" ctl 1 say mumble mumble
printf 'what time is it\n\nmumble\n' | hearthctl --socket "$sock" say --quiet >"$work/out"
check "a line of standard input is a sentence; the worst status counts" test $? -eq 1
check "and each is answered" test "$(wc -l <"$work/out")" -eq 2
publish -t hearth-sim/fault/counter_light -m silent
check "a silent device: sent, but not confirmed" ctl 0 say turn on the counter light
check "is not told as done" silent_about "Turned on"

# ---- looking back ----
check "log" ctl 0 log
check "has the sentence" shows "turn on the kitchen ceiling"
check "a log of one" ctl 0 log -n 1
check "is one row under its header" test "$(wc -l <"$work/out")" -eq 2
check "a log of nothing is no log" ctl 2 log -n 0
check "explain" ctl 0 explain last
check "tells the names that came into question" shows "@light Counter light"
check "explain what is not there" ctl 1 explain 123456
check "points to the log" complains "there is no such row in the log"
check "what is not quite there" ctl 1 say turn on the counter light 5
ctl 0 explain
check "is explained by what was meant" shows "against said, and something else: counter light 5"

# ---- corrections ----
check "nothing to learn yet" ctl 0 alias learn
ctl 1 say turn on the worktop light
ctl 0 say turn on the counter light
check "a name that was refused, and another that was done" ctl 0 alias learn --list
check "make an alias" shows 'worktop light for the entity Counter light: "turn on the worktop light" was refused, "turn on the counter light" was done'
check "which is not taken yet" sh -c '! hearthctl --socket "$1" alias list | grep -q worktop' sh "$sock"
check "until somebody says yes" ctl 0 alias learn --yes
ctl 0 alias list
check "then it is listed" shows "worktop light"
check "with its kind and id" shows "light.counter_light"
ctl 0 alias learn
check "and not proposed again" shows "Nothing to learn"
check "only learn takes --yes" ctl 2 alias list --yes

# ---- the daemon ----
check "status" ctl 0 status
check "knows the broker" shows "127.0.0.1:$port online"
check "status as JSON" ctl 0 status --json
check "has the node" shows '"node":	"test"'
check "tools" ctl 0 tools
check "lists HassTurnOn" shows HassTurnOn
hearthctl --socket "$sock" doctor >"$work/out" 2>&1
check "doctor checks the broker" shows "broker: 127.0.0.1:$port"
for n in 1 2; do
	announce "light/twin$n" '{"name":"Twin","unique_id":"twin'"$n"'","command_topic":"twin'"$n"'/set","device":{"identifiers":["twin'"$n"'"],"name":null,"suggested_area":"Kitchen"}}'
done
announce switch/room '{"name":"Bathroom","unique_id":"room","command_topic":"room/set","availability_topic":"room/there"}'
wait_for 5 knows '"Bathroom"'
check "what is wrong with names: status 1" ctl 1 doctor
check "two of one name in one room" shows "light.twin_2: is called \"Twin\", as light.twin is, in the same room"
check "a name of a room" shows 'switch.bathroom: "Bathroom" is the name of a room or floor, too'
check "no room" shows "switch.bathroom: has no area"
check "not available" shows "switch.bathroom: unavailable"
check "hidden" shows "lock.front_door: voice may not use it"
for config in light/twin1 light/twin2 switch/room; do publish -r -t "homeassistant/$config/config" -n; done
announce switch/odd '{"name":"Odd one","unique_id":"odd","command_topic":"odd/set","state_topic":"odd","value_template":"{{ now() }}","json_attributes_topic":"odd/+/attributes"}'
announce switch/none '{"name":"None","state_topic":"none"}'
announce camera/porch '{"topic":"porch/image"}'
wait_for 3 knows switch.odd_one
hearthctl --socket "$sock" doctor >"$work/out" 2>&1
check "doctor names what is not understood" shows 'switch.odd_one: not understood, and left out: value_template: template, column 4: unsupported function now'
check "what was refused" shows 'homeassistant/switch/none/config: a switch needs command_topic'
check "and what is of no use" shows 'homeassistant/camera/porch/config: hearth has no use for: camera'
check "the log has it, once" test "$(grep -ac 'discovery: switch.odd_one: not understood' "$work/daemon.log")" -eq 1
check "doctor of one" ctl 0 doctor switch.odd_one
check "tells from where it reads" shows "json_attributes  odd/+/attributes"
check "where it is told" shows "command_topic  odd/set"
check "who announced it" shows "topic:homeassistant/switch/odd/config"
check "doctor of all" ctl 0 doctor --all
check "has the rest" shows "light.kitchen_ceiling"
check "doctor of none" ctl 1 doctor switch.nobody
publish -r -t homeassistant/switch/odd/config -n
publish -r -t homeassistant/switch/none/config -n
check "reload" ctl 0 reload
hearthctl --socket "$sock" watch >"$work/out" 2>&1 &
watcher=$!
pids="$pids $watcher"
sleep 0.3
hearthctl --socket "$sock" say --quiet turn on the kitchen ceiling >/dev/null
seen_watch() { grep -q "state.*Kitchen ceiling.*state=on" "$work/out"; }
check "watch sees the state change" wait_for 3 seen_watch
check "and the result" shows "Turned on Kitchen ceiling"
kill "$watcher"

# ---- calls without a sentence ----
check "call" ctl 0 call HassLightSet entity_id=light.kitchen_ceiling brightness=40
check "shows the call" shows 'call    HassLightSet entity_id=light.kitchen_ceiling brightness=40'
check "and what came of it" shows "Set Kitchen ceiling to 40 percent."
check "call as JSON, dry" ctl 0 call --json --dry-run HassTurnOff entity_id=light.kitchen_ceiling
check "publishes nothing" shows '"outcome":	"dry_run"'
check "a tool that is not there" ctl 1 call HassDance entity_id=light.kitchen_ceiling
check "is told so" complains "there is no tool HassDance"
check "an entity that is not there" ctl 1 call HassTurnOn entity_id=light.none
check "an argument that is none" ctl 2 call HassTurnOn light.kitchen_ceiling
check "explains itself" complains "is no SLOT=VALUE"
check "no tool" ctl 2 call

# ---- rooms by names ----
announce switch/pf_gone '{"name":"Pantry freezer","unique_id":"pf","command_topic":"pf/set"}'
wait_for 3 knows switch.pantry_freezer
check "areas suggest" ctl 0 areas suggest
check "reads the room off the name" shows "Pantry freezer"
check "and says that it would be new" shows "(new)"
ctl 0 devices --area Pantry
check "but changes nothing" silent_about "Pantry freezer"
check "areas suggest --apply" ctl 0 areas suggest --apply
check "has it so" ctl 0 devices --area Pantry
check "there it is" shows "Pantry freezer"
check "another argument is refused" ctl 2 areas guess
check "and --apply alone" ctl 2 areas --apply

# ---- what is there no more ----
check "what is announced is not forgotten" ctl 1 forget switch.pantry_freezer
check "and it is said why" complains "is announced by topic:homeassistant/switch/pf_gone/config, and would come back"
check "what is not there, neither" ctl 1 forget switch.nothing
kill "$daemon_pid"
wait "$daemon_pid"
publish -r -t homeassistant/switch/pf_gone/config -n
start_daemon
hearthctl --socket "$sock" doctor >"$work/out" 2>&1
check "after a restart the doctor misses it" shows "switch.pantry_freezer: not announced since hearthd started"
check "forget" ctl 0 forget switch.pantry_freezer
ctl 0 devices --all
check "and it is gone" silent_about "Pantry freezer"
check "forget wants a name" ctl 2 forget

# ---- there and back ----
check "export" ctl 0 export
cp "$work/out" "$work/home.json"
check "has the alias" shows galley
ctl 0 devices --all
before=$(tail -n 1 "$work/out")
check "import" ctl 0 import "$work/home.json"
check "counts" shows "areas"
check "what is there already" ctl 0 devices --all
check "is not there twice" shows "$before"
printf '{"areas":7}' >"$work/bad.json"
check "what is no home is refused" ctl 1 import "$work/bad.json"
check "saying what is wrong" complains areas
printf 'no json' >"$work/bad.json"
check "what is no JSON too" ctl 1 import "$work/bad.json"
check "hearthd still answers" ctl 0 status

# ---- the command line ----
check "a command is wanted" ctl 2
check "a known one" ctl 2 dance
check "an option's value is wanted" ctl 2 devices --area
check "colours only for a terminal" sh -c '! grep -q "$(printf "\033")" "$1"' sh "$work/out"
kill "$daemon_pid"
wait_for 3 gone
check "after hearthd has gone: status 3" ctl 3 status
check "and the mend" complains "systemctl start hearthd"
finish
