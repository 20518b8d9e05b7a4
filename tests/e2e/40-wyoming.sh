#!/bin/sh
# Wyoming, as Home Assistant speaks it: commands, several in a sentence, what is not understood, what is no frame, and many at once; as
# a program that acts and as one that only understands.
. "$(dirname "$0")/daemon.sh"
start_broker
wyoming=$HEARTH_SRCDIR/tests/e2e/wyoming_client.py
export PYTHONPATH="$HEARTH_SRCDIR/tests/e2e" PYTHONDONTWRITEBYTECODE=1

cat >"$script" <<'END_OF_SCRIPT'
turn on the pump | 0.99 | HassTurnOn name=Pump
turn on the heater | 0.99 | HassTurnOn name=Heater
turn on the desk lamp | 0.99 | HassTurnOn name=Desk lamp
set the desk lamp to 50 percent | 0.99 | HassLightSet name=Desk lamp;brightness=50
turn on the lights | 0.99 | HassTurnOn area=Study;domain=light
turn on the heater and the pump | 0.99 | HassTurnOn name=Heater + HassTurnOn name=Pump
turn on the pump turn on the desk lamp and turn on the heater | 0.99 | HassTurnOn name=Pump + HassTurnOn name=Desk lamp + HassTurnOn name=Heater
turn on the pump and tell me the time | 0.99 | HassTurnOn name=Pump + HassGetCurrentTime
turn on the pump and the sauna | 0.99 | HassTurnOn name=Pump + HassTurnOn name=Sauna
turn on the sauna | 0.99 | HassTurnOn name=Sauna
maybe the pump | 0.3 | HassTurnOn name=Pump
pump thing on | 0.5 | HassTurnOn name=Pump
unlock the front door | 0.99 | HassTurnOff name=Front door;domain=lock
turn on the quiet box | 0.99 | HassTurnOn name=Quiet box
is the pump on | 0.99 | HassGetState name=Pump;state=on
turn on the trap | 0.99 | HassTurnOn name={{ trap }}
turn on the twin lamp | 0.99 | HassTurnOn name=Twin lamp
set a timer for 5 minutes | 0.99 | HassStartTimer minutes=5
END_OF_SCRIPT
announce light/desk '{"name":"Desk lamp","unique_id":"d1","schema":"json","command_topic":"lamp/set","state_topic":"lamp","brightness":true,"device":{"identifiers":["d1"],"name":null,"suggested_area":"Study"}}'
announce switch/pump '{"name":"Pump","uniq_id":"p1","cmd_t":"pump/set","stat_t":"pump"}'
announce switch/heater '{"name":"Heater","uniq_id":"h1","cmd_t":"heater/set","stat_t":"heater"}'
announce switch/quiet '{"name":"Quiet box","uniq_id":"m1","cmd_t":"quiet/set","stat_t":"quiet"}'
announce switch/trap '{"name":"{{ trap }}","uniq_id":"t1","cmd_t":"trap/set","stat_t":"trap"}'
announce lock/door '{"name":"Front door","unique_id":"l1","command_topic":"door/set","state_topic":"door"}'
announce light/twin1 '{"name":"Twin lamp","unique_id":"w1","command_topic":"twin1/set","state_topic":"twin1","device":{"identifiers":["w1"],"name":null,"suggested_area":"Attic"}}'
announce light/twin2 '{"name":"Twin lamp","unique_id":"w2","command_topic":"twin2/set","state_topic":"twin2","device":{"identifiers":["w2"],"name":null,"suggested_area":"Cellar"}}'
cat >"$work/obey.sh" <<'END_OF_SCRIPT'
mosquitto_sub -h 127.0.0.1 -p "$1" -v -t pump/set -t heater/set -t lamp/set -t door/set -t trap/set |
while read -r topic payload; do
	case "$topic $payload" in
	'lamp/set '*) payload='{"state":"ON","brightness":127}' ;;
	'door/set UNLOCK') payload=UNLOCKED ;;
	esac
	mosquitto_pub -h 127.0.0.1 -p "$1" -q 1 -t "${topic%/set}" -m "$payload"
