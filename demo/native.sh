#!/bin/sh
# What `make demo-native` shows: in an emulated machine with a stock Debian kernel, Linux gives up two
# CPUs, each runs an unmodified program on a kernel of its own, at the same time, while Linux is busy on
# the others; then Linux gets them back. Needs no privilege; QEMU and the kernel are fetched by apt once.
set -u
cd "$(dirname "$0")/.." || exit 1
for need in skerry skerry-lwk; do
	[ -e "bin/$need" ] || { echo "demo: no bin/$need: run make build first" >&2; exit 1; }
done
perl=$(readlink -f "$(command -v perl || echo /none)")
awk=$(readlink -f "$(command -v mawk || echo /none)")
for need in "$perl" "$awk"; do
	[ -e "$need" ] || { echo "demo: perl and mawk are needed: apt-get install perl-base mawk" >&2; exit 1; }
done
exec bin/skerry lab --kernel "${KERNEL:-6.1}" --smp 4 --mem 1G --timeout 5m --add demo/native-inside.sh:/demo.sh \
	--add "$perl:/bin/perl" --add "$awk:/bin/mawk" -- sh /demo.sh
