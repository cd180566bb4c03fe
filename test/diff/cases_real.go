package diff

import (
	"fmt"
	"regexp"
	"strings"
)

// text is input for the programs that read some: the same lines always.
func text(lines int) string {
	var b strings.Builder
	x := uint32(7)
	for i := range lines {
		x = x*1664525 + 1013904223
		fmt.Fprintf(&b, "%d %08x the %s line\n", i, x, []string{"quick", "brown", "lazy", "odd"}[x>>30])
	}
	return b.String()
}

// command is a case of an installed program, sh a case of a shell's script.
func command(name string, args ...string) Case { return Case{Name: name, Args: args} }

func sh(name, script string, needs ...string) Case {
	return Case{Name: name, Args: []string{"/bin/sh", "-c", script}, Needs: needs}
}

// coreutils are the everyday programs of Debian.
func coreutils() []Case {
	data := map[string]string{"text": text(5000), "small": "b\na\nc\n", "d/one": "1", "d/e/two": "22", "d/e/f/three": "333"}
	times := "find . -exec touch -h -d @1000000000 {} + ; "
	cs := []Case{
		command("ls", "ls", "-l", "--time-style=+", "-R", "."),
		command("ls-missing", "ls", "nothing-here"),
		command("sort", "sort", "-k2", "text"),
		command("sort-parallel", "sort", "--parallel=4", "-S", "1M", "-n", "-r", "text"),
		command("wc", "wc", "text", "small"),
		command("sha256sum", "sha256sum", "text", "small"),
		command("md5sum", "md5sum", "text"),
		command("cat", "cat", "text", "-", "small"),
		command("grep", "grep", "-n", "-E", "(lazy|odd).*e$", "text"),
		command("sed", "sed", "-n", "-e", "s/\\([0-9]*\\) .* the/<\\1>/p", "text"),
		command("mawk", "mawk", "{ n[$4]++; s += $1 } END { print s, n[\"lazy\"], n[\"odd\"]; printf \"%.6f\\n\", sin(s) }", "text"),
		command("date", "date", "-u", "-d", "@0"),
		command("env", "env", "-i", "A=1", "B=2", "env"),
		command("printenv", "printenv", "LANG"),
		command("true", "true"),
		command("false", "false"),
		command("echo", "echo", "-e", "a\\tb"),
		command("seq", "seq", "1", "3", "100000"),
		command("head", "head", "-c", "1000", "text"),
		command("od", "od", "-A", "x", "-t", "x1z", "small"),
		command("find", "find", ".", "-type", "f", "-size", "-4", "-newermt", "1990-01-01"),
		command("du-cp", "cp", "-a", "d", "d2"),
		command("id", "id"),
		command("uname", "uname", "-sm"),
		command("timeout", "timeout", "-s", "TERM", "0.2", "sleep", "100"),
		command("nice", "nice", "-n", "5", "nice"),
		command("stat", "stat", "-c", "%s %F %a %h", "text", "d"),
		command("file", "file", "text", "d", "small"),
		sh("gzip", "gzip -9nk text && gzip -dc text.gz | cmp - text && gzip -l text.gz && rm text.gz && gzip -1n <text | sha256sum", "gzip"),
		sh("bzip2", "bzip2 -k text && bzip2 -dc text.bz2 | cmp - text && sha256sum text.bz2", "bzip2"),
		sh("xz", "xz -k -T2 text && xz -dc text.xz | cmp - text && xz -l text.xz", "xz"),
		sh("tar", times+"tar cf x.tar --sort=name d text && tar tf x.tar && mkdir out && tar xf x.tar -C out && diff -r d out/d && sha256sum x.tar", "tar", "find"),
		sh("tar-gz", times+"tar czf x.tgz d text && tar xzOf x.tgz text | sha256sum; rm x.tgz", "tar", "gzip"),
		sh("dd", "dd if=text of=copy bs=1000 count=20 skip=3 2>&1 | head -n 2; cmp -n 20000 -i 3000:0 text copy && echo same; dd if=/dev/zero of=z bs=1M count=8 status=none; sha256sum z; rm z"),
		sh("big-cat", "seq 1 2000000 >big; cat big | cat | sha256sum; wc -c <big; rm big"),
		sh("pipes", "seq 1 20000 | sort -R --random-source=text | sort -n | uniq | tail -n 3 | tr 0-9 a-j"),
		sh("early-close", "seq 1 1000000 | head -n 2; yes | head -n 100000 | wc -l"),
		sh("subshells", "x=$(for i in 1 2 3; do (echo $i; exit $i); echo \"st $?\"; done); echo \"$x\"; (cd d && pwd | sed 's,.*/,,'); echo *; exit 3"),
		// A shell names the signal only if its child dies after "kill" has ended, so that the message is no matter.
		sh("background", "sleep 0.05 & p=$!; echo started; wait $p; echo $?; (sleep 100 & k=$!; kill $k; wait $k 2>/dev/null; echo $?)"),
		sh("traps", "trap 'echo got usr1' USR1; trap 'echo bye' EXIT; kill -USR1 $$; echo after; kill -TERM $$; echo not here"),
		sh("status", "false; echo $?; sh -c 'kill -9 $$'; echo $?; sh -c 'exit 77'; echo $?; nosuchcommand; echo $?; ./small; echo $?"),
		sh("heredoc", "cat <<E\nline $((6 * 7))\nE\nread x y <small; echo \"$x|$y\"; while read l; do echo \"<$l>\"; done <small >out; cat out"),
		sh("xargs", "find . -type f | sort | xargs -n 2 -P 1 wc -c | sort", "find"),
		sh("fifo", "mkfifo p; (seq 1 10000 >p &); sha256sum <p"),
		sh("links", "ln -s text l; ln text h; ls -l l | sed 's/.*l ->/l ->/'; readlink -f l | sed 's,.*/,,'; cmp l h && echo same"),
		{Name: "script", Args: []string{"./run.sh", "x y", "z"}, Files: map[string]string{"run.sh": "#!/bin/sh\necho \"$0\" \"$1\" $#\nexit 4\n"}, Status: 4},
		{Name: "bash", Args: []string{"/bin/bash", "script", "5"}, Files: map[string]string{"script": bashScript}, Status: 6},
	}
	for i := range cs {
		if cs[i].Files == nil {
			cs[i].Files = data
		}
		switch cs[i].Name {
		case "ls":
			cs[i].Mask = []*regexp.Regexp{regexp.MustCompile(`total \d+`)}
		case "ls-missing":
			cs[i].Status = 2
		case "cat":
			cs[i].Stdin = text(3000)
		case "false":
			cs[i].Status = 1
		case "subshells":
			cs[i].Status = 3
		case "timeout":
			cs[i].Status = 124
		case "traps":
			cs[i].Status = 143
		}
	}
	return cs
}

const bashScript = `set -u
declare -A n=()
while read -r w; do ((n[$w]++)) || true; done < <(printf '%s\n' a b a c a)
for k in "${!n[@]}"; do echo "$k ${n[$k]}"; done | sort
f() { local x=$1; if ((x == 0)); then echo done; else echo "$x"; f $((x - 1)); fi; }
f "$1"
seq 1 1000 | while read -r i; do ((i % 333 == 0)) && echo "$i"; done
a=( $(seq 1 50) ); echo "${#a[@]} ${a[@]: -1}"
( exec >&2; echo to stderr )
coproc cat; echo hello >&"${COPROC[1]}"; read -r l <&"${COPROC[0]}"; echo "co $l"; eval "exec ${COPROC[1]}>&-"; wait
for i in {1..20}; do (exit $((i % 3))); echo -n "$? "; done; echo
set -o pipefail; false | true; echo "pipefail $?"
[[ "abc123" =~ ([a-z]+)([0-9]+) ]] && echo "${BASH_REMATCH[2]}"
printf '%05.2f %x %q\n' 3.14159 255 "a b"
echo bye
exit 6
`
