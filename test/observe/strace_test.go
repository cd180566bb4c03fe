package observe

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// parsed is one line of a trace: whose, and what, with numbers that differ from run to run left out.
var (
	owner   = regexp.MustCompile(`^([0-9]+) +(.*)$`)
	whole   = regexp.MustCompile(`^[a-z_0-9]+\(.*\) += (\?|-?[0-9]+|0x[0-9a-f]+)( .*)?$`)
	begun   = regexp.MustCompile(`^[a-z_0-9]+\(.* <unfinished \.\.\.>$`)
	resumed = regexp.MustCompile(`^<\.\.\. ([a-z_0-9]+) resumed>.*\) += (\?|-?[0-9]+|0x[0-9a-f]+)( .*)?$`)
	other   = regexp.MustCompile(`^(--- SIG[A-Z0-9_]+ \{si_signo=SIG.*\} ---|\+\+\+ (exited with [0-9]+|killed by SIG[A-Z]+) \+\+\+)$`)
)

// straced runs a program with --strace=FILE and returns the lines of each thread, in the order in which
// the threads appear.
func straced(t *testing.T, want string, wantStatus int, argv ...string) (threads [][]string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "strace.txt")
	stdout, stderr, status := run(t, []string{"--strace=" + path}, argv...)
	if stdout != want || status != wantStatus {
		t.Fatalf("stdout %q, status %d, stderr %q; want %q, %d", stdout, status, stderr, want, wantStatus)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	index := map[string]int{}
	open := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "strace: Process ") && strings.HasSuffix(line, " attached") {
			continue
		}
		m := owner.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("whose line is %q?", line)
		}
		who, what := m[1], m[2]
		switch {
		case begun.MatchString(what):
			if open[who] {
				t.Errorf("%s begins a call in another: %s", who, what)
			}
			open[who] = true
		case resumed.MatchString(what):
			if !open[who] {
				t.Errorf("%s resumes what it has not begun: %s", who, what)
			}
			open[who] = false
		case whole.MatchString(what), other.MatchString(what):
			if open[who] && !other.MatchString(what) {
				t.Errorf("%s makes a call in another: %s", who, what)
			}
		default:
			t.Errorf("not a line of strace: %s", line)
		}
		if _, ok := index[who]; !ok {
			index[who] = len(threads)
			threads = append(threads, nil)
		}
		threads[index[who]] = append(threads[index[who]], what)
	}
	return threads
}

// has reports whether some line matches.
func has(lines []string, expr string) bool {
	return slices.ContainsFunc(lines, regexp.MustCompile(expr).MatchString)
}

// Over fork and exec, with signals, errors and ends, every process is told of.
func TestStraceShell(t *testing.T) {
	threads := straced(t, "b\n", 3, "sh", "-c", "trap : USR1; kill -USR1 $$; cat /no/such/file 2>/dev/null; echo b; exit 3")
	if len(threads) < 2 {
		t.Fatalf("%d processes, want two", len(threads))
	}
	first, child := threads[0], threads[1]
	for _, expr := range []string{
		`^execve\("/[a-z/]*sh", \["sh", "-c", "trap.*"\.\.\.\], 0x[0-9a-f]+ /\* [0-9]+ vars \*/\) = 0$`,
		`^rt_sigaction\(SIGUSR1, \{sa_handler=0x[0-9a-f]+, sa_mask=.*, sa_flags=SA_RESTORER.*\}, (NULL|\{.*\}), 8\) += 0$`,
		`^kill\([0-9]+, SIGUSR1\) += 0$`,
		`^--- SIGUSR1 \{si_signo=SIGUSR1, si_code=SI_USER, si_pid=[0-9]+, si_uid=[0-9]+\} ---$`,
		`^rt_sigreturn\(\{mask=\[.*\]\}\) += `,
		`^(wait4\(|<\.\.\. wait4 resumed>).*\[\{WIFEXITED\(s\) && WEXITSTATUS\(s\) == 1\}\]`,
		`^--- SIGCHLD \{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=[0-9]+, si_uid=[0-9]+, si_status=1, `,
		`^write\(1, "b\\n", 2\) += 2$`,
		`^exit_group\(3\) += \?$`,
	} {
		if !has(first, expr) {
			t.Errorf("the shell has no line %s in\n%s", expr, strings.Join(first, "\n"))
		}
	}
	if first[len(first)-1] != "+++ exited with 3 +++" {
		t.Errorf("the shell's last line is %q", first[len(first)-1])
	}
	for _, expr := range []string{
		`^execve\("/[a-z/]*cat", \["cat", "/no/such/file"\], 0x[0-9a-f]+ /\* [0-9]+ vars \*/`,
		`^openat\(AT_FDCWD, "/no/such/file", O_RDONLY\) += -1 ENOENT \(No such file or directory\)$`,
		`^\+\+\+ exited with 1 \+\+\+$`,
	} {
		if !has(child, expr) {
			t.Errorf("cat has no line %s in\n%s", expr, strings.Join(child, "\n"))
		}
	}
}

// The program cannot close the output, with one call or all at once, and goes on.
func TestStraceOutputStays(t *testing.T) {
	threads := straced(t, "a\n", 0, "/usr/bin/python3", "-c", "import os; os.closerange(3, 5000); os.write(1, b'a\\n')")
	if !has(threads[0], `^write\(1, "a\\n", 2\) += 2$`) {
		t.Errorf("what came after is missing:\n%s", strings.Join(threads[0], "\n"))
	}
}

// Threads are told apart, and one that waits is interrupted by another's line.
func TestStraceThreads(t *testing.T) {
	threads := straced(t, "c\n", 0, "/usr/bin/python3", "-c",
		"import threading,time\nt=threading.Thread(target=lambda: time.sleep(0.1)); t.start(); t.join(); print('c')")
	if len(threads) != 2 {
		t.Fatalf("%d threads, want two", len(threads))
	}
	if !has(threads[0], `^(clone3?\(|<\.\.\. clone3? resumed>)`) || !has(threads[1], `sleep|select`) || !has(threads[1], `^exit\(0\) += \?$`) {
		t.Errorf("first:\n%s\nsecond:\n%s", strings.Join(threads[0], "\n"), strings.Join(threads[1], "\n"))
	}
	if !has(threads[0], `<unfinished \.\.\.>$`) {
		t.Error("no call of the first thread is unfinished while the second works")
	}
}

// Killed by a signal, from inside.
func TestStraceKilled(t *testing.T) {
	threads := straced(t, "", -1, "sh", "-c", "kill -TERM $$")
	if last := threads[0][len(threads[0])-1]; last != "+++ killed by SIGTERM +++" {
		t.Errorf("the last line is %q", last)
	}
}
