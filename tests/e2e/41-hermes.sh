#!/bin/sh
# Hermes: hearth as a listener, as an NLU, and as NLU and handler in one; each part alone.
. "$(dirname "$0")/daemon.sh"
start_broker
cat >"$script" <<'END_OF_SCRIPT'
turn on the pump | 0.98 | HassTurnOn name=Pump
turn on the lights | 0.97 | HassTurnOn area=Study;domain=light
turn on the pump and the desk lamp | 0.98 | HassTurnOn name=Pump + HassTurnOn name=Desk lamp
pump thing on | 0.5 | HassTurnOn name=Pump
set the desk lamp to 50 percent | 0.96 | HassLightSet name=Desk lamp;brightness=50
turn on the sauna | 0.98 | HassTurnOn name=Sauna
what time is it | 0.99 | HassGetCurrentTime
END_OF_SCRIPT
announce light/desk '{"name":"Desk lamp","unique_id":"d1","schema":"json","command_topic":"lamp/set","state_topic":"lamp","brightness":true,"device":{"identifiers":["d1"],"name":null,"suggested_area":"Study"}}'
announce switch/pump '{"name":"Pump","uniq_id":"p1","cmd_t":"pump/set"}'

# start_as ROLE: a daemon that plays this part, and a fresh record of what is said.
start_as() {
	[ -z "$daemon_pid" ] || { kill "$daemon_pid"; wait "$daemon_pid"; }
	write_config "[hermes]
role = $1
[satellites]
kitchen-mic = Study"
	start_daemon
	wait_for 5 knows switch.pump
	[ -z "$watch_pid" ] || kill "$watch_pid"
	watch_topics -t 'hermes/#' -t 'pump/#' -t 'lamp/#'
	watch_pid=$pid
}
heard() { publish -t hermes/asr/textCaptured -m "$1"; }
query() { publish -t hermes/nlu/query -m "$1"; }
# It has not come: the message after it has.
never() { sleep 0.3; ! grep -qF -- "$1" "$watched"; }

publish -r -t hermes/asr/textCaptured -m '{"text":"turn on the pump","siteId":"old"}'
start_as listener
check "listener: a retained message is an old one" never 'pump/set'
publish -r -t hermes/asr/textCaptured -n
heard '{"text":"turn on the pump","likelihood":1,"seconds":1.2,"siteId":"attic","sessionId":"s1","lang":"en_GB"}'
check "listener: acts" seen 'pump/set ON'
check "and answers by tts/say, with site, session and language" seen \
	'hermes/tts/say {"siteId":"attic","sessionId":"s1","text":"Sent, but it cannot be confirmed: turn on Pump.","lang":"en_GB"}'
heard '{"text":"turn on the lights","siteId":"kitchen-mic"}'
check "the site's room is known from the configuration" seen 'lamp/set {"state":"ON"}'
heard '{"text":"colourless green ideas","siteId":"study"}'
check "what is not understood is said" seen 'hermes/tts/say {"siteId":"study","text":"That does not seem to be for the house."}'
heard '{"text":"what time is it"}'
check "without a site it is the default one" seen 'hermes/tts/say {"siteId":"default","text":"It is '
query '{"input":"turn on the lights","siteId":"q"}'
check "a query is not for a listener" never '"siteId":"q","text"'
for bad in 'no json' '{"text":' '[]' '{"text":7}' '{"siteId":"x"}' '{"text":"turn on the pump","siteId":{}}' "$(python3 -c 'print("[" * 5000)')"; do
	heard "$bad"
done
python3 -c 'print("{\"text\":\"" + "pump " * 14000 + "\"}")' >"$work/long"
publish -t hermes/asr/textCaptured -f "$work/long"
printf '{"text":"\377"}' >"$work/bytes"
publish -t hermes/asr/textCaptured -f "$work/bytes"
check "nonsense is refused, and the daemon answers" daemon_answers
check "and says why" grep -q 'hermes/asr/textCaptured: the message is longer than 65536 bytes' "$work/daemon.log"

start_as nlu
query '{"input":"Turn on the pump!","siteId":"attic","id":"q1","sessionId":"s2","customData":"c","asrConfidence":0.9}'
check "nlu: an intent, with what was asked" seen 'hermes/intent/HassTurnOn {"siteId":"attic","sessionId":"s2","input":"turn on the pump","rawInput":"Turn on the pump!","intent":{"intentName":"HassTurnOn","confidenceScore":0.98'
check "its slots" seen '"slots":[{"entity":"name","slotName":"name","rawValue":"Pump","value":{"kind":"Unknown","value":"Pump"},"confidence":1,"range":{"start":12,"end":16,"rawStart":12,"rawEnd":16}}]'
check "its echoes" seen '"id":"q1","customData":"c","asrConfidence":0.9}'
query '{"input":"set the desk lamp to 50 percent","siteId":"attic"}'
check "numbers" seen '"slotName":"brightness","rawValue":"50","value":{"kind":"Number","value":50}'
query '{"input":"turn on the pump and the desk lamp","siteId":"two"}'
check "two calls" sh -c 'sleep 0.3; [ "$(grep -c "^hermes/intent/HassTurnOn.*\"siteId\":\"two\"" "$1")" -eq 2 ]' sh "$watched"
query '{"input":"colourless green ideas","siteId":"attic","id":"q2","sessionId":"s3"}'
check "nothing for the house" seen 'hermes/nlu/intentNotRecognized {"siteId":"attic","sessionId":"s3","input":"colourless green ideas","id":"q2"}'
query '{"input":"turn on the sauna","siteId":"attic","sessionId":"s4"}'
check "what hearth must refuse ends the session" seen 'hermes/dialogueManager/endSession {"sessionId":"s4","text":"There is no '
check "it does not act" never 'pump/set'
heard '{"text":"turn on the pump","siteId":"h"}'
check "what a recogniser says is not for an NLU" never 'pump/set'

start_as handler
query '{"input":"turn on the pump","siteId":"attic","sessionId":"s5","customData":{"n":1}}'
check "handler: acts" seen 'pump/set ON'
check "and ends the session with the reply" seen 'hermes/dialogueManager/endSession {"sessionId":"s5","text":"Sent, but it cannot be confirmed: turn on Pump.","customData":{"n":1}}'
query '{"input":"pump thing on","siteId":"attic","sessionId":"s7"}'
check "a question continues the session" seen 'hermes/dialogueManager/continueSession {"sessionId":"s7","text":"Did you mean: turn on Pump?"}'
query '{"input":"yes","siteId":"attic","sessionId":"s7"}'
check "its yes ends it" seen 'hermes/dialogueManager/endSession {"sessionId":"s7","text":"Sent'
query '{"input":"turn on the pump","siteId":"attic"}'
check "without a session it speaks" seen 'hermes/tts/say {"siteId":"attic","text":"Sent'
query '{"input":"colourless green ideas","siteId":"attic","sessionId":"s6"}'
check "nothing for the house" seen 'hermes/nlu/intentNotRecognized {"siteId":"attic","sessionId":"s6"'
check "no intent that another would act on" never 'hermes/intent/'
finish
