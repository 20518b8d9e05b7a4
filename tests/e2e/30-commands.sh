#!/bin/sh
# From an utterance on the socket to the exact payload of each kind of device, and back by its state topic.
. "$(dirname "$0")/daemon.sh"
start_broker

cat >"$script" <<'END'
turn on the desk lamp | 0.99 | HassTurnOn name=Desk lamp
turn off the desk lamp | 0.99 | HassTurnOff name=Desk lamp
set the desk lamp to 50 percent | 0.99 | HassLightSet name=Desk lamp;brightness=50
turn on the pump | 0.99 | HassTurnOn name=Pump
open the blind | 0.99 | HassTurnOn name=Blind;domain=cover
set the blind to 30 percent | 0.99 | HassSetPosition name=Blind;position=30
unlock the front door | 0.99 | HassTurnOff name=Front door;domain=lock
lock the front door | 0.99 | HassTurnOn name=Front door;domain=lock
set the radiator to 22 | 0.99 | HassClimateSetTemperature name=Radiator;temperature=22
set the ceiling fan to 100 percent | 0.99 | HassFanSetSpeed name=Ceiling fan;percentage=100
open the water valve | 0.99 | HassTurnOn name=Water valve;domain=valve
turn on movie night | 0.99 | HassTurnOn name=Movie night;domain=scene
start the vacuum | 0.99 | HassVacuumStart name=Vacuum
turn on the siren | 0.99 | HassTurnOn name=Siren
dim the strip to 60 percent | 0.99 | HassLightSet name=Strip;brightness=60
turn off the strip | 0.99 | HassTurnOff name=Strip
press the chime | 0.99 | HassTurnOn name=Chime
how warm is the porch | 0.99 | HassGetState name=Porch temperature
is the back door open | 0.99 | HassGetState name=Back door;state=on
turn on the lights in the study | 0.99 | HassTurnOn area=Study;domain=light
turn on the desk lamp and the pump | 0.99 | HassTurnOn name=Desk lamp + HassTurnOn name=Pump
is the desk lamp on | 0.99 | HassGetState name=Desk lamp;state=on
which lights are on | 0.99 | HassGetState domain=light;state=on
how many lights are on | 0.99 | HassGetState domain=light;state=on
is anything on in the study | 0.99 | HassGetState area=Study;state=on
is everything off in the study | 0.99 | HassGetState area=Study;state=off
is anything open | 0.99 | HassGetState state=open
what time is it | 0.99 | HassGetCurrentTime
turn on the sauna | 0.99 | HassTurnOn name=Sauna
maybe the pump | 0.3 | HassTurnOn name=Pump
perhaps unlock the front door | 0.7 | HassTurnOff name=Front door;domain=lock
turn the stove on | 0.99 | HassTurnOn name=Pump
turn on the twin lamp | 0.99 | HassTurnOn name=Twin lamp
turn on the lights | 0.99 | HassTurnOn area=Study;domain=light
make the desk lamp red | 0.99 | HassLightSet name=Desk lamp;color=red
turn on the lights in the saloon | 0.99 | HassTurnOn area=Saloon;domain=light
make the cellar bulb red | 0.99 | HassLightSet name=Cellar bulb;color=red
END

