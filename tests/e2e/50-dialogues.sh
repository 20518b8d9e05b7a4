#!/bin/sh
# The dialogues of tests/dialogues, with the model that is shipped.
. "$(dirname "$0")/lib.sh"
need python3 mosquitto mosquitto_pub
python3 "$HEARTH_SRCDIR/tests/dialogues/run.py" "$HEARTH_SRCDIR"/tests/dialogues/*.txt
