# Runs as root inside the lab's machine (4 CPUs): each check prints "ok NAME" or "FAIL NAME: why".
# $1: how many times a program is started and ended at the end.
check() { # NAME WANT GOT
	if [ "$2" = "$3" ]; then echo "ok $1"; else echo "FAIL $1: wanted '$2', got '$3'"; fi
}
has() { # NAME PART TEXT
	case $3 in *"$2"*) echo "ok $1" ;; *) echo "FAIL $1: no '$2' in '$3'" ;; esac
}
up() { # waits until the program in the background says that it runs
	i=0
	while ! grep -q up /tmp/out && [ $i -lt 300 ]; do sleep 0.1; i=$((i + 1)); done
	rm -f /tmp/out
}
run="skerry run --platform native --mem 160M"
cpu=/sys/devices/system/cpu

skerry node reserve --cpus 2-3 --mem 320M
check reserve 0 $?
check offline 0-1 "$(cat $cpu/online)"
has usable "native    usable" "$(skerry check)"

check output "42 from a core" "$($run --cpus 1 -- busybox sh -c 'echo $((6*7)) from a core')"
$run --cpus 1 -- busybox sh -c 'exit 7'
check status 7 $?
check auto "$(uname -r)" "$(skerry run --cpus 1 --mem 160M -- busybox uname -r)"
check exec "after exec" "$($run --cpus 1 -- busybox sh -c 'exec busybox echo after exec')"
check input "ABC" "$(echo abc | $run --cpus 1 -- busybox tr a-z A-Z)"
check free "memory: 320 MiB of 320 MiB free" "$(skerry node show | tail -1)"

# two co-kernels at once, Linux busy beside them
(while :; do :; done) & busy=$!
count='i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo counted $i'
$run --cpus 2-2 -- busybox sh -c "$count; sleep 3" >/tmp/a & a=$!
$run --cpus 3-3 -- busybox sh -c "$count; sleep 3" >/tmp/b & b=$!
i=0
while [ "$(skerry node show | grep -c taken)" != 2 ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
check both 2 "$(skerry node show | grep -c taken)"
refused=$($run --cpus 1 -- busybox true 2>&1)
check full-status 125 $?
has full "not enough reserved CPUs are free: 0 of 2" "$refused"
wait $a
check first "0 counted 20000" "$? $(cat /tmp/a)"
wait $b
check second "0 counted 20000" "$? $(cat /tmp/b)"
kill $busy

# SIGKILL of the program's process: the core is free again by itself
$run --cpus 2-2 -- busybox sh -c 'echo up; while :; do :; done' >/tmp/out & a=$!
up
name=$(skerry node show | awk '$3 == "taken" {print $4}')
has ps "$name" "$(skerry ps)"
has console "CPU 2: running" "$(skerry console "$name")"
skerry kill -s KILL "$name"
wait $a
check killed 137 $?
check again "again" "$($run --cpus 2-2 -- busybox echo again)"

# SIGKILL of the keeper: the program ends and says why
$run --cpus 2-2 -- busybox sh -c 'echo up; while :; do :; done' >/tmp/out 2>/tmp/err & a=$!
up
kill -9 $(pidof skerry-keeper)
wait $a
check keeper-status 125 $?
has keeper "the enclave's keeper is gone" "$(cat /tmp/err)"

# somebody puts the CPU online under a running program
$run --cpus 3-3 -- busybox sh -c 'echo up; while :; do :; done' >/tmp/out 2>/tmp/err & a=$!
up
refused=$(skerry node release 2>&1)
has busy "an enclave runs" "$refused"
echo 1 >$cpu/cpu3/online
wait $a
check online-status 125 $?
has online "Linux has taken CPU 3 back" "$(cat /tmp/err)"
taskset 8 true
check linux-has-it 0 $?
has lost "LOST: online in Linux" "$(skerry node show)"
refused=$($run --cpus 3-3 -- busybox true 2>&1)
has not-given "CPU was put online again: 3" "$refused"

skerry node release
check release 0 $?
check back 0-3 "$(cat $cpu/online)"
check pages "0 0" "$(cat /proc/sys/vm/nr_hugepages) $(awk '/HugePages_Total/ {print $2}' /proc/meminfo)"
check mounts 0 "$(grep -c hugetlbfs /proc/mounts)"
check nothing "nothing is reserved" "$(skerry node show)"
skerry node release
check twice 0 $?

# start and end, again and again, with giving everything back now and then
n=0
while [ $n -lt "$1" ]; do
	[ $((n % 10)) != 0 ] || skerry node reserve --cpus 2-3 --mem 320M || break
	[ "$($run --cpus 1 -- busybox echo $n)" = $n ] || break
	n=$((n + 1))
	[ $((n % 10)) != 0 ] || skerry node release || break
done
check rounds "$1" $n
skerry node release
check end "0-3 0" "$(cat $cpu/online) $(cat /proc/sys/vm/nr_hugepages)"
check quiet "" "$(dmesg | grep -E 'BUG:|Oops|WARNING:|No irq handler' | grep -v 'soft lockup' | head -3)"
echo done