announce light/desk/light '{"name":null,"unique_id":"d1","schema":"json","command_topic":"z/Desk lamp/set","state_topic":"z/Desk lamp","brightness":true,"brightness_scale":254,"supported_color_modes":["xy"],"device":{"identifiers":["d1"],"name":"Desk lamp","suggested_area":"Study"}}'
announce light/cellar/light '{"name":null,"unique_id":"d2","schema":"json","command_topic":"z/Cellar bulb/set","state_topic":"z/Cellar bulb","brightness":true,"supported_color_modes":["brightness"],"device":{"identifiers":["d2"],"name":"Cellar bulb","suggested_area":"Cellar"}}'
announce switch/pump '{"name":"Pump","uniq_id":"p1","cmd_t":"cmnd/pump/POWER","stat_t":"tele/pump/STATE","val_tpl":"{{value_json.POWER}}"}'
announce cover/blind/cover '{"name":"Blind","unique_id":"b1","command_topic":"z/Blind/set","state_topic":"z/Blind","value_template":"{{ value_json[\"state\"] }}","position_topic":"z/Blind","position_template":"{{ value_json[\"position\"] }}","set_position_topic":"z/Blind/set","set_position_template":"{ \"position\": {{ position }} }","state_open":"OPEN","state_closed":"CLOSE","state_stopped":"STOP"}'
announce lock/door '{"name":"Front door","unique_id":"l1","command_topic":"z/Front door/set","state_topic":"z/Front door","value_template":"{{ value_json[\"state\"] }}","state_locked":"LOCK","state_unlocked":"UNLOCK"}'
announce climate/trv '{"name":"Radiator","unique_id":"c1","modes":["off","heat"],"mode_command_topic":"z/Radiator/set/system_mode","mode_state_topic":"z/Radiator","mode_state_template":"{{ value_json.system_mode }}","temperature_command_topic":"z/Radiator/set/occupied_heating_setpoint","temperature_state_topic":"z/Radiator","temperature_state_template":"{{ value_json.occupied_heating_setpoint }}","min_temp":"5","max_temp":"30"}'
announce fan/ceiling '{"name":"Ceiling fan","unique_id":"f1","command_topic":"fan/set","state_topic":"fan/state","percentage_command_topic":"fan/speed/set","percentage_state_topic":"fan/speed","speed_range_max":3}'
announce valve/water '{"name":"Water valve","unique_id":"v1","command_topic":"valve/set","state_topic":"valve/state"}'
announce scene/movie '{"name":"Movie night","unique_id":"s1","command_topic":"z/group/set","payload_on":"{ \"scene_recall\": 1 }"}'
announce vacuum/robot '{"name":"Vacuum","unique_id":"r1","command_topic":"vacuum/command","state_topic":"vacuum/state"}'
announce siren/siren '{"name":"Siren","unique_id":"i1","command_topic":"siren/set","state_topic":"siren/state"}'
announce light/strip '{"name":"Strip","stat_t":"tele/strip/STATE","cmd_t":"cmnd/strip/POWER","stat_val_tpl":"{{value_json.POWER}}","uniq_id":"st1","bri_cmd_t":"cmnd/strip/Dimmer","bri_stat_t":"tele/strip/STATE","bri_scl":100,"on_cmd_type":"brightness","bri_val_tpl":"{{value_json.Dimmer}}"}'
announce button/chime '{"name":"Chime","unique_id":"ch1","command_topic":"chime/press"}'
announce sensor/porch '{"name":"Porch temperature","unique_id":"po1","device_class":"temperature","unit_of_measurement":"°C","state_topic":"z/Porch","value_template":"{{ value_json[\"temperature\"] }}"}'
announce binary_sensor/back '{"name":"Back door","unique_id":"ba1","device_class":"door","payload_on":false,"payload_off":true,"state_topic":"z/Back door","value_template":"{{ value_json[\"contact\"] }}"}'
announce light/twin1 '{"name":"Twin lamp","unique_id":"t1","command_topic":"twin1/set","state_topic":"twin1","device":{"identifiers":["t1"],"name":null,"suggested_area":"Study"}}'
announce light/twin2 '{"name":"Twin lamp","unique_id":"t2","command_topic":"twin2/set","state_topic":"twin2","device":{"identifiers":["t2"],"name":null,"suggested_area":"Cellar"}}'
announce light/s1/light '{"name":null,"unique_id":"s1_light","schema":"json","command_topic":"z/Saloon one/set","state_topic":"z/Saloon one","supported_color_modes":["onoff"],"device":{"identifiers":["s1"],"name":"Saloon one","suggested_area":"Saloon"}}'
announce light/s2/light '{"name":null,"unique_id":"s2_light","schema":"json","command_topic":"z/Saloon two/set","state_topic":"z/Saloon two","supported_color_modes":["onoff"],"device":{"identifiers":["s2"],"name":"Saloon two","suggested_area":"Saloon"}}'
announce light/g1/light '{"name":null,"unique_id":"3_light","schema":"json","group":["s1_light","s2_light"],"command_topic":"z/Saloon lights/set","state_topic":"z/Saloon lights","supported_color_modes":["onoff"],"device":{"identifiers":["g1"],"name":"Saloon lights","suggested_area":"Saloon"}}'

