# shells: sh bash
set -e
seq 1 1000 | sort -rn | head -n 5 | tr '\n' ' '; echo
printf 'c\na\nb\n' | sort | while read -r l; do echo "[$l]"; done
yes x | head -n 10000 | wc -l
echo a b c | (read -r x y; echo "$y,$x")
false | true && echo last
! false | false && echo negated
i=0; while [ $i -lt 50 ]; do echo $i; i=$((i+1)); done | awk '{s+=$1} END {print s}'
for i in 1 2 3 4; do (echo "p$i" | cat | cat | cat) & done >out; wait; sort out
x=$(printf '%s\n' "$(echo "$(echo deep)")"); echo "$x"
mkfifo pipe; (echo through the fifo >pipe) & cat pipe; wait
dd if=/dev/zero bs=64k count=64 2>/dev/null | cksum
