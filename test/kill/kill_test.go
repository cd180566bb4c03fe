// Package kill tests that a violent end leaves nothing behind: SIGKILL of skerry or of the program's processes, at
// random moments, leaves no process and no shared-memory file. It owns no code but its tests.
package kill

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/skerry-os/skerry/test/diff"
)

func TestMain(m *testing.M) {
	diff.Hear()
	os.Exit(m.Run())
}

// victims are programs that would not end by themselves, busy in different ways. None starts a process that Linux
// would keep when its parent is killed: what remains is skerry's fault.
func victims(t *testing.T) map[string][]string {
	t.Helper()
	spin := &diff.Build{Source: "c/victim.c", Tool: "gcc", Flags: []string{"-static"}}
	path, err := spin.Path()
	if err != nil {
		t.Skip(err)
	}
	return map[string][]string{
		"compute": {path, "compute"},
		"sleep":   {path, "sleep"},
		"threads": {path, "threads"},
		"io":      {path, "io"},
		"memory":  {path, "memory"},
	}
}

// TestKill kills the process that the prefix starts, fifty times over the victims, at random moments from the very
// start to well after the program runs.
func TestKill(t *testing.T) {
	prefix, err := diff.Prefix()
	if err != nil {
		t.Skip(err)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	for name, argv := range victims(t) {
		t.Run(name, func(t *testing.T) {
			for range 10 {
				killOnce(t, append(append([]string(nil), prefix...), argv...), random)
			}
		})
	}
}

func killOnce(t *testing.T, argv []string, random *rand.Rand) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "w")
	run, err := diff.Start(argv, dir)
	if err != nil {
		t.Fatal(err)
	}
	early := random.IntN(2) == 0
	if !early {
		// Only when the program has said that it runs.
		line, err := bufio.NewReader(run.Out).ReadString('\n')
		if err != nil || line != "running\n" {
			run.KillAll()
			rest, _ := io.ReadAll(run.Err)
			t.Fatalf("the program said %q, %v; stderr: %s", line, err, rest)
		}
	}
	time.Sleep(time.Duration(random.IntN(30000)) * time.Microsecond)
	whom := "skerry"
	pid := run.Cmd.Process.Pid
	if pids := diff.FindProcesses(run.Cmd.Process.Pid, dir); random.IntN(2) == 0 && len(pids) > 1 {
		pid = pids[random.IntN(len(pids))]
		whom = "a process of it"
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
		t.Fatal(err)
	}
	status := run.Wait()
	if left := run.Leftovers(); len(left) > 0 {
		run.KillAll()
		t.Fatalf("SIGKILL of %s (early: %v) left: %v", whom, early, left)
	}
	if status != 137 {
		t.Fatalf("status %d after SIGKILL of %s, not 137", status, whom)
	}
}

// TestTerminate sends SIGTERM and SIGINT to skerry's process: they are the program's, and its status is theirs.
func TestTerminate(t *testing.T) {
	prefix, err := diff.Prefix()
	if err != nil {
		t.Skip(err)
	}
	all := victims(t)
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT} {
		for _, name := range []string{"compute", "sleep", "threads"} {
			t.Run(fmt.Sprintf("%v/%s", sig, name), func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "w")
				run, err := diff.Start(append(append([]string(nil), prefix...), all[name]...), dir)
				if err != nil {
					t.Fatal(err)
				}
				if line, err := bufio.NewReader(run.Out).ReadString('\n'); err != nil || line != "running\n" {
					run.KillAll()
					t.Fatalf("the program said %q, %v", line, err)
				}
				if err := run.Cmd.Process.Signal(sig); err != nil {
					t.Fatal(err)
				}
				if status := run.Wait(); status != 128+int(sig) {
					t.Errorf("status %d, not %d", status, 128+int(sig))
				}
				if left := run.Leftovers(); len(left) > 0 {
					run.KillAll()
					t.Errorf("left: %v", left)
				}
			})
		}
	}
}

// TestPrefixIsThere says in the output which prefix was tested.
func TestPrefixIsThere(t *testing.T) {
	prefix, err := diff.Prefix()
	if err != nil {
		t.Skip(err)
	}
	if _, err := exec.LookPath(prefix[0]); err != nil {
		t.Fatalf("SKERRY_RUN: %v", err)
	}
}