done
END_OF_SCRIPT
background obey sh "$work/obey.sh" "$port"

tcp=$((port + 1))
configure() {
	write_config "[policy]
unlock = confirm
[wyoming]
enabled = yes
uri = tcp://127.0.0.1:$tcp
unix = $work/wyoming.sock
timeout = 3
$*
[satellites]
assist_satellite.desk = Study
device-of-nowhere = Moon"
}
configure
start_daemon
wait_for 5 knows switch.heater
watch_topics -t 'pump/#' -t 'heater/#' -t 'lamp/#' -t 'hearth/#'

# answers ANSWER EVENT...: what comes back, all of it, is ANSWER.
answers() {
	expected=$1
	shift
	got=$(python3 "$wyoming" "127.0.0.1:$tcp" "$@") || true
	printf '%s\n' "$got"
	[ "$got" = "$expected" ] && daemon_answers
}
transcript() { printf '{"type":"transcript","data":{"text":"%s","language":"en"%s},"version":"%s"}' "$1" "$2" "${3:-1.9.0}"; }
begins() {
	expected=$1
	shift
	got=$(python3 "$wyoming" "127.0.0.1:$tcp" "$@") || true
	printf '%s\n' "$got"
	case $got in "$expected"*) daemon_answers ;; *) return 1 ;; esac
}

# ---- who are you
check "describe: a handler that controls the home" begins 'info {"handle":[{"name":"hearth","attribution":{' '{"type":"describe"}'
python3 "$wyoming" "127.0.0.1:$tcp" '{"type":"describe"}' >"$work/info"
check "with all that a client insists on" grep -q '"installed":true.*"models":\[{"name":.*"attribution":{"name":.*"languages":\["en"\]}\],"supports_home_control":true' "$work/info"
check "ping" answers 'pong {"text":"x"}' '{"type":"ping","data":{"text":"x"}}'
check "ping without text" answers 'pong {"text":null}' '{"type":"ping","data":{"text":null}}'
check "the same on the unix socket" sh -c '[ "$(python3 "$1" "$2" "{\"type\":\"ping\",\"data\":{\"text\":\"u\"}}")" = "pong {\"text\":\"u\"}" ]' sh "$wyoming" "$work/wyoming.sock"

# ---- hearth acts
check "one command" answers 'handled {"text":"Turned on Pump."}' "$(transcript 'turn on the pump')"
check "was published" seen 'pump/set ON'
check "recognize is the same" answers 'handled {"text":"Turned on Pump."}' '{"type":"recognize","data":{"text":"turn on the pump"}}'
check "data in the header" answers 'handled {"text":"Turned on Pump."}' 'raw:{"type":"transcript","data":{"text":"turn on the pump"}}\n'
check "three commands in a sentence" answers 'handled {"text":"Turned on Pump. Turned on Desk lamp. Turned on Heater."}' \
	"$(transcript 'turn on the pump, turn on the desk lamp and turn on the heater')"
check "a question" answers 'handled {"text":"Yes, Pump is on."}' "$(transcript 'is the pump on')"
check "where the satellite stands" answers 'handled {"text":"Turned on Desk lamp."}' \
	"$(transcript 'turn on the lights' ',"context":{"conversation_id":"c1","device_id":"9f3c","satellite_id":"assist_satellite.desk"}')"
check "which the result tells" seen '"area":"Study"'
hearthctl --socket "$sock" satellite set assist_satellite.shelf Study
check "a satellite that hearthctl has put into a room" answers 'handled {"text":"Turned on Desk lamp."}' \
	"$(transcript 'turn on the lights' ',"context":{"satellite_id":"assist_satellite.shelf"}')"
check "it is listed" sh -c "hearthctl --socket $sock satellite list | grep -q '^assist_satellite.shelf *Study *hearthctl'"
check "a room that there is not is refused" sh -c "! hearthctl --socket $sock satellite set x Nowhere"
check "a satellite that is named as its room" answers 'handled {"text":"Turned on Desk lamp."}' \
	"$(transcript 'turn on the lights' ',"context":{"satellite_id":"assist_satellite.study"}')"
