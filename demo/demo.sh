#!/bin/sh
# What `make demo` shows, in one screen: real programs on Linux and in an enclave, with the same output
# and exit status; where their system calls went; what a quick measurement says. Needs no privilege and
# nothing installed: what is not there is left out. Writes only into a directory of its own, which it
# removes. Exit status 1 if anything differs.
set -u
cd "$(dirname "$0")/.." || exit 1
skerry=$PWD/bin/skerry
[ -x "$skerry" ] || { echo "demo: no bin/skerry: run make build first" >&2; exit 1; }
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
export LC_ALL=C HOME="${HOME:-/}"
failed=0 same=0

has() { command -v "$1" >/dev/null 2>&1; }

# limit COMMAND...: the command, ended if it hangs, where there is timeout(1).
limit() { if has timeout; then timeout -k 2 60 "$@"; else "$@"; fi; }

# cell NAME FIELD: the FIELDth word of a line of the last report.
cell() { awk -v name="$1" -v field="$2" 'index($0, name) { sub(name, ""); print $field; exit }' "$dir/stats"; }

# both NAME COMMAND...: the same command on both sides, in a directory of its own; one line.
both() {
	name=$1
	shift
	has "${need:-$1}" || { printf '  %-22s left out: %s is not installed\n' "$name" "${need:-$1}"; return; }
	for side in linux skerry; do
		rm -rf "$dir/work" && mkdir "$dir/work" && cp "$dir/numbers" "$dir/hello.c" "$dir/work"
		set -- "$@"
		case $side in
		linux) (cd "$dir/work" && limit "$@") ;;
		skerry) (cd "$dir/work" && limit "$skerry" run -- "$@") ;;
		esac >"$dir/$side.out" 2>"$dir/$side.err" </dev/null
		echo $? >"$dir/$side.status"
	done
	if cmp -s "$dir/linux.out" "$dir/skerry.out" && cmp -s "$dir/linux.err" "$dir/skerry.err" &&
		cmp -s "$dir/linux.status" "$dir/skerry.status"; then
		# Once more with a report. Only the process that was started reports: a shell's children do not.
		(cd "$dir/work" && limit "$skerry" run --stats -- "$@") >/dev/null 2>"$dir/stats" </dev/null
		printf '  %-22s same   %7s bytes, status %-3s %6s %7s %7s %7s\n' "$name" "$(($(wc -c <"$dir/linux.out")))" \
			"$(cat "$dir/linux.status")" "$(cell 'answered in assembly' 1)" "$(cell '  local' 1)" \
			"$(cell 'shipped to Linux' 1)" "$(cell '  refused' 1)"
		same=$((same + 1))
	else
		failed=1
		printf '  %-22s DIFFERS: status %s on Linux, %s in the enclave\n' "$name" "$(cat "$dir/linux.status")" "$(cat "$dir/skerry.status")"
		cmp "$dir/linux.out" "$dir/skerry.out" 2>&1 | sed 's/^/    output: /' | head -n 1
		head -n 2 "$dir/skerry.err" | sed 's/^/    stderr: /'
	fi
}

# A machine that cannot run an enclave says why.
"$skerry" check >"$dir/check" || { cat "$dir/check"; echo 'demo: no platform is usable here; see above for what would cure it' >&2; exit 1; }

awk 'BEGIN { n = 1; for (i = 0; i < 20000; i++) { n = (n * 16807) % 2147483647; print n % 5000 } }' >"$dir/numbers"
printf '#include <stdio.h>\nint main(void) { puts("compiled in an enclave"); return 7; }\n' >"$dir/hello.c"

"$skerry" run -v -- true 2>&1 | sed -n 's/^skerry: enclave/Enclave/p'
echo 'The same programs on Linux and in an enclave:                   system calls of the first process'
printf '%52s %8s %7s %7s %7s\n' '' assembly local shipped refused
both 'ls -l' ls -l /usr/bin
both 'sort, uniq in a pipe' sh -c 'sort -n numbers | uniq -c | sort -rn | head -n 500'
both 'sha256sum' sha256sum numbers
both 'bash script' bash -c 'f() { local i; for ((i = 0; i < 200; i++)); do echo $((i * i)); done; }; x=$(f | wc -l); echo "$x"; (exit 3); exit $?'
both 'perl' perl -e 'my %n; $n{$_ % 97}++ for 1 .. 50000; print "$_ $n{$_}\n" for sort { $a <=> $b } keys %n'
both 'python3, 20 threads' "$(command -v /usr/bin/python3 || echo python3)" -c 'import hashlib, threading
out, lock = [], threading.Lock()
def work(i):
    h = hashlib.sha256(bytes(100000 + i)).hexdigest()
    with lock: out.append((i, h))
ts = [threading.Thread(target=work, args=(i,)) for i in range(20)]
[t.start() for t in ts]; [t.join() for t in ts]
print(sorted(out))'
need=gcc both 'gcc, and its program' sh -c 'gcc -O2 -o hello hello.c && ./hello'
need=
if has go && CGO_ENABLED=0 go build -o "$dir/goroutines" ./test/progs/go/goroutines 2>/dev/null; then
	both "Go, goroutines" env GOMAXPROCS=2 "$dir/goroutines"
else
	echo '  Go, goroutines         left out: no go, or it cannot build here'
fi

echo
if [ -d bin/bench ]; then
	echo 'Costs against Linux, measured now (skerry bench --quick; below 1 is a gain):'
	limit "$skerry" bench --quick getpid nullcall yield handoff thread-create-join mmap-touch-1m ship-null ship-pread-4k start-static >"$dir/bench" 2>"$dir/bench.err"
	case $? in
	0) sed -n '4,$p' "$dir/bench" | cut -c 1-100 ;;
	124) echo 'left out: this machine is too busy for measurements now' ;;
	*) failed=1; cat "$dir/bench.err" ;;
	esac
else
	echo 'Costs: left out; the measurement programs need a C compiler (apt-get install gcc libc6-dev).'
fi
echo
if [ $failed -eq 0 ]; then echo "$same programs, no difference."; else echo 'demo: something above went wrong' >&2; fi
exit $failed
