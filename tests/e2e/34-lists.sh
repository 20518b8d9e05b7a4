#!/bin/sh
# The shopping list and others.
. "$(dirname "$0")/daemon.sh"
start_broker
cat >"$script" <<'END'
add oat milk to the shopping list | 0.99 | HassShoppingListAddItem item=~Oat Milk
add oat milk | 0.99 | HassShoppingListAddItem item=~oat milk
put eggs on the list | 0.99 | HassShoppingListAddItem item=~eggs
i have the oat milk | 0.99 | HassShoppingListCompleteItem item=~oat milk
i have the bread | 0.99 | HassShoppingListCompleteItem item=~bread
END
write_config
start_daemon
retained_is() { [ "$(retained hearth/test/lists)" = "$1" ]; }
check "no list yet" retained_is '{}'
check "something is added" says "add oat milk to the shopping list" '"outcome":"done","reply":"Added Oat Milk to the shopping list."'
check "not twice" says "add oat milk" '"reply":"Oat milk is on the shopping list already."'
check "a dry run adds nothing" says "put eggs on the list" '"outcome":"dry_run"' '"dry_run":true'
check "another" says "put eggs on the list" 'Added eggs'
check "it is on MQTT, retained" retained_is '{"shopping list":["Oat Milk","eggs"]}'
kill -9 "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
start_daemon
check "a killed daemon has not forgotten" says "i have the oat milk" 'Checked oat milk off the shopping list.'
check "what is not there is said" says "i have the bread" '"outcome":"refused","reply":"There is no bread on the shopping list."'
check "the rest is there" retained_is '{"shopping list":["eggs"]}'
finish