check "words that mean nothing" answers 'not-recognized {"text":"That does not seem to be for the house."}' "$(transcript 'colourless green ideas')"
check "no words" answers 'not-recognized {"text":"I heard no words."}' "$(transcript ' ')"
check "no text" answers 'not-recognized {"text":"I heard no words."}' '{"type":"transcript","data":{}}'
check "text that is a number" answers 'not-recognized {"text":"I heard no words."}' '{"type":"transcript","data":{"text":7}}'
check "not sure" answers 'not-recognized {"text":"I am not sure what you mean."}' "$(transcript 'maybe the pump')"
check "no such device" begins 'not-handled {"text":"There is no '"'sauna'"' here.' "$(transcript 'turn on the sauna')"
check "a device that does not answer" answers 'not-handled {"text":"Sent, but Quiet box did not answer."}' "$(transcript 'turn on the quiet box')"
check "another language" answers 'not-recognized {"text":"I do not understand that language."}' '{"type":"transcript","data":{"text":"Licht an","language":"de-DE"}}'
check "quotes, backslashes and emoji" answers 'not-recognized {"text":"That does not seem to be for the house."}' "$(transcript 'say \"\\\\ {{ 1 }} \" 💡')"
check "several on one connection, in order" answers 'pong {"text":"1"}
handled {"text":"Turned on Pump."}
not-recognized {"text":"I heard no words."}
pong {"text":"2"}
handled {"text":"Turned on Heater. Turned on Pump."}' '{"type":"ping","data":{"text":"1"}}' "$(transcript 'turn on the pump')" "$(transcript '')" \
	'{"type":"ping","data":{"text":"2"}}' "$(transcript 'turn on the heater and the pump')"

dialogue() { transcript "$1" ',"context":{"conversation_id":"'"$2"'"}'; }
check "a question of hearth's" answers 'handled {"text":"Shall I unlock Front door? Say yes or no."}' "$(dialogue 'unlock the front door' a)"
check "is answered in its conversation alone" begins 'not-recognized' "$(dialogue yes b)"
check "and by a yes there" answers 'handled {"text":"Unlocked Front door."}' "$(dialogue yes a)"
check "what may not be meant is asked" answers 'handled {"text":"Did you mean: turn on Pump?"}' "$(dialogue 'pump thing on' a)"
check "and done by a yes" begins 'handled {"text":"Turned on Pump."}' "$(dialogue 'yes please' a)"

# ---- what is no frame
refused() { begins 'error {"text":"'"$1" "$2"; }
check "no JSON" refused 'the header is no line of JSON' 'raw:hello\n'
check "no type" refused 'the header needs a type' 'raw:{"data":{}}\n'
check "a list" refused 'the header must be a JSON object' 'raw:[1]\n'
check "a negative length" refused "the header's data_length must be" 'raw:{"type":"transcript","data_length":-1}\n'
check "a huge length" refused "the header's data_length must be" 'raw:{"type":"transcript","data_length":4000000000}\n'
check "a huge payload" refused "the header's payload_length must be" 'raw:{"type":"audio-chunk","payload_length":1e18}\n'
check "data that is no object" refused 'the data block must be a JSON object' 'raw:{"type":"transcript","data_length":2}\n[]'
check "half a frame" answers '' 'raw:{"type":"transcript","data_length":200}\n{"text":'
check "a payload that nobody wants" answers 'pong {"text":"after"}' 'raw:{"type":"audio-chunk","data":{"rate":16000},"payload_length":5}\n1\n345' \
	'{"type":"ping","data":{"text":"after"}}'
cat >"$work/odd.py" <<'END_OF_SCRIPT'
import socket, sys, time
import wyoming_client as wyoming
address = sys.argv[1]
frame = wyoming.encode("transcript", {"text": "turn on the pump", "note": "Déjà vu"})
with wyoming.connect(address) as s:  # a byte at a time
    for i in range(len(frame)):
        s.sendall(frame[i:i + 1])
    assert wyoming.Reader(s).event() == ("handled", {"text": "Turned on Pump."})
