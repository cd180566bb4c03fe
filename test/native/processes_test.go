package native

import (
	"os/exec"
	"testing"
)

// TestProcesses: fork, vfork, posix_spawn, clone, execve and wait, shared and copied memory, signals between
// processes, orphans; the same is printed as on Linux.
func TestProcesses(t *testing.T) {
	Need(t)
	path := compile(t, "gcc", "testdata/processes.c", "-pthread")
	for _, part := range []string{"copies", "vectors", "shared", "vforks", "clones", "signals", "descriptors", "threads", "orphans", "many", "executes"} {
		t.Run(part, func(t *testing.T) { same(t, 1, path, part) })
	}
	t.Run("two cores", func(t *testing.T) { same(t, 2, path, "copies", "shared", "threads", "vforks", "executes") })
}

// TestShell: what shells do.
func TestShell(t *testing.T) {
	Need(t)
	sh, err := exec.LookPath("dash")
	if err != nil {
		t.Skip("no dash here")
	}
	for _, script := range []string{
		"echo a | cat; (exit 3); echo $?",
		"seq 1 500 | grep 7 | sort -rn | head -3; x=$(ls / | wc -l); [ $x -gt 3 ] && echo many",
		"(sleep 0.1; echo late) & wait; trap 'echo caught' USR1; (kill -USR1 $$); echo after; exit 5",
		"cat <<E | tr a-z A-Z\nhere\nE\nexec echo the end",
	} {
		same(t, 1, sh, "-c", script)
	}
}

// same runs a program on Linux and on a machine with so many cores, and compares output and exit status.
func same(t *testing.T, cores int, args ...string) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	want, _ := cmd.Output()
	r := Run(t, Config{Cores: cores, Args: args})
	if string(r.Out) != string(want) || r.Status.ExitStatus() != cmd.ProcessState.ExitCode() {
		t.Errorf("%q: status %v, output %q; on Linux %v, %q\nstandard error: %s\nlog: %s\n%s", args, r.Status, r.Out,
			cmd.ProcessState, want, r.Err, r.Log, r.describe())
	}
}
