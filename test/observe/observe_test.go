// Package observe tests `skerry run --stats` and `--trace` as a whole: who reports, however the program ends, and that
// what is written is complete. It owns no code but its tests.
package observe

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skerry-os/skerry/test/diff"
)

// run runs argv with the flags and returns what it wrote and its exit status, -1 after a signal.
func run(t *testing.T, flags []string, argv ...string) (stdout, stderr string, status int) {
	t.Helper()
	command := diff.Command()
	if command == nil {
		t.Skip("no skerry command with options: make build")
	}
	if _, err := exec.LookPath(argv[0]); err != nil {
		t.Skip(err)
	}
	args := append(append(append(command[1:len(command):len(command)], flags...), "--"), argv...)
	cmd := exec.Command(command[0], args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// The report comes once, for the process that was started, however it ends, and changes nothing else.
func TestStats(t *testing.T) {
	for name, c := range map[string]struct {
		argv   []string
		stdout string
		status int
		who    string
	}{
		"exit":        {[]string{"sh", "-c", "echo a; exit 3"}, "a\n", 3, "sh"},
		"signal":      {[]string{"sh", "-c", "kill -TERM $$"}, "", -1, "sh"},
		"children":    {[]string{"sh", "-c", "(exit 1); cat /dev/null; echo b"}, "b\n", 0, "sh"},
		"exec":        {[]string{"sh", "-c", "exec echo c"}, "c\n", 0, "echo"},
		"child kills": {[]string{"sh", "-c", "sh -c 'kill -TERM $$'; echo d"}, "d\n", 0, "sh"},
		"no stderr":   {[]string{"sh", "-c", "exec 2>&-; echo e"}, "e\n", 0, "sh"},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, status := run(t, []string{"--stats"}, c.argv...)
			if stdout != c.stdout || status != c.status {
				t.Errorf("stdout %q, status %d; want %q, %d", stdout, status, c.stdout, c.status)
			}
			if n := strings.Count(stderr, "\nskerry: "); n != 1 || !strings.Contains(stderr, "\nskerry: "+c.who+" ran ") {
				t.Errorf("%d reports, want one of %s:\n%s", n, c.who, stderr)
			}
			for _, part := range []string{"system calls", "shipped to Linux", "call sites", "memory", "switches", "proxies made"} {
				if !strings.Contains(stderr, part) {
					t.Errorf("no %q in the report:\n%s", part, stderr)
				}
			}
		})
	}
}

// The trace of a program that makes processes has its calls at both ends.
func TestTrace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a;b.json")
	stdout, _, status := run(t, []string{"--trace", path}, "sh", "-c", "(exit 1); cat /dev/null; echo f")
	if stdout != "f\n" || status != 0 {
		t.Fatalf("stdout %q, status %d", stdout, status)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var trace struct {
		OtherData struct {
			Program        string
			Dropped, Flows int
		}
		TraceEvents []struct {
			Ph, Cat, Name string
			ID            int
		}
	}
	if err := json.Unmarshal(text, &trace); err != nil {
		t.Fatalf("not JSON: %v", err)
	}
	if trace.OtherData.Program != "sh" || trace.OtherData.Dropped != 0 || trace.OtherData.Flows == 0 {
		t.Errorf("header: %+v", trace.OtherData)
	}
	kinds := map[string]int{}
	flows := map[int]string{}
	written := false
	for _, e := range trace.TraceEvents {
		kinds[e.Ph+" "+e.Cat]++
		if e.Cat == "ship" && e.Ph != "X" {
			flows[e.ID] += e.Ph
		}
		written = written || e.Cat == "proxy" && e.Name == "write"
	}
	for _, kind := range []string{"X thread", "X local", "X ship", "X proxy", "X patch"} {
		if kinds[kind] == 0 {
			t.Errorf("no event %q", kind)
		}
	}
	if !written {
		t.Error("no proxy has executed the program's write")
	}
	if len(flows) != trace.OtherData.Flows {
		t.Errorf("%d flows, the header says %d", len(flows), trace.OtherData.Flows)
	}
	for id, steps := range flows {
		if strings.Count(steps, "s") != 1 || strings.Count(steps, "f") != 1 {
			t.Errorf("flow %d has the steps %q", id, steps)
		}
	}
}

// A trace that cannot be written is told, and changes nothing else.
func TestTraceCannotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	_, stderr, status := run(t, []string{"--trace", filepath.Join(dir, "t.json")}, "sh", "-c", "rmdir "+dir+"; exit 4")
	if status != 4 || !strings.Contains(stderr, "cannot write --trace "+dir) {
		t.Errorf("status %d, %q", status, stderr)
	}
}
