#!/bin/sh
# A Home Assistant of 3,000 entities: its lists are megabytes, which are read beside the loop and entered bit by bit. What is told while
# that goes on is neither lost nor undone by a list that is older.
. "$(dirname "$0")/daemon.sh"
start_broker
printf 'turn on the gadget | 0.99 | HassTurnOn name=gadget 20\n' >"$script"
fake_port=$((port + 1))
printf 'the-right-token\n' >"$work/token"
mkfifo "$work/orders"
python3 "$HEARTH_SRCDIR/tests/ha/large_home.py" 3000 >"$work/home.json"
background fake python3 "$HEARTH_SRCDIR/tests/ha/fake_home_assistant.py" "$fake_port" the-right-token "$work/home.json" "$work/orders"
fake_pid=$pid
wait_for 10 grep -q ready "$work/fake.log"
order() { timeout 10 sh -c 'printf "%s\n" "$1" >"$2"' sh "$*" "$work/orders"; }
ctl() { hearthctl --socket "$sock" "$@"; }
row_is() { ctl devices --all --json | tr -d '\n\t ' | grep -qF -- "$1"; }
state_is() { row_is "\"entity_id\":\"$1\",$2"; }
lamp() { printf '"origin":"home_assistant","name":"Thing%s","area":"Room%s","floor":"Storey%s","domain":"light","device_class":"","aliases":[%s],"state":"%s"' "$@"; }
some_available() { ctl devices --all --json | grep -q '"available":[[:space:]]*true'; }
none_available() { ! some_available; }

write_config
start_daemon
answer=$(ctl import home-assistant --url "http://127.0.0.1:$fake_port" --token-file "$work/token" 2>&1)
case $answer in *"built without libwebsockets"*) echo "skipped: hearthd is built without libwebsockets"; exit 77 ;; esac
check "all of it comes in" test "$(printf '%s' "$answer" | head -n 1)" = "4 floors, 200 areas, 3000 entities, 0 more that are on MQTT"
check "the last one has its room, floor and state" state_is light.thing_2998 "$(lamp 2998 149 1 '' off)"
check "an alias is usable" says "turn on the gadget" '"outcome":"done"'

order late light.thing_40 on
ctl import home-assistant >/dev/null
check "what changed while the lists came in stays so" state_is light.thing_40 "$(lamp 40 10 2 '"gadget40"' on)"
order unexpose light.thing_2998
check "one that goes leaves the rest" wait_for 20 sh -c "! hearthctl --socket $sock devices --all --json | grep -q light.thing_2998"
check "to the last" state_is light.thing_2996 "$(lamp 2996 149 1 '' off)"
check "they are available" some_available
ctl import home-assistant >/dev/null 2>&1 & # it ends in the middle of that, or behind it
order drop
kill "$fake_pid"
check "without a connection none of them is available" wait_for 20 none_available
finish
