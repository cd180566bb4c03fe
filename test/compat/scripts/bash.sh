# shells: bash
check() { # NAME EXPECTED ACTUAL
	if [ "$2" = "$3" ]; then echo "ok $1"; else echo "not ok $1: want <$2>, got <$3>"; fi
}
until_true() { # COMMAND...: for at most 30 s
	for i in $(seq 300); do
		if "$@" >/dev/null 2>&1; then return 0; fi
		sleep 0.1
	done
	return 1
}
mkdir -p d/e
declare -A h=([a]=1 [b]=2)
h[c]=3
check associative "3 6" "${#h[@]} $((h[a] + h[b] + h[c]))"
a=($(seq 100))
check array "100 100 5" "${#a[@]} ${a[-1]} ${a[4]}"
check process-substitution "" "$(diff <(seq 1000) <(seq 1000))"
n=0
while read -r _; do ((n++)); done < <(seq 300)
check read-from-process 300 "$n"
seq 100 > >(wc -l >counted)
until_true test -s counted
check write-to-process 100 "$(tr -d ' ' <counted)"
coproc cat
echo ping >&"${COPROC[1]}"
read -r line <&"${COPROC[0]}"
eval "exec ${COPROC[1]}>&-"
wait
check coprocess ping "$line"
set -o pipefail
false | true
check pipefail 1 $?
set +o pipefail
true | (exit 3) | (exit 4)
check pipestatus "0 3 4" "${PIPESTATUS[*]}"
check here-string "hello 5" "$(cat <<<"hello $((2 + 3))")"
[[ key=value =~ ([a-z]+)=([a-z]+) ]]
check regex "key value" "${BASH_REMATCH[1]} ${BASH_REMATCH[2]}"
check printf "00042 ff 'a b'" "$(printf '%05d %x %s' 42 255 "'a b'")"
shopt -s globstar
touch d/x.c d/e/y.c
check globstar "d/e/y.c d/x.c" "$(echo d/**/*.c)"
f() {
	local i=$1
	if ((i == 0)); then echo end; else f $((i - 1)); fi
}
check recursion end "$(f 200)"
set -m
sleep 30 &
check job-control "sleep 30 &" "$(jobs | sed 's/.*Running *//')"
kill %1
wait %1 2>/dev/null
check job-killed 143 $?
sh -c 'kill -STOP $$; exit 8' &
p=$!
until_true grep -q 'State:.*T' /proc/$p/status
kill -CONT $p
st=200
while [ $st -gt 128 ]; do
	wait $p # says that it was stopped, or has ended
	st=$?
done
check job-stopped 8 $st
set +m
for i in 1 2 3 4 5; do (sleep 0.0$i; exit $i) & done
n=0
for i in 1 2 3 4 5; do
	wait -n
	n=$((n + $?))
done
check wait-any 15 $n
exec {fd}>named
echo x >&$fd
exec {fd}>&-
check named-descriptor x "$(cat named)"
mapfile -t l < <(seq 50)
check mapfile 50 "${#l[@]}"
check trap-err "err after" "$(bash -c 'trap "echo err" ERR; false; echo after' | paste -s -d ' ')"
read -r -t 0.2 x < <(sleep 2)
check read-timeout 142 $?
check network hi "$(exec 3<>/dev/udp/127.0.0.1/9 && echo hi)"
