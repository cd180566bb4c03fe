package kill

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/skerry-os/skerry/test/diff"
)

// treeSize is how many processes test/progs/c/tree.c makes.
const treeSize = 7

// TestTree kills the processes of a tree one by one, in any order and at any moment, from its start on. Whoever is
// killed is gone with all of its threads, and nobody else is; at the end nothing is left. KILLS is how many at least
// (default 24; `make soak` asks for 1000).
func TestTree(t *testing.T) {
	prefix, err := diff.Prefix()
	if err != nil {
		t.Skip(err)
	}
	build := &diff.Build{Source: "c/tree.c", Tool: "gcc", Flags: []string{"-pthread"}}
	path, err := build.Path()
	if err != nil {
		t.Skip(err)
	}
	kills := 24
	if s := os.Getenv("KILLS"); s != "" {
		if kills, err = strconv.Atoi(s); err != nil {
			t.Fatalf("KILLS: %v", err)
		}
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 2))
	before := holdings(t)
	for done := 0; done < kills; {
		done += fell(t, append(append([]string(nil), prefix...), path), random)
	}
	var after []string
	for range 100 { // Linux frees an address space after the process is gone
		if after = holdings(t); slices.Equal(before, after) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("held before: %v\nand after: %v", before, after)
}

// fell starts a tree and kills all of it; it returns how many it has killed.
func fell(t *testing.T, argv []string, random *rand.Rand) (kills int) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "w")
	run, err := diff.Start(argv, dir)
	if err != nil {
		t.Fatal(err)
	}
	ok := false
	defer func() {
		if !ok {
			t.Log(diff.DumpProcesses(diff.FindProcesses(run.Cmd.Process.Pid, dir)))
			run.KillAll()
		}
	}()
	whole := random.IntN(4) != 0
	if whole {
		lines := bufio.NewReader(run.Out)
		for range treeSize {
			if line, err := lines.ReadString('\n'); line != "running\n" {
				rest, _ := io.ReadAll(run.Err)
				t.Fatalf("the tree said %q, %v; stderr: %s", line, err, rest)
			}
		}
	} else {
		// While it grows: some processes are being made, or execute a program.
		time.Sleep(time.Duration(random.IntN(30000)) * time.Microsecond)
	}
	for {
		alive := diff.FindProcesses(run.Cmd.Process.Pid, dir)
		if len(alive) == 0 {
			break
		}
		if whole && len(alive) != treeSize-kills {
			// The last field of a zombie's line is its wait status.
			stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", run.Cmd.Process.Pid))
			t.Fatalf("%d of %d processes live after %d kills; the first one: %s", len(alive), treeSize, kills, stat)
		}
		victim := alive[random.IntN(len(alive))]
		if err := syscall.Kill(victim, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
			t.Fatal(err)
		}
		kills++
		gone(t, victim)
		time.Sleep(time.Duration(random.IntN(3000)) * time.Microsecond)
	}
	run.Wait()
	if left := run.Leftovers(); len(left) > 0 {
		t.Fatalf("left: %v", left)
	}
	ok = true
	return kills
}

// gone waits until a killed process has no thread any more, but perhaps a zombie that waits for its parent.
func gone(t *testing.T, pid int) {
	t.Helper()
	for range 2000 {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		_, after, _ := strings.Cut(string(stat), ") ")
		if err != nil || len(tasks) == 0 || len(tasks) == 1 && strings.HasPrefix(after, "Z") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("process %d does not end after SIGKILL", pid)
}

// holdings is what must be the same before and after: this process's descriptors, huge pages that are reserved or in
// use.
func holdings(t *testing.T) (list []string) {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	list = append(list, fmt.Sprintf("%d descriptors", len(fds)))
	free, total := -1, -1
	mem, _ := os.ReadFile("/proc/meminfo")
	for _, line := range strings.Split(string(mem), "\n") {
		fmt.Sscanf(line, "HugePages_Free: %d", &free)
		fmt.Sscanf(line, "HugePages_Total: %d", &total)
	}
	list = append(list, fmt.Sprintf("%d huge pages in use", total-free))
	return list
}
