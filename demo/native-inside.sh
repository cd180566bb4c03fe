# The part of native.sh that runs inside the emulated machine, as root.
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '$ %s\n' "$*"; "$@"; }
failed=0

say "A stock kernel, started without a word about skerry:"
show uname -sr
printf 'Linux has CPUs '; cat /sys/devices/system/cpu/online

say "Linux gives up two CPUs and some memory:"
show skerry node reserve --cpus 2-3 --mem 384M || exit 1
printf 'Linux has CPUs '; cat /sys/devices/system/cpu/online
show skerry node show

say "An unmodified program on each, at the same time, each on a kernel of its own; Linux busy on the rest:"
(while :; do :; done) &
busy=$!
primes='my ($n, @p) = (2); while (@p < 300) { my $ok = 1; for (@p) { last if $_*$_ > $n; if ($n % $_ == 0) { $ok = 0; last } } push @p, $n if $ok; $n++ } print "perl on CPU 2: prime 300 is $p[-1], pid $$\n"'
table='BEGIN { for (i = 1; i <= 10000; i++) s += i * i; printf "mawk on CPU 3: %d squares sum to %.0f\n", i - 1, s }'
skerry run --platform native --cpus 2-2 --mem 192M -- perl -e "$primes" >/tmp/perl 2>&1 & a=$!
skerry run --platform native --cpus 3-3 --mem 192M -- mawk "$table" >/tmp/mawk 2>&1 & b=$!
i=0
while [ "$(skerry node show | grep -c taken)" != 2 ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
show skerry node show
wait $a || failed=1
wait $b || failed=1
kill $busy
cat /tmp/perl /tmp/mawk
perl -e "$primes" | sed 's/, pid.*//' >/tmp/perl.linux
mawk "$table" >/tmp/mawk.linux
if [ "$(sed 's/, pid.*//' /tmp/perl)" = "$(cat /tmp/perl.linux)" ] && cmp -s /tmp/mawk /tmp/mawk.linux; then
	echo "the same as on Linux"
else
	echo "NOT the same as on Linux:"; cat /tmp/perl.linux /tmp/mawk.linux
	failed=1
fi

say "Everything back to Linux:"
show skerry node release || failed=1
printf 'Linux has CPUs '; cat /sys/devices/system/cpu/online
[ "$(cat /sys/devices/system/cpu/online) $(cat /proc/sys/vm/nr_hugepages)" = "0-3 0" ] || failed=1
exit $failed