# Publishers that obey: each command is answered on the state topic.
cat >"$work/obey.sh" <<'END'
mosquitto_sub -h 127.0.0.1 -p "$1" -v -t 'z/#' -t 'cmnd/#' -t 'fan/#' -t 'valve/#' -t 'vacuum/#' -t 'siren/#' -t 'chime/#' -t twin1/set -t twin2/set |
while IFS= read -r line; do
	answer() { mosquitto_pub -h 127.0.0.1 -p "$port" -q 1 -t "$1" -m "$2"; }
	port=$1
	case $line in
	'z/Desk lamp/set {"state":"ON","brightness":'*) answer 'z/Desk lamp' '{"state":"ON","brightness":127}' ;;
	'z/Desk lamp/set {"state":"ON","color"'*) answer 'z/Desk lamp' '{"state":"ON","brightness":127,"color_mode":"xy","color":{"x":0.701,"y":0.299}}' ;;
	'z/Desk lamp/set {"state":"ON"}') answer 'z/Desk lamp' '{"state":"ON","brightness":254}' ;;
	'z/Desk lamp/set {"state":"OFF"}') answer 'z/Desk lamp' '{"state":"OFF"}' ;;
	'cmnd/pump/POWER ON') answer tele/pump/STATE '{"POWER":"ON"}' ;;
	'z/Blind/set OPEN') answer z/Blind '{"state":"OPEN","position":100}' ;;
	'z/Blind/set { "position": 30 }') answer z/Blind '{"state":"OPEN","position":30}' ;;
	'z/Front door/set UNLOCK') answer 'z/Front door' '{"state":"UNLOCK"}' ;;
	'z/Front door/set LOCK') answer 'z/Front door' '{"state":"LOCK"}' ;;
	'z/Radiator/set/occupied_heating_setpoint 22'*) answer z/Radiator '{"system_mode":"heat","occupied_heating_setpoint":22}' ;;
	'fan/speed/set 3') answer fan/state ON; answer fan/speed 3 ;;
	'valve/set OPEN') answer valve/state open ;;
	'vacuum/command start') answer vacuum/state '{"state":"cleaning"}' ;;
	'siren/set {"state":"ON"'*) answer siren/state ON ;;
	'cmnd/strip/Dimmer 60') answer tele/strip/STATE '{"POWER":"ON","Dimmer":60}' ;;
	'cmnd/strip/POWER OFF') answer tele/strip/STATE '{"POWER":"OFF","Dimmer":60}' ;;
	'twin1/set ON') answer twin1 ON ;;
	esac
done
END
write_config
start_daemon
background obey sh "$work/obey.sh" "$port"
wait_for 5 knows light.saloon_lights || rpc '{"jsonrpc":"2.0","id":1,"method":"devices"}'
wait_for 5 knows light.twin_lamp_2 || rpc '{"jsonrpc":"2.0","id":1,"method":"devices"}'
watch_topics -t 'z/#' -t 'cmnd/#' -t 'fan/#' -t 'valve/#' -t 'vacuum/#' -t 'siren/#' -t 'chime/#' -t 'twin1/#' -t 'twin2/#' -t 'hearth/#'

check "a light turns on, and its state confirms it" says "turn on the desk lamp" '"outcome":"done","reply":"Turned on Desk lamp."'
check "its payload is Zigbee2MQTT's" seen 'z/Desk lamp/set {"state":"ON"}'
check "a light dims on its own scale" says "set the desk lamp to 50 percent" '"reply":"Set Desk lamp to 50 percent."'
check "50 % of 254 is 127" seen 'z/Desk lamp/set {"state":"ON","brightness":127}'
check "a colour" says "make the desk lamp red" '"reply":"Set Desk lamp to red."'
check "a switch" says "turn on the pump" '"reply":"Turned on Pump."'
check "Tasmota's payload" seen 'cmnd/pump/POWER ON'
check "a cover opens" says "open the blind" '"reply":"Opened Blind."'
check "its command" seen 'z/Blind/set OPEN'
check "a cover's position" says "set the blind to 30 percent" '"reply":"Set Blind to 30 percent."'
check "by its template" seen 'z/Blind/set { "position": 30 }'
check "a lock unlocks, when it is sure" says "unlock the front door" '"reply":"Unlocked Front door."'
check "its command" seen 'z/Front door/set UNLOCK'
check "a lock locks" says "lock the front door" '"reply":"Locked Front door."'
check "a thermostat" says "set the radiator to 22" '"reply":"Set Radiator to 22 degrees."'
check "its key" seen 'z/Radiator/set/occupied_heating_setpoint 22'
check "a fan's speed" says "set the ceiling fan to 100 percent" '"reply":"Set Ceiling fan to 100 percent."'
check "in its own range" seen 'fan/speed/set 3'
check "a valve" says "open the water valve" '"reply":"Opened Water valve."'
check "its command" seen 'valve/set OPEN'
check "a vacuum" says "start the vacuum" '"reply":"Started Vacuum."'
check "its command" seen 'vacuum/command start'
check "a light of the basic schema dims" says "dim the strip to 60 percent" '"reply":"Set Strip to 60 percent."'
check "on its brightness topic" seen 'cmnd/strip/Dimmer 60'
check "and goes off on its command topic" says "turn off the strip" '"reply":"Turned off Strip."'
check "with its payload" seen 'cmnd/strip/POWER OFF'
check "a button is pressed" says "press the chime" '"outcome":"sent"'
check "with the payload of buttons" seen 'chime/press PRESS'
check "a siren" says "turn on the siren" '"outcome":"done"'
check "a scene is sent, for nothing can confirm it" says "turn on movie night" '"outcome":"sent","reply":"Sent, but it cannot be confirmed: activate Movie night."'
check "its payload" seen 'z/group/set { "scene_recall": 1 }'

