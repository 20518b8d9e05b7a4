#!/bin/sh
# The tests of the kernels on the processors of the boards, emulated: each must pass, and choose the set that the
# processor is known to have.
set -u
unset SAN_CPU
test=${HEARTH_BUILDDIR:?}/tests/test_kernels

case ${EMULATOR:-} in
*qemu-aarch64*) ;;
*)
	echo "skipped: tests do not run under qemu-aarch64 here; \"make check-arm64\" does it"
	exit 77
	;;
esac

passed=0
failed=0
check() {
	out=$($EMULATOR -cpu "$1" "$test" 2>&1) && printf '%s\n' "$out" | grep -qx "kernels in use: $2"
	if [ $? -eq 0 ]; then
		echo "$1: $2"
		passed=$((passed + 1))
	else
		printf '%s\n' "$1: wanted the $2 kernels, and no failure, but:" "$out"
		failed=$((failed + 1))
	fi
}

check cortex-a53 neon    # Raspberry Pi 3, Zero 2
check cortex-a72 neon    # Raspberry Pi 4
check cortex-a76 dotprod # Raspberry Pi 5
check max dotprod
echo "# $passed passed, $failed failed"
[ $failed -eq 0 ]
