# shells: sh bash
trap 'echo usr1' USR1
trap 'echo usr2' USR2
kill -USR1 $$; kill -USR2 $$
(sleep 0.1; kill -USR1 $$) & wait; wait
trap 'echo term; exit 0' TERM
sh -c 'trap "echo child; exit 9" TERM; kill -TERM $$; echo not reached'; echo "status $?"
trap '' INT; sh -c 'kill -INT $$; echo ignored is inherited'; trap - INT
sleep 100 & p=$!; sleep 0.3; kill $p; wait $p; echo "killed $?"
sleep 100 & p=$!; sleep 0.1; kill -STOP $p; kill -CONT $p; kill -KILL $p; wait $p; echo "killed $?"
trap 'echo exit $?' EXIT
kill -TERM $$
echo not reached
