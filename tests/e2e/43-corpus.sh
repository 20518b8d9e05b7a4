#!/bin/sh
# Every message of tests/data/discovery over a real broker to the real hearthd: registered, followed, commanded, taken back.
. "$(dirname "$0")/daemon.sh"
hearthd=$HEARTH_BUILDDIR/hearthd
[ -z "${EMULATOR:-}" ] || hearthd=$work/bin/hearthd
script=$HEARTH_SRCDIR/models/hearth-s.gguf # the real model: nothing is said, all is called
start_broker
write_config
start_daemon
play() { python3 "$HEARTH_SRCDIR/tests/e2e/corpus.py" "$port" "$sock" "$@"; }

check "every message: registered, followed, commanded, taken back; nothing is retained" play "$HEARTH_SRCDIR"/tests/data/discovery/*.json
printf '%s\n' "$output" | tail -1
finish
