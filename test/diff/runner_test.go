package diff

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRunnerFindsDifferences runs a case behind prefixes that each spoil one thing: the runner must say which.
func TestRunnerFindsDifferences(t *testing.T) {
	base := Case{Name: "base", Args: []string{"/bin/sh", "-c", "echo out; echo err >&2; echo file >f; cat g; exit 3"},
		Files: map[string]string{"g": "given\n"}, Status: 3}
	for _, s := range []struct{ name, script, want string }{
		{"same", `exec "$@"`, ""},
		{"status as 128+n", `"$@"; exit 3`, ""},
		{"status", `"$@"; exit 4`, "status: Linux 3, skerry 4"},
		{"stdout", `"$@"; e=$?; echo more; exit $e`, "stdout: "},
		{"stderr", `"$@"; e=$?; echo more >&2; exit $e`, "stderr: "},
		{"missing file", `"$@"; e=$?; rm f; exit $e`, "file f: only on Linux"},
		{"extra file", `"$@"; e=$?; : >x; exit $e`, "file x: only on skerry"},
		{"content", `"$@"; e=$?; echo x >>f; exit $e`, "file f "},
		{"mode", `"$@"; e=$?; chmod 700 f; exit $e`, "file f "},
		{"killed", `"$@"; kill -9 $$`, "skerry 137"},
	} {
		t.Run(s.name, func(t *testing.T) {
			diffs := compareWith(t, base, s.script)
			if got := strings.Join(diffs, "\n"); s.want == "" && got != "" || !strings.Contains(got, s.want) {
				t.Errorf("found %q, wanted %q", got, s.want)
			}
		})
	}
}

// TestRunnerFindsHang has a program that does not end: it is killed, with all that it started, and shown.
func TestRunnerFindsHang(t *testing.T) {
	c := Case{Args: []string{"true"}, Timeout: 300 * time.Millisecond}
	diffs := compareWith(t, c, `sleep 1000 & sleep 1000`)
	if len(diffs) != 1 || !strings.Contains(diffs[0], "hang: ") || !strings.Contains(diffs[0], "comm=sleep") {
		t.Errorf("found %q", diffs)
	}
}

// TestRunnerFindsLeftovers has a prefix that leaves a process in a session of its own, and a shared-memory file.
func TestRunnerFindsLeftovers(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for processes that do not go")
	}
	for _, need := range []string{"setsid"} {
		if _, err := exec.LookPath(need); err != nil {
			t.Skip(err)
		}
	}
	c := Case{Args: []string{"true"}}
	diffs := compareWith(t, c, `setsid sleep 1000 </dev/null >/dev/null 2>&1 & "$@"`)
	if all := strings.Join(diffs, "\n"); !strings.Contains(all, "left behind: ") || !strings.Contains(all, "sleep 1000") {
		t.Errorf("found %q", diffs)
	}
	f, err := os.CreateTemp("/dev/shm", "skerry-runner-test-*")
	if err != nil {
		t.Skip(err)
	}
	f.Close()
	name := f.Name()
	os.Remove(name)
	defer os.Remove(name)
	diffs = compareWith(t, c, `: >`+name+`; "$@"`)
	if !strings.Contains(strings.Join(diffs, "\n"), name) {
		t.Errorf("found %q", diffs)
	}
}

func compareWith(t *testing.T, c Case, script string) []string {
	t.Helper()
	dir := t.TempDir()
	linux, err := c.Run(nil, filepath.Join(dir, "lx"))
	if err != nil {
		t.Fatal(err)
	}
	if why := c.Check(linux); why != "" {
		t.Fatal(why)
	}
	skerry, err := c.Run([]string{"/bin/sh", "-c", script, "sh"}, filepath.Join(dir, "sk"))
	if err != nil {
		t.Fatal(err)
	}
	return c.Compare(linux, skerry)
}

// TestCasesAreWellFormed finds doubled names and empty cases.
func TestCasesAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Cases() {
		if seen[c.Title()] {
			t.Errorf("%s: twice", c.Title())
		}
		seen[c.Title()] = true
		if c.Build == nil && len(c.Args) == 0 {
			t.Errorf("%s: nothing to run", c.Title())
		}
	}
}
