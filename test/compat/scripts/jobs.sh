# shells: bash
set -m
sleep 100 & jobs -r | wc -l; kill -STOP %1; sleep 0.2; jobs | sed 's/  */ /g' | cut -d' ' -f1,2; kill -KILL %1; sleep 0.3; wait %1 2>/dev/null; echo "killed $?"
(sleep 0.1; exit 4) & wait %1; echo $?
for i in 1 2 3; do (exit $i) & done; wait; echo all
bash -c '(sleep 0.3; exit 6) & (exit 5) & wait -n; echo "first $?"; wait -n; echo "second $?"'
coproc cat; echo talk >&"${COPROC[1]}"; read -r l <&"${COPROC[0]}"; echo "$l"; eval "exec ${COPROC[1]}>&-"; wait
diff <(seq 3) <(seq 3) && echo same
tee >(wc -l >count) < <(seq 7) >/dev/null; sleep 0.3; cat count
declare -A m=([a]=1 [b]=2); echo ${#m[@]}
shopt -s lastpipe; set +m; echo x | read -r y; echo "$y"
timeout 0.2 sleep 10; echo "timeout $?"
exec -a renamed sh -c 'echo $0'
