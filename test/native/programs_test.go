package native

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestMain removes what linuxside built.
func TestMain(m *testing.M) {
	code := m.Run()
	if sidePath != "" {
		os.RemoveAll(filepath.Dir(sidePath))
	}
	os.Exit(code)
}

// compile builds a C program, or skips the test.
func compile(t *testing.T, compiler, source string, flags ...string) string {
	t.Helper()
	if _, err := exec.LookPath(compiler); err != nil {
		t.Skip("no ", compiler, " here")
	}
	out := filepath.Join(t.TempDir(), "program")
	if msg, err := exec.Command(compiler, append(append([]string{"-O1", "-o", out}, flags...), source)...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", source, err, msg)
	}
	return out
}

// check runs a program and compares its output and exit status.
func check(t *testing.T, c Config, out string, status int) {
	t.Helper()
	r := Run(t, c)
	if string(r.Out) != out || r.Status.ExitStatus() != status || r.Status.Signaled() {
		t.Errorf("output %q, status %v; want %q, %d\nstandard error: %s\nlog: %s\n%s", r.Out, r.Status, out, status, r.Err, r.Log, r.describe())
	}
}

func TestHello(t *testing.T) {
	Need(t)
	check(t, Config{Args: []string{compile(t, "gcc", "testdata/hello.c", "-static", "-nostdlib", "-ffreestanding")}}, "hello from ring 3\n", 7)
}
