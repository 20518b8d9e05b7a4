#!/bin/sh
# Timers: started, asked about, changed, ended; on disk before they are confirmed.
. "$(dirname "$0")/daemon.sh"
start_broker
cat >"$script" <<'END'
set a timer for 5 minutes | 0.99 | HassStartTimer minutes=5
set a pizza timer for 1 hour | 0.99 | HassStartTimer name=~Pizza;hours=1
set a timer for 1 second | 0.99 | HassStartTimer seconds=1
set a tea timer for 3 seconds | 0.99 | HassStartTimer name=~tea;seconds=3
set a timer for nothing | 0.99 | HassStartTimer seconds=0
in 1 second turn on the pump | 0.99 | HassStartTimer seconds=1;conversation_command=turn on the pump
turn on the pump | 0.99 | HassTurnOn name=Pump
how long is left on my timer | 0.99 | HassTimerStatus
how long does the pizza have | 0.99 | HassTimerStatus name=~pizza
add 2 minutes to the pizza timer | 0.99 | HassIncreaseTimer name=~pizza;minutes=2
take 30 minutes off the pizza timer | 0.99 | HassDecreaseTimer name=~pizza;minutes=30
pause the pizza timer | 0.99 | HassPauseTimer name=~pizza
resume the pizza timer | 0.99 | HassUnpauseTimer name=~pizza
cancel the 5 minute timer | 0.99 | HassCancelTimer start_minutes=5
cancel my timer | 0.99 | HassCancelTimer
cancel the egg timer | 0.99 | HassCancelTimer name=~egg
cancel all timers | 0.99 | HassCancelAllTimers
END
announce switch/pump '{"name":"Pump","uniq_id":"p1","cmd_t":"pump/set","stat_t":"pump/state"}'
write_config
start_daemon
wait_for 5 knows switch.pump
watch_topics -t 'hearth/test/timer' -t 'pump/#'

check "no timer yet" says "how long is left on my timer" '"outcome":"refused","reply":"There is no timer."'
check "a timer" says "set a timer for 5 minutes" '"outcome":"done","reply":"Started a timer of 5 minutes."'
check "one with a name" says "set a pizza timer for 1 hour" '"reply":"Started a timer of 1 hour for Pizza."'
check "a dry run starts none" says "set a timer for 1 second" '"outcome":"dry_run"' '"dry_run":true'
check "one of no length is refused" says "set a timer for nothing" '"outcome":"refused"'
check "how long" says "how long does the pizza have" 'The Pizza timer has '
check "longer" says "add 2 minutes to the pizza timer" 'The Pizza timer now has 1 hour'
check "shorter" says "take 30 minutes off the pizza timer" 'The Pizza timer now has 3'
check "paused" says "pause the pizza timer" 'Paused the Pizza timer with 3'
check "and says so" says "how long does the pizza have" 'The Pizza timer is paused with '
check "which of two is a question" says "cancel my timer" '"reply":"Which timer do you mean? There are 2."'
check "one that is not there" says "cancel the egg timer" '"reply":"There is no such timer."'
kill -9 "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
start_daemon
check "a killed daemon has not forgotten" says "how long is left on my timer" 'The Pizza timer is paused'
check "it goes on" says "resume the pizza timer" 'Resumed the Pizza timer: 3'
check "by its length" says "cancel the 5 minute timer" '"reply":"Cancelled the timer of 5 minutes."'
check "one is left" says "cancel my timer" '"reply":"Cancelled the Pizza timer."'
check "a short one" says "set a timer for 1 second" '"outcome":"done"'
check "its end is told" seen '"state":"finished","name":"","area":"","seconds":1,"reply":"The timer of 1 second is done."'
check "a command for later" says "in 1 second turn on the pump" '"reply":"In 1 second: turn on the pump."'
check "is acted on" seen 'pump/set ON'
check "one that ends while nobody watches" says "set a tea timer for 3 seconds" '"outcome":"done"'
kill "$daemon_pid"
wait "$daemon_pid"
sleep 3
start_daemon
check "is told of afterwards" seen '"state":"finished","name":"tea"'
says "set a timer for 5 minutes" x >/dev/null
says "set a pizza timer for 1 hour" x >/dev/null
check "all of them" says "cancel all timers" '"reply":"Cancelled 2 timers."'
finish
