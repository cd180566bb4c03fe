package native

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skerry-os/skerry/abi"
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

// TestPrograms runs programs of the differential tests, which check themselves and print the same on Linux.
func TestPrograms(t *testing.T) {
	Need(t)
	for _, c := range []struct {
		name, compiler, source string
		flags, args            []string
		cores, mib             int
	}{
		{name: "musl static", compiler: "musl-gcc", source: "../progs/c/hello.c", flags: []string{"-static"}},
		{name: "glibc", compiler: "gcc", source: "../progs/c/hello.c"},
		{name: "memory", compiler: "gcc", source: "../progs/c/memory.c"},
		{name: "signals", compiler: "gcc", source: "../progs/c/signals.c"},
		{name: "signals of threads", compiler: "gcc", source: "../progs/c/sigthreads.c", flags: []string{"-pthread"}, cores: 2},
		{name: "vector state", compiler: "gcc", source: "testdata/vector.c", flags: []string{"-pthread", "-mavx2"}},
		{name: "vector state, two cores", compiler: "gcc", source: "testdata/vector.c", flags: []string{"-pthread", "-mavx2"}, cores: 2},
		{name: "threads", compiler: "gcc", source: "../progs/c/sync.c", flags: []string{"-pthread"}, cores: 2},
		{name: "numbers", compiler: "gcc", source: "testdata/numbers.c", flags: []string{"-pthread"}},
		{name: "numbers, two cores", compiler: "gcc", source: "testdata/numbers.c", flags: []string{"-pthread"}, cores: 2},
		{name: "mappings, two cores", compiler: "gcc", source: "testdata/shoot.c", flags: []string{"-pthread"}, cores: 2},
		{name: "above 4 GiB", compiler: "gcc", source: "testdata/large.c", mib: 3072},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := compile(t, c.compiler, c.source, c.flags...)
			want, err := exec.Command(path, c.args...).CombinedOutput()
			if err != nil {
				t.Fatalf("on Linux: %v\n%s", err, want)
			}
			r := Run(t, Config{Cores: c.cores, MiB: c.mib, Args: append([]string{path}, c.args...)})
			if got := string(r.Out) + string(r.Err); got != string(want) || r.Status.ExitStatus() != 0 {
				t.Errorf("status %v, output %q; on Linux %q\nlog: %s\n%s", r.Status, got, want, r.Log, r.describe())
			}
		})
	}
}

func TestGo(t *testing.T) {
	Need(t)
	path := filepath.Join(t.TempDir(), "program")
	cmd := exec.Command("go", "build", "-o", path, "../progs/go/goroutines")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want, err := exec.Command(path).Output()
	if err != nil {
		t.Fatal(err)
	}
	check(t, Config{Cores: 2, Args: []string{path}}, string(want), 0)
}

// TestNMI: non-maskable interrupts, as Linux broadcasts them, change nothing.
func TestNMI(t *testing.T) {
	Need(t)
	path := compile(t, "gcc", "testdata/vector.c", "-pthread", "-mavx2")
	want, err := exec.Command(path).Output()
	if err != nil {
		t.Fatal(err)
	}
	nmis := make([]string, 50)
	for i := range nmis {
		nmis[i] = "nmi"
	}
	check(t, Config{Args: []string{path}, Monitor: nmis}, string(want), 0)
}

// TestMachineCheck: a machine check ends the core, with an epitaph that says what it was.
func TestMachineCheck(t *testing.T) {
	Need(t)
	r := Run(t, Config{Args: []string{compile(t, "gcc", "testdata/forever.c", "-static")}, Dies: true,
		Monitor: []string{"mce 0 1 0xbd00000000000000 0x5 0x1000 0x8c"}})
	if len(r.Epitaphs) != 1 || r.Epitaphs[0].Kind != abi.EpitaphCheck || r.Epitaphs[0].Vector != 18 {
		t.Errorf("epitaphs: %s; states %v, status %#x\noutput %q\nstandard error %s\nlog %s\nQEMU %s", r.describe(), r.States, r.Status, r.Out, r.Err, r.Log, strings.Map(printable, r.Machine))
	}
}

// printable drops what a terminal would take as an order.
func printable(r rune) rune {
	if r < ' ' && r != '\n' {
		return -1
	}
	return r
}
