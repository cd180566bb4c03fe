# shells: dash bash
check() { # NAME EXPECTED ACTUAL
	if [ "$2" = "$3" ]; then echo "ok $1"; else echo "not ok $1: want <$2>, got <$3>"; fi
}

check pipeline "$(seq 999 | wc -l)" "$(seq 1000 | sed 1d | cat | cat | wc -l | tr -d ' ')"
check pipeline-status "1 0" "$(true | false; echo "$? $(false | true; echo $?)")"
check long-pipeline 200000 "$(seq 200000 | cat | cat | cat | cat | cat | tail -n 1)"
check early-reader "y y" "$(yes | head -n 2 | paste -s -d ' ')"
x=1
(x=2; exit 7)
check subshell "7 1" "$? $x"
check nested-subshells 3 "$( (exit $( (exit 3); echo $?)); echo $?)"
check substitution "a b c" "$(echo a $(echo b `echo c`))"
cat >here <<END
x is $x
  kept
END
check heredoc "x is 1,  kept" "$(paste -s -d, here)"
cat >here <<'END'
x is $x
END
check quoted-heredoc 'x is $x' "$(cat here)"
seq 20000 >big
sha256sum >sum <<END
$(cat big)
END
check large-heredoc "$(sha256sum <big)" "$(cat sum)"
check redirections "out err" "$( (echo out; echo err >&2) 2>err | tr -d '\n'; echo " $(cat err)")"
exec 5>five 6<big
echo to five >&5
read first <&6
read second <&6
exec 5>&- 6<&-
check descriptors "to five 1 2" "$(cat five) $first $second"
: >append
for i in 1 2 3; do echo $i >>append; done
check append "1 2 3" "$(echo $(cat append))"
set -C
(echo x >append) 2>/dev/null
check noclobber "1 2 3" "$(echo $(cat append))"
set +C

check trap-exit "body bye" "$(sh -c 'trap "echo bye" EXIT; echo body' | paste -s -d ' ')"
check trap-signal "usr1 on" "$(sh -c 'trap "echo usr1" USR1; kill -USR1 $$; echo on' | paste -s -d ' ')"
check trap-ignored "alive" "$(sh -c 'trap "" TERM; kill -TERM $$; echo alive')"
sh -c 'kill -TERM $$' 2>/dev/null
check killed 143 $?
sh -c 'trap "exit 5" INT; kill -INT $$; exit 6'
check trap-exits 5 $?
cat >waiting <<'END'
trap "echo got" USR1
(sleep 0.3; kill -USR1 $$) &
sleep 30 &
s=$!
wait $s
test $? -gt 128 && echo 1
kill $s
END
check trap-while-waiting "got 1" "$(sh waiting | paste -s -d ' ')"

sleep 30 &
p=$!
kill $p
wait $p 2>/dev/null
check background-killed 143 $?
(exit 9) &
wait $!
check background-status 9 $?
for i in 1 2 3 4 5 6 7 8; do (exit $i) & done
wait
check wait-all 0 $?
n=0
while [ $n -lt 200 ]; do (exit 3) || n=$((n + 1)); done
check many-forks 200 $n
n=0
for i in $(seq 100); do /bin/true && n=$((n + 1)); done
check many-programs 100 $n
mkfifo fifo
(seq 5 >fifo) &
check fifo 15 "$(awk '{ s += $1 } END { print s }' fifo)"
wait
check read-loop 500500 "$(seq 1000 | { s=0; while read i; do s=$((s + i)); done; echo $s; })"
cat >script <<'END'
#!/bin/sh
echo "$0" "$#" "$2"
exit 4
END
chmod +x script
./script a 'b c' d >said
check script "4 ./script 3 b c" "$? $(cat said)"
./nothing 2>/dev/null
check not-found 127 $?
./big 2>/dev/null
check not-executable 126 $?
check environment "v  " "$(A=v sh -c 'echo "$A $B $C"')"
check cd-pwd "$PWD/d/e" "$(mkdir -p d/e; cd d; cd e; pwd)"
check globs "fifo five" "$(echo fi*)"
check ulimit 100 "$(ulimit -n 100; sh -c 'ulimit -n')"
check umask "-rw-------" "$(umask 077; >private; ls -l private | cut -c1-10)"
check xargs 45 "$(seq 9 | xargs -n 2 -P 3 sh -c 'for i; do echo $i; done' x | awk '{ s += $1 } END { print s }')"
touch d/1 d/e/2
check find 3 "$(find d \( -type f -exec echo {} \; \) -o -name e -print | wc -l | tr -d ' ')"
timeout 0.3 sleep 30
check timeout 124 $?
check exec "replaced" "$(exec echo replaced)"
check times 2 "$(times | wc -l | tr -d ' ')"
