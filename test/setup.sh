#!/bin/sh
# Installs what the whole-system tests run, from Debian's archive, when it is missing and we are root.
# As an ordinary user it says what is missing and succeeds: the tests skip what they do not find.
# Quick when everything is there. Starts no service and leaves no setting changed.
set -eu

# command (or absolute file) and the package that brings it
wanted='
gcc gcc
g++ g++
/usr/include/x86_64-linux-gnu/sys/syscall.h libc6-dev
musl-gcc musl-tools
/usr/lib/x86_64-linux-gnu/libgomp.so.1 libgomp1
/usr/bin/python3 python3
/usr/bin/perl perl
/usr/bin/mawk mawk
sqlite3 sqlite3
redis-server redis-server
redis-benchmark redis-tools
openssl openssl
lua5.4 lua5.4
busybox busybox-static
qemu-system-x86_64 qemu-system-x86
xz xz-utils
bzip2 bzip2
gzip gzip
file file
tar tar
find findutils
'

# What the short compatibility suites run besides, and what only \`make compat\` does.
wanted="$wanted
git git
nginx nginx-light
wrk wrk
memcached memcached
mpirun mpich
mpicc libmpich-dev
"
[ "${1-}" != compat ] || wanted="$wanted
/usr/lib/python3.11/test/test_os.py libpython3.11-testsuite
stress-ng stress-ng
"

missing=''
set -f
IFS='
'
for line in $wanted; do
	what=${line%% *}
	package=${line##* }
	case $what in
	/*) [ -e "$what" ] && continue ;;
	*) command -v "$what" >/dev/null 2>&1 && continue ;;
	esac
	missing="$missing $package"
done
unset IFS

if [ -z "$missing" ]; then
	echo "test/setup.sh: everything the tests run is installed"
	exit 0
fi
if [ "$(id -u)" != 0 ]; then
	echo "test/setup.sh: missing:$missing"
	echo "test/setup.sh: tests that need these are skipped; as root, or with: sudo apt-get install --no-install-recommends$missing"
	exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
	echo "test/setup.sh: missing:$missing, and there is no apt-get to install them with; the tests skip what needs them"
	exit 0
fi

# A server's package must not start its server: this file tells Debian's maintainer scripts so.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	trap 'rm -f "$policy"' EXIT INT TERM
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y -q --no-install-recommends $missing >"$log" 2>&1; }
log=$(mktemp)
echo "test/setup.sh: installing$missing"
if ! install; then
	# The lists may be absent or stale.
	apt-get update -q >>"$log" 2>&1 || true
	if ! install; then
		tail -n 20 "$log" >&2
		rm -f "$log"
		echo "test/setup.sh: could not install everything; the tests skip what is missing" >&2
		exit 0
	fi
fi
rm -f "$log"
echo "test/setup.sh: done"
