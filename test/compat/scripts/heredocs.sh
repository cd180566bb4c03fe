# shells: sh bash
v=value
cat <<END
plain $v $(echo command) $((6*7)) \$escaped
END
cat <<'END'
quoted $v $(echo command)
END
cat <<-END
	tabs
		are taken off
	END
while read -r a b; do echo "$b $a"; done <<END
1 one
2 two
END
cat <<A; cat <<B
first
A
second
B
sh <<END
echo nested \$((1+1))
END
i=0; { while [ $i -lt 20000 ]; do echo "line $i of something long enough to fill the pipe"; i=$((i+1)); done; } >big
cat <<END | cksum
$(cat big)
END
wc -c <<END
$(cat big)
END
