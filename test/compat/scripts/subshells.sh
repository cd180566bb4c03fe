# shells: sh bash
set -e
x=1; (x=2; echo "in $x"); echo "out $x"
(cd / && pwd); case $(pwd) in /) exit 1;; esac
(exit 3) || echo "status $?"
sh -c 'exit 7' || echo "status $?"
sh -c 'kill -TERM $$' || echo "status $?"
sh -c 'kill -KILL $$' || echo "status $?"
(ulimit -n 20; ulimit -n)
f() { ( return 5 ); echo "f $?"; }; f || true
(umask 077; : >secret); ls -l secret | cut -c1-10
(trap 'echo bye' EXIT; echo hello)
(set -u; eval 'echo ${undefined_variable}' 2>/dev/null) || echo unset
a=$( (sleep 0.05; echo slow) & (echo fast); wait); echo "$a" | sort
i=0; while [ $i -lt 40 ]; do (exit $i) || :; i=$((i+1)); done; echo $i
env -i A=1 sh -c 'echo $A ${HOME-none}'
exec 3>three; echo to three >&3; exec 3>&-; cat three
command -v sh >/dev/null && echo found