check "two calls, one reply" says "turn on the desk lamp and the pump" '"reply":"Turned on Desk lamp. Turned on Pump."'
check "a group" says "turn on the lights in the study" '"reply":"Turned on 2 lights in Study."'
check "a group of the bridge stands for its members" says "turn on the lights in the saloon" '"commands":[{"entity_id":"light.saloon_lights","topic":"z/Saloon lights/set","payload":"{\"state\":\"ON\"}"}]'
check "the speaker's room" says "turn on the lights" '"reply":"Turned on 2 lights in Study."' '"area":"study"'
check "a tie goes to the speaker's room" says "turn on the twin lamp" '"topic":"twin1/set"' '"area":"Study"'
check "a tie without a room is a question" says "turn on the twin lamp" 'Which one do you mean: Twin lamp ('

check "a question about one" says "is the desk lamp on" '"reply":"Yes, Desk lamp is on."'
publish -t z/Porch -m '{"temperature":21.5}'
publish -t 'z/Back door' -m '{"contact":false}'
check "a thermometer" wait_for 5 says "how warm is the porch" '21.5'
check "a contact: false is open" wait_for 5 says "is the back door open" '"reply":"Yes,'
publish -t 'z/Back door' -m '{"contact":true}'
check "and true is closed" wait_for 5 says "is the back door open" '"reply":"No,'
check "a question about several" says "which lights are on" 'Desk lamp'
check "a count" says "how many lights are on" ' lights are on."'
check "whether anything is on" says "is anything on in the study" '"reply":"Yes: Desk lamp and Twin lamp."'
check "whether everything is off" says "is everything off in the study" '"reply":"No: Desk lamp and Twin lamp are on."'
check "whether anything is open" says "is anything open" '"reply":"Yes: Blind and Water valve."'
check "the time" says "what time is it" '"reply":"It is '

forget() { : >"$watched"; }
forget
check "an unknown thing is refused" says "turn on the sauna" "There is no 'sauna' here."
check "an unsure call is refused" says "maybe the pump" '"outcome":"refused","reply":"I am not sure what you mean."'
check "a sensitive one must be surer" says "perhaps unlock the front door" '"outcome":"refused"'
check "what was not said is not done" says "turn the stove on" '"outcome":"refused"'
check "what a lamp cannot do is said" says "make the cellar bulb red" '"outcome":"refused","reply":"Cellar bulb'
check "a room that is not there widens nothing" says "turn on the lights" '"outcome":"refused","reply":"There is no room '\''Attik'\'' here.' '"area":"Attik"'
check "chatter is unhandled" says "what a day" '"outcome":"unhandled"'
check "a dry run says what it would do" says "turn off the desk lamp" '"outcome":"dry_run","reply":"Would turn off Desk lamp."' '"dry_run":true'
check "none of these published a command" sh -c 'sleep 0.3; ! tr -d "\\000" <"$1" | grep -v "^hearth/"' sh "$watched"
check "what is not for the house is told on MQTT" seen 'hearth/test/unhandled {'

publish -t hearth/test/say -m 'turn off the desk lamp'
check "an utterance by MQTT" seen '"source":"mqtt","area":"","normalized":"turn off the desk lamp"'
forget
publish -t hearth/test/say -m '{"text":"turn on the twin lamp","area":"Study","source":"satellite","id":"once"}'
check "one with its room" seen '"reply":"Turned on Twin lamp."'
publish -t hearth/test/say -m '{"text":"turn on the twin lamp","area":"Study","source":"satellite","id":"once"}'
check "the same id again is refused" seen 'an utterance with this id was heard a moment ago'

check "the log has it" sh -c 'printf "%s\n" "$1" | python3 "$2" "$3" | grep -qF "\"utterance_id\":\"once\""' sh \
	'{"jsonrpc":"2.0","id":1,"method":"log","params":{"limit":3}}' "$HEARTH_SRCDIR/tests/e2e/ask.py" "$sock"
finish
