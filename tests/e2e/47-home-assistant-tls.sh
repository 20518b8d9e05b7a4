#!/bin/sh
# Home Assistant behind TLS: with a certificate of one's own that ca_file names, and refused without. The stand-in of 43-home-assistant.sh.
. "$(dirname "$0")/daemon.sh"
need openssl
start_broker
cat >"$script" <<'END_OF_SCRIPT'
turn on the counter | 0.99 | HassTurnOn name=Counter
END_OF_SCRIPT

fake_port=$((port + 1))
printf 'the-right-token\n' >"$work/token"
mkfifo "$work/orders"
cd "$work" || exit 1
# authority NAME; server AUTHORITY NAME SUBJECT-ALTERNATIVE-NAMES
authority() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" -keyout "$1.key" -out "$1.pem" 2>/dev/null
}
server() {
	openssl req -newkey rsa:2048 -nodes -subj "/CN=$2" -keyout "$2.key" -out "$2.csr" 2>/dev/null
	printf 'subjectAltName=%s\n' "$3" >"$2.ext"
	openssl x509 -req -days 2 -in "$2.csr" -CA "$1.pem" -CAkey "$1.key" -CAcreateserial -extfile "$2.ext" -out "$2.pem" 2>/dev/null
}
authority ours
authority theirs
server ours here DNS:localhost,IP:127.0.0.1
server ours elsewhere DNS:home.example
# as many entities as make a message of some megabytes
python3 - "$HEARTH_SRCDIR/tests/data/home_assistant/home.json" >home.json <<'END'
import json, sys
home = json.load(open(sys.argv[1]))
home["entities"] += [{"entry": None, "exposed": False, "state": {"entity_id": f"sensor.n{i}", "state": "1", "attributes": {"friendly_name": "x" * 1000}}}
                     for i in range(3000)]
json.dump(home, sys.stdout)
END
start_fake() {
	background fake python3 "$HEARTH_SRCDIR/tests/ha/fake_home_assistant.py" "$fake_port" the-right-token home.json orders "$1.pem" "$1.key"
	fake_pid=$pid
	wait_for 5 grep -q ready fake.log
}
stop_fake() { kill "$fake_pid"; wait "$fake_pid" 2>/dev/null; }
# with URL [CA]: hearthd begins anew with that
with() {
	printf '[home_assistant]\nurl = %s\ntoken_file = %s\nca_file = %s\n' "$1" "$work/token" "${2:-}" >"$conf.d/50-ha.conf"
	[ -z "${daemon_pid:-}" ] || { kill "$daemon_pid"; wait "$daemon_pid" 2>/dev/null; }
	: >daemon.log
	start_daemon
}
ha_is() { rpc '{"jsonrpc":"2.0","id":1,"method":"status"}' | grep -q "\"home_assistant\":{\"state\":\"$1\""; }
log_says() { wait_for 8 grep -qiF -- "$1" daemon.log || { tail -n 5 daemon.log; return 1; }; }
refused() { ! "$@"; }

start_fake here
write_config
start_daemon
if hearthctl --socket "$sock" import home-assistant --url "http://127.0.0.1:1" --token-file "$work/token" 2>&1 | grep -q 'built without libwebsockets'; then
	echo "skipped: hearthd is built without libwebsockets"
	exit 77
fi
with "https://localhost:$fake_port" "$work/ours.pem"
check "a certificate of an authority of one's own is trusted" wait_for 8 ha_is online
check "its home comes in, in megabytes" wait_for 8 knows light.counter
check "and its services are called" says "turn on the counter" '"outcome":"done"'
timeout 10 sh -c 'printf "drop\n" >orders'
check "a connection that breaks comes back" wait_for 8 ha_is online
with "https://127.0.0.1:$fake_port" "$work/ours.pem"
check "by its address, which the certificate names" wait_for 8 ha_is online
with "https://localhost:$fake_port" "$work/theirs.pem"
check "of another authority it is refused" log_says 'its certificate is not trusted (unable to get local issuer certificate)'
check "and stays away" refused ha_is online
with "https://localhost:$fake_port"
check "nor do those of the system trust it" log_says 'its certificate is not trusted'
with "http://localhost:$fake_port"
check "plain words to a TLS server come to nothing" refused wait_for 2 ha_is online
stop_fake
start_fake elsewhere
with "https://localhost:$fake_port" "$work/ours.pem"
check "a certificate of another name is refused" log_says 'its certificate is not trusted (hostname mismatch)'
kill "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
# says_why CA WORDS: hearthd ends, and says why
says_why() {
	printf '[home_assistant]\nurl = https://localhost:1\ntoken_file = %s\nca_file = %s\n' "$work/token" "$1" >"$conf.d/50-ha.conf"
	"$hearthd" --config "$conf" 2>&1 | grep -F -- "$2"
}
check "a ca_file that is not there is named" says_why "$work/none.pem" "ca_file $work/none.pem: No such file"
check "and one without a certificate" says_why "$work/token" 'holds no certificate'
finish