with wyoming.connect(address) as s:  # a header without an end
    try:
        s.sendall(b'{"type":"' + b"x" * 70000)
        event = wyoming.Reader(s).event()
        assert event[0] == "error" and "longer than 65536" in event[1]["text"], event
    except ConnectionError:
        pass
for again in range(20):  # clients that leave: in the middle, and right after the answer
    with wyoming.connect(address) as s:
        s.sendall(frame[:again * 5])
    wyoming.ask(address, "turn on the pump")
for again in range(20):  # one that leaves with a reset before the answer
    s = wyoming.connect(address)
    s.sendall(frame)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    s.close()
with wyoming.connect(address) as s:  # one that does not read
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    ping = wyoming.encode("ping", {"text": "x" * 50000})
    s.settimeout(2)
    try:
        for again in range(2000):
            s.sendall(ping)
        raise SystemExit("it takes everything")
    except (TimeoutError, ConnectionError):
        pass
END_OF_SCRIPT
check "bytes one by one, clients that leave, clients that do not read" python3 "$work/odd.py" "127.0.0.1:$tcp"
check "and the daemon answers" daemon_answers

# ---- a device that takes its time, and a client that does not wait for it
printf '[utterances]\nconfirm_timeout = 3\n[wyoming]\ntimeout = 1\n' >"$conf.d/50-slow.conf"
kill -HUP "$daemon_pid"
sleep 0.3
check "an answer comes in time, without its end; the next sentence has its own" answers \
	'not-handled {"text":"That is taking too long. Please look whether it has happened."}
handled {"text":"Turned on Pump."}' "$(transcript 'turn on the quiet box')" "$(transcript 'turn on the pump')"
check "the end is told where it comes" seen '"outcome":"silent"'
rm "$conf.d/50-slow.conf"
kill -HUP "$daemon_pid"
sleep 0.3

# ---- many
cat >"$work/many.py" <<'END_OF_SCRIPT'
import sys, threading, time
import wyoming_client as wyoming
address, count = sys.argv[1], int(sys.argv[2])
answers, start = [], threading.Barrier(count)
def one(i):
    start.wait()
    began = time.monotonic()
    answer = wyoming.ask(address, "turn on the pump" if i % 2 else "turn on the heater")
    answers.append((answer, time.monotonic() - began))
threads = [threading.Thread(target=one, args=(i,)) for i in range(count)]
for t in threads: t.start()
for t in threads: t.join()
good = sum(a in ([("handled", {"text": "Turned on Pump."})], [("handled", {"text": "Turned on Heater."})]) for a, _ in answers)
print(f"{good} of {count}, the slowest after {max(s for _, s in answers):.3f} s")
assert good == count, [a for a, _ in answers][:5]
END_OF_SCRIPT
check "a hundred connections at once" python3 "$work/many.py" "127.0.0.1:$tcp" 100
cat >"$work/crowd.py" <<'END_OF_SCRIPT'
import sys
import wyoming_client as wyoming
crowd = [wyoming.connect(sys.argv[1]) for i in range(129)]
assert wyoming.Reader(crowd[-1]).event()[0] == "not-handled"
crowd[0].sendall(wyoming.encode("describe"))
assert wyoming.Reader(crowd[0]).event()[0] == "info"
END_OF_SCRIPT
check "one more than the limit hears why" python3 "$work/crowd.py" "127.0.0.1:$tcp"
check "and others can come again" sh -c 'sleep 0.2; python3 "$1" "$2" "{\"type\":\"ping\"}"' sh "$wyoming" "127.0.0.1:$tcp"

# ---- hearth understands, Home Assistant acts
configure 'mode = intent'
kill -HUP "$daemon_pid"
check "a reload changes the part" wait_for 3 begins 'info {"intent":[{"name":"hearth"' '{"type":"describe"}'
: >"$watched"
check "an intent" answers 'intent {"name":"HassTurnOn","entities":[{"name":"name","value":"Pump"}],"text":"Turned on Pump."}' "$(transcript 'turn on the pump')"
check "numbers are numbers" answers 'intent {"name":"HassLightSet","entities":[{"name":"name","value":"Desk lamp"},{"name":"brightness","value":50}],"text":"Set Desk lamp to 50 percent."}' \
	"$(transcript 'set the desk lamp to 50 percent')"
