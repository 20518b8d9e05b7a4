# build.sh - what ./quickstart and ./check share: packages that are missing, and an up-to-date build in ./build. Sourced from the root of the tree.

packages="build-essential autoconf automake libtool autoconf-archive pkg-config libuv1-dev libmosquitto-dev
libsqlite3-dev libcjson-dev libinih-dev libutf8proc-dev libsystemd-dev libedit-dev libwebsockets-dev libcmocka-dev mosquitto mosquitto-clients python3"

say() { printf '%s\n' "$*" >&2; }

# progress TEXT: one line that changes on a terminal; nothing elsewhere.
progress() {
	if [ -t 2 ]; then printf '\r\033[K%s' "$*" >&2; fi
}
progress_end() {
	if [ -t 2 ]; then printf '\r\033[K' >&2; fi
}

# failed WHAT LOG: the end of the log, and where the rest is.
failed() {
	progress_end
	say "$1 failed; the end of $2:"
	tail -n 20 "$2" >&2
	exit 1
}

# A package of another architecture (for cross builds) does not count.
missing_packages() {
	installed=$(dpkg-query -W -f '${Package} ${Status} ${Architecture}\n' $packages 2>/dev/null |
		sed -nE "s/^([^ ]*) install ok installed ($(dpkg --print-architecture)|all)\$/\1/p")
	for package in $packages; do
		printf '%s\n' "$installed" | grep -qx "$package" || printf '%s ' "$package"
	done
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		DEBIAN_FRONTEND=noninteractive "$@"
	else
		sudo DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

# count_lines WHAT PATTERN LOG: copies its input to the log, and counts the lines that match.
count_lines() {
	n=0
	while IFS= read -r line; do
		printf '%s\n' "$line" >>"$3"
		case $line in
		$2)
			[ $n -eq 0 ] && [ ! -t 2 ] && say "$1"
			n=$((n + 1))
			progress "$1: $n"
			;;
		esac
	done
	progress_end
}

install_packages() {
	missing=$(missing_packages)
	[ -z "$missing" ] && return 0
	set -- $missing
	log=.quickstart/install.log
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
		say "These packages are missing, and neither root nor sudo is at hand: $missing"
		say "As root: apt-get install $missing"
		exit 1
	fi
	say "Installing $# packages: $*"
	: >"$log"
	progress "Fetching the list of packages"
	as_root apt-get update -q >>"$log" 2>&1 || failed "apt-get update" "$log"
	{
		as_root apt-get install -q -y --no-install-recommends "$@" 2>&1 || echo failed >"$log.failed"
	} | count_lines "Setting up packages" 'Setting up *' "$log"
	if [ -e "$log.failed" ]; then
		rm -f "$log.failed"
		failed "apt-get install" "$log"
	fi
}

build() {
	log=.quickstart/build.log
	: >"$log"
	if [ ! -e configure ]; then
		progress "Preparing the build"
		./autogen.sh >>"$log" 2>&1 || failed autogen.sh "$log"
	fi
	mkdir -p build
	if [ ! -e build/Makefile ]; then
		progress "Configuring"
		(cd build && ../configure -q) >>"$log" 2>&1 || failed configure "$log"
	fi
	{
		make -C build -j"$(nproc)" 2>&1 || echo failed >"$log.failed"
	} | count_lines "Compiling" '  CC*' "$log"
	progress_end
	if [ -e "$log.failed" ]; then
		rm -f "$log.failed"
		failed make "$log"
	fi
}

# Packages and build, one run at a time: others wait here.
prepare() {
	mkdir -p .quickstart
	chmod 700 .quickstart
	exec 9>.quickstart/lock
	flock 9
	install_packages
	build
	flock -u 9
	exec 9>&-
}
