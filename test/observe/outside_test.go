package observe

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/skerry-os/skerry/test/diff"
)

// skerry runs another verb of the command under test.
func skerry(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	command := diff.Command()
	if command == nil || len(command) < 2 || command[1] != "run" {
		t.Skip("no skerry command with verbs: make build")
	}
	cmd := exec.Command(command[0], args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// worker starts an enclave of this name that makes calls until the test ends, and waits for its entry.
func worker(t *testing.T, name string) (pid int) {
	t.Helper()
	command := diff.Command()
	if command == nil {
		t.Skip("no skerry command with options: make build")
	}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	args := append(append([]string{}, command[1:]...), "--name", name, "--", "sh", "-c", "while :; do read x </dev/null; (exit 3); sleep 0.01; done")
	cmd := exec.Command(command[0], args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for range 500 {
		if out, _, _ := skerry(t, "ps", "--format", "json"); strings.Contains(out, `"`+name+`"`) {
			return cmd.Process.Pid
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Skip("the enclave has no entry in the registry: no directory in memory for it?")
	return 0
}

// A running enclave is seen from outside: ps, stats in each format, metrics, top.
func TestFromOutside(t *testing.T) {
	name := "outside-" + strconv.Itoa(os.Getpid())
	pid := worker(t, name)
	out, _, status := skerry(t, "ps")
	if status != 0 || !regexp.MustCompile(`(?m)^`+strconv.Itoa(pid)+` +`+name+` +process +[0-9,-]+ +[0-9.]+ [GMK]iB +[0-9hms]+ +/`).MatchString(out) {
		t.Errorf("ps: status %d\n%s", status, out)
	}
	var first, second struct {
		PID    int               `json:"pid"`
		Calls  map[string]uint64 `json:"syscalls"`
		ByName map[string]uint64 `json:"syscalls_by_name"`
		Uptime float64           `json:"uptime_seconds"`
		Cores  []struct {
			Idle float64 `json:"idle_seconds"`
		} `json:"cores"`
	}
	read := func(v any) {
		t.Helper()
		out, errs, status := skerry(t, "stats", name, "--format", "json")
		if err := json.Unmarshal([]byte(out), v); err != nil || status != 0 {
			t.Fatalf("stats: status %d, %v, %s\n%s", status, err, errs, out)
		}
	}
	read(&first)
	for range 300 {
		if read(&second); second.Calls["shipped"] > first.Calls["shipped"]+100 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if second.PID != pid || second.Calls["shipped"] <= first.Calls["shipped"] || second.Calls["local"] <= first.Calls["local"] || second.ByName["wait4"] == 0 {
		t.Errorf("the counters of a program that works do not rise: %+v, then %+v", first, second)
	}
	if second.ByName["clock_nanosleep"]+second.ByName["nanosleep"] == 0 {
		t.Error("the calls of its children are not counted")
	}
	for i, c := range second.Cores {
		if c.Idle < 0 || c.Idle > second.Uptime*1.01 {
			t.Errorf("core %d was idle for %v of %v s", i, c.Idle, second.Uptime)
		}
	}
	if out, _, _ := skerry(t, "stats", strconv.Itoa(pid)); !strings.Contains(out, "shipped to Linux") || !strings.Contains(out, "idle") {
		t.Errorf("stats:\n%s", out)
	}
	for _, args := range [][]string{{"stats", name, "--format", "prometheus"}, {"metrics", "--once"}} {
		if out, _, _ := skerry(t, args...); !strings.Contains(out, `skerry_syscalls_total{enclave="`+name+`",pid="`+strconv.Itoa(pid)+`",class="shipped"} `) {
			t.Errorf("%q:\n%s", args, out)
		}
	}
	if out, _, status := skerry(t, "top", "--count", "2", "--every", "100ms"); status != 0 || strings.Count(out, name) < 2 || strings.Contains(out, "\x1b") {
		t.Errorf("top: status %d\n%s", status, out)
	}
	if _, errs, status := skerry(t, "stats", "no-such-enclave"); status != 125 || !strings.Contains(errs, "no such enclave: no-such-enclave") {
		t.Errorf("status %d, %s", status, errs)
	}
}

// Recording is switched on and off in a running enclave, twice, and the enclave goes on.
func TestAttach(t *testing.T) {
	name := "attach-" + strconv.Itoa(os.Getpid())
	pid := worker(t, name)
	for range 2 {
		path := filepath.Join(t.TempDir(), "t.json")
		_, errs, status := skerry(t, "trace", name, "--for", "400ms", "-o", path, "--buffer", "1M")
		if status != 0 || !strings.Contains(errs, "ui.perfetto.dev") || !strings.Contains(errs, "skerry: core 0: program ") {
			t.Fatalf("status %d, %s", status, errs)
		}
		checkTrace(t, path, pid)
	}
	if err := exec.Command("kill", "-0", strconv.Itoa(pid)).Run(); err != nil {
		t.Error("the enclave has ended")
	}
}

// A program is recorded from its start to its end, and keeps its exit status.
func TestTraceProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.json")
	out, errs, status := skerry(t, "trace", "-o", path, "--", "sh", "-c", "cat /dev/null; echo g; exit 5")
	if status == 125 && strings.Contains(errs, "cannot record") {
		t.Skip(errs)
	}
	if status != 5 || out != "g\n" {
		t.Fatalf("status %d, %q, %s", status, out, errs)
	}
	checkTrace(t, path, 0)
}

// checkTrace checks that a trace has what it is for: turns of threads, shipped calls with their stages,
// where the core's time went.
func checkTrace(t *testing.T, path string, pid int) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var trace struct {
		OtherData   struct{ PID, Flows, Dropped int }
		TraceEvents []struct {
			Ph, Cat, Name string
			Args          map[string]any
		}
	}
	if err := json.Unmarshal(text, &trace); err != nil {
		t.Fatalf("not JSON: %v", err)
	}
	if pid != 0 && trace.OtherData.PID != pid || trace.OtherData.Dropped != 0 || trace.OtherData.Flows == 0 {
		t.Errorf("header: %+v", trace.OtherData)
	}
	kinds := map[string]int{}
	staged := 0
	for _, e := range trace.TraceEvents {
		kinds[e.Ph+" "+e.Cat]++
		if e.Cat == "ship" && e.Ph == "X" && e.Args["seen_after_us"] != nil && e.Args["executed_us"] != nil && e.Args["resumed_after_us"] != nil {
			staged++
		}
	}
	for _, kind := range []string{"X thread", "X ship", "X taken", "X proxy", "s ship", "f ship", "C "} {
		if kinds[kind] == 0 {
			t.Errorf("no event %q", kind)
		}
	}
	if staged == 0 {
		t.Error("no shipped call has its stages")
	}
}

// What explain says of a program has all its parts; what the numbers are is the machine's affair.
func TestExplain(t *testing.T) {
	out, errs, status := skerry(t, "explain", "--rounds", "3", "--", "sh", "-c", "cat /dev/null; exit 0")
	if status != 0 {
		t.Fatalf("status %d, %s", status, errs)
	}
	for _, part := range []string{"3 runs on Linux and 3 in an enclave", "page faults", "context switches", "large pages", "what would help"} {
		if !strings.Contains(out, part) {
			t.Errorf("no %q in\n%s", part, out)
		}
	}
	if !strings.Contains(out, "An enclave gains") && !strings.Contains(out, "An enclave loses") && !strings.Contains(out, "These runs cannot tell") {
		t.Errorf("no verdict in\n%s", out)
	}
	if _, errs, status := skerry(t, "explain", "--", "/no/such/program"); status != 127 {
		t.Errorf("status %d, %s", status, errs)
	}
}
