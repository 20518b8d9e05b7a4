#!/bin/sh
# The converter of Needle's checkpoints and the engine against a reference in numpy: needle_reference.py.
set -u
export PYTHONDONTWRITEBYTECODE=1
python=
for candidate in python3 /usr/bin/python3; do
	[ -n "$python" ] || { "$candidate" -c 'import numpy' 2>/dev/null && python=$candidate; }
done
if [ -z "$python" ]; then
	echo "skipped: there is no Python with numpy (Debian: python3-numpy)"
	exit 77
fi
shape=full
[ -n "${EMULATOR:-}" ] && shape=small # an emulator takes minutes for the full size
exec "$python" "${HEARTH_SRCDIR:?}/tests/needle_reference.py" --source "$HEARTH_SRCDIR" --shape $shape \
	--engine "${EMULATOR:-} ${HEARTH_BUILDDIR:?}/tests/needle_logits" --san-call "${EMULATOR:-} $HEARTH_BUILDDIR/san-call"