three='turn on the pump, turn on the desk lamp and turn on the heater'
check "three, for a client that knows several" answers 'intents-start {}
intent {"name":"HassTurnOn","entities":[{"name":"name","value":"Pump"}],"text":"Turned on Pump."}
intent {"name":"HassTurnOn","entities":[{"name":"name","value":"Desk lamp"}],"text":"Turned on Desk lamp."}
intent {"name":"HassTurnOn","entities":[{"name":"name","value":"Heater"}],"text":"Turned on Heater."}
intents-stop {}' "$(transcript "$three")"
check "none, and the truth, for one that does not" begins 'not-handled {"text":"One thing at a time' "$(transcript "$three" '' 1.7.0)"
check "an older one that tells the satellite knows several" begins 'intents-start' "$(transcript "$three" ',"context":{"satellite_id":"x"}' 1.7.0)"
check "one of two of a name: that of the room, and the intent says so" answers \
	'intent {"name":"HassTurnOn","entities":[{"name":"name","value":"Twin lamp"},{"name":"area","value":"Attic"},{"name":"domain","value":"light"}],"text":"Turned on Twin lamp."}' \
	"$(transcript 'turn on the twin lamp' ',"context":{"satellite_id":"assist_satellite.attic"}')"
check "without a room, a question" begins 'not-handled {"text":"Which one do you mean: Twin lamp' "$(transcript 'turn on the twin lamp')"
check "a question is answered by hearth" begins 'handled {"text":"Yes, Pump is on."}' "$(transcript 'is the pump on')"
check "what hearth answers goes with the intent" begins 'intent {"name":"HassTurnOn","entities":[{"name":"name","value":"Pump"}],"text":"Turned on Pump. It is ' "$(transcript 'turn on the pump and tell me the time')"
check "a refusal, too" begins 'intent {"name":"HassTurnOn","entities":[{"name":"name","value":"Pump"}],"text":"Turned on Pump. There is no ' "$(transcript 'turn on the pump and the sauna')"
check "no such device" begins 'not-handled {"text":"There is no ' "$(transcript 'turn on the sauna')"
check "nothing for the house" begins 'not-recognized' "$(transcript 'colourless green ideas')"
check "a timer is Home Assistant's" answers 'intent {"name":"HassStartTimer","entities":[{"name":"minutes","value":5}],"text":"Done."}' "$(transcript 'set a timer for 5 minutes')"
check "a name cannot be a template" answers 'intent {"name":"HassTurnOn","entities":[{"name":"name","value":"{{ trap }}"}],"text":"Turned on { trap }}."}' "$(transcript 'turn on the trap')"
check "policy asks here, too" answers 'handled {"text":"Shall I unlock Front door? Say yes or no."}' "$(dialogue 'unlock the front door' c)"
check "and a yes sends the intent" begins 'intent {"name":"HassTurnOff","entities":[{"name":"name","value":"Front door"},{"name":"domain","value":"lock"}]' "$(dialogue yes c)"
check "hearth itself has published nothing" sh -c 'sleep 0.3; ! grep -aqE "^(pump|heater|lamp|door|trap)/set" "$1"' sh "$watched"
check "the result says understood" seen '"outcome":"understood"'

# ---- the end, and what is wrong before
kill "$daemon_pid"
check "a clean stop" wait_for 5 gone
check "the socket is gone" [ ! -e "$work/wyoming.sock" ]
wrong() { configure "$1"; "$hearthd" --config "$conf" >"$work/out" 2>&1; cat "$work/out"; grep -qF -- "$2" "$work/out"; }
check "an address without a port" wrong 'uri = tcp://127.0.0.1' 'give tcp://address:port'
check "a name that is no address" wrong 'uri = tcp://kitchen:10750' 'in numbers'
check "a port that is taken" wrong "uri = tcp://127.0.0.1:$port" 'address already in use'
check "neither of the two" wrong 'uri =
unix =' '[wyoming] is enabled, but has neither uri nor unix'
finish
