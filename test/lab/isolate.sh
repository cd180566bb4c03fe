# Run by TestIsolate on a machine with control groups of version 2: CPU 2 is taken from Linux for a
# program, and is Linux's again however that ends. Every line that the test looks for is made by look.
mkdir -p /sys/fs/cgroup /run
mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null

# Linux's CPUs now, the groups that there are, and what is written down.
look() {
	echo "$1: cpus $(cat /sys/fs/cgroup/cpuset.cpus.effective) groups $(ls -d /sys/fs/cgroup/skerry-* 2>/dev/null | wc -l) states $(ls /run/skerry/isolate | grep -c json)"
}

# Waits for the keeper, at most 20 s.
settle() {
	n=0
	while [ "$(ls /run/skerry/isolate | grep -c json)" != 0 ] && [ $n -lt 200 ]; do
		n=$((n + 1))
		sleep 0.1
	done
}

# Waits until the program runs in its partition.
started() {
	n=0
	while [ "$(cat /sys/fs/cgroup/skerry-*/cores/cpuset.cpus.partition 2>/dev/null)" != isolated ] || ! [ -e /tmp/runs ]; do
		n=$((n + 1))
		[ $n -lt 300 ] || break
		sleep 0.1
	done
	rm -f /tmp/runs
}

(while :; do :; done) & busy=$!

cat >/tmp/inside.sh <<'INSIDE'
g=$(ls -d /sys/fs/cgroup/skerry-*)
echo "partition $(cat $g/cores/cpuset.cpus.partition) of $(cat $g/cores/cpuset.cpus.effective), Linux has $(cat /sys/fs/cgroup/cpuset.cpus.effective)"
grep -c . $g/cores/cgroup.threads
(exit 7) # a forked child
echo "child $?"
sh -c 'exit 5' # one that executes another program
echo "executed $?"
INSIDE
skerry run --cpus 2-2 --isolate -- sh /tmp/inside.sh
echo "status $?"
settle
look ended

skerry run --cpus 2-2 --isolate -- sh -c ': >/tmp/runs; exec sleep 1000' & p=$!
started
look running
kill -9 $p
settle
look killed

skerry run --cpus 2-2 --isolate -- sh -c ': >/tmp/runs; exec sleep 1000' & p=$!
started
for k in $(ps | grep keep-isolation | grep -v grep | awk '{print $1}'); do kill -9 "$k"; done
kill -9 $p
wait $p
look both
skerry run --cpus 2-2 -- echo swept
look swept
kill $busy
