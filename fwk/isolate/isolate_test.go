// SPDX-License-Identifier: Apache-2.0

package isolate

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"github.com/skerry-os/skerry/fwk/cpus"
)

// machine makes a machine of files: its control groups are version 1, and its
// interrupts go to the CPUs named.
func machine(t *testing.T, files map[string]string) FS {
	t.Helper()
	root := t.TempDir()
	all := map[string]string{
		"/proc/sys/kernel/random/boot_id": "boot-1\n",
		"/sys/devices/system/cpu/online":  "0-3\n",
		defaultAffinity:                   "f\n",
		unboundWork:                       "f\n",
		"/proc/irq/7/smp_affinity_list":   "0-3\n",
		"/proc/irq/8/smp_affinity_list":   "2\n",
		"/proc/irq/9/smp_affinity_list":   "0\n",
	}
	for name, text := range files {
		all[name] = text
	}
	for name, text := range all {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return FS{Root: root}
}

func (f FS) text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(f.path(path))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

func (f FS) states(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob(f.path(stateDir) + "/*.json")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestInterruptsAreTakenAndGivenBack(t *testing.T) {
	f := machine(t, nil)
	h, err := Take(Wish{CPUs: []int{2, 3}, Whole: true, FS: f})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{defaultAffinity: "00000003", unboundWork: "00000003",
		"/proc/irq/7/smp_affinity_list": "0-1", "/proc/irq/8/smp_affinity_list": "0-1", "/proc/irq/9/smp_affinity_list": "0"} {
		if got := f.text(t, path); got != want {
			t.Errorf("%s holds %q, want %q", path, got, want)
		}
	}
	if !h.Persistent() || len(f.states(t)) != 1 {
		t.Errorf("nothing was written down: %v", f.states(t))
	}
	if !strings.Contains(strings.Join(h.Missing, ";"), "version 2") {
		t.Errorf("it does not say that there is no partition: %v", h.Missing)
	}
	if err := h.Give(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{defaultAffinity: "0000000f", "/proc/irq/7/smp_affinity_list": "0-3",
		"/proc/irq/8/smp_affinity_list": "2", "/proc/irq/9/smp_affinity_list": "0"} {
		if got := f.text(t, path); got != want {
			t.Errorf("afterwards %s holds %q, want %q", path, got, want)
		}
	}
	if left := f.states(t); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestSweep(t *testing.T) {
	f := machine(t, nil)
	if found, err := f.sweepNow(); found || err != nil {
		t.Errorf("on a fresh machine: %v, %v", found, err)
	}
	cmd := exec.Command("/bin/sleep", "100")
	if err := cmd.Start(); err != nil {
		t.Skip("no /bin/sleep: ", err)
	}
	_, err := Take(Wish{CPUs: []int{1}, Whole: true, PID: cmd.Process.Pid, FS: f})
	if _, sweepErr := f.sweepNow(); err != nil || sweepErr != nil || f.text(t, defaultAffinity) != "0000000d" {
		t.Errorf("what lives was swept: %v, %v", err, sweepErr)
	}
	cmd.Process.Kill()
	cmd.Wait()
	if found, err := f.sweepNow(); !found || err != nil || f.text(t, defaultAffinity) != "0000000f" || len(f.states(t)) != 0 {
		t.Errorf("what died was not swept: %v, %v", found, err)
	}
}

// Two that hold different CPUs give back in any order.
func TestTwoAtOnce(t *testing.T) {
	for _, first := range []int{0, 1} {
		f := machine(t, nil)
		var held [2]*Held
		for i := range held {
			var err error
			// Another process, so that they have files of their own.
			cmd := exec.Command("/bin/sleep", "100")
			if err := cmd.Start(); err != nil {
				t.Skip("no /bin/sleep: ", err)
			}
			defer func() { cmd.Process.Kill(); cmd.Wait() }()
			if held[i], err = Take(Wish{CPUs: []int{2 + i}, Whole: true, PID: cmd.Process.Pid, FS: f}); err != nil {
				t.Fatal(err)
			}
		}
		if got := f.text(t, "/proc/irq/7/smp_affinity_list"); got != "0-1" {
			t.Errorf("both hold: %q", got)
		}
		if err := errors.Join(held[first].Give(), held[1-first].Give()); err != nil {
			t.Fatal(err)
		}
		if got := f.text(t, "/proc/irq/7/smp_affinity_list"); got != "0-3" {
			t.Errorf("nobody holds any more: %q", got)
		}
	}
}

// What a process left that is gone, the next Take gives back first; what a
// living one holds stays.
func TestWhatTheDeadLeftIsGivenBack(t *testing.T) {
	f := machine(t, nil)
	cmd := exec.Command("/bin/sleep", "100")
	if err := cmd.Start(); err != nil {
		t.Skip("no /bin/sleep: ", err)
	}
	if _, err := Take(Wish{CPUs: []int{3}, Whole: true, PID: cmd.Process.Pid, FS: f}); err != nil {
		t.Fatal(err)
	}
	h, err := Take(Wish{CPUs: []int{2}, Whole: true, FS: f})
	if err != nil {
		t.Fatal(err)
	}
	if got := f.text(t, "/proc/irq/7/smp_affinity_list"); got != "0-1" {
		t.Errorf("while it lives: %q", got)
	}
	if err := h.Give(); err != nil {
		t.Fatal(err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	if h, err = Take(Wish{CPUs: []int{2}, Whole: true, FS: f}); err != nil {
		t.Fatal(err)
	}
	if got := f.text(t, "/proc/irq/7/smp_affinity_list"); got != "0-1,3" {
		t.Errorf("after its death: %q", got)
	}
	if err := h.Give(); err != nil || len(f.states(t)) != 0 {
		t.Errorf("%v, %v", err, f.states(t))
	}
}

// After a restart there is nothing to undo: files of that time are forgotten.
func TestAnotherBoot(t *testing.T) {
	f := machine(t, nil)
	cmd := exec.Command("/bin/true")
	if err := cmd.Run(); err != nil {
		t.Skip(err)
	}
	if _, err := Take(Wish{CPUs: []int{3}, Whole: true, PID: cmd.Process.Pid, FS: f}); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{"/proc/sys/kernel/random/boot_id": "boot-2\n", "/proc/irq/7/smp_affinity_list": "0\n"} {
		if err := os.WriteFile(f.path(path), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	h, err := Take(Wish{CPUs: []int{2}, Whole: true, FS: f})
	if err != nil {
		t.Fatal(err)
	}
	if got := f.text(t, "/proc/irq/7/smp_affinity_list"); got != "0" {
		t.Errorf("%q", got)
	}
	if err := h.Give(); err != nil || len(f.states(t)) != 0 {
		t.Errorf("%v, %v", err, f.states(t))
	}
}

// version2 is a machine whose control groups are plain files: writes are
// accepted, and read back as they were.
func version2(t *testing.T) FS {
	return machine(t, map[string]string{cgroupRoot + "/cgroup.controllers": "cpuset cpu memory\n", cgroupRoot + "/cgroup.subtree_control": "",
		"/proc/self/cgroup": "0::/\n"})
}

func TestPartitionOfAWholeProcess(t *testing.T) {
	f := version2(t)
	h, err := Take(Wish{CPUs: []int{2, 3}, Whole: true, FS: f})
	if err != nil {
		t.Fatal(err)
	}
	dir, ok := h.Group()
	if !ok {
		t.Fatalf("no group: %v", h.Missing)
	}
	group := strings.TrimPrefix(dir.Name(), f.Root)
	if f.text(t, group+"/cpuset.cpus") != "2-3" || f.text(t, group+"/cpuset.cpus.partition") != "isolated" {
		t.Errorf("the group %s is something else", group)
	}
	// A group that cannot be removed (here: it has files) stays written down.
	if err := h.Give(); !errors.Is(err, unix.ENOTEMPTY) || len(f.states(t)) != 1 {
		t.Errorf("%v, %v", err, f.states(t))
	}
}

func TestPartitionOfThreads(t *testing.T) {
	f := version2(t)
	h, err := Take(Wish{CPUs: []int{3}, FS: f})
	if err != nil {
		t.Fatal(err)
	}
	group := cgroupRoot + "/skerry-" + strconv.Itoa(os.Getpid())
	for file, want := range map[string]string{"/cgroup.procs": strconv.Itoa(os.Getpid()), "/cpuset.cpus.exclusive": "3", "/cgroup.subtree_control": "+cpuset",
		Cores + "/cgroup.type": "threaded", Cores + "/cpuset.cpus": "3", Cores + "/cpuset.cpus.exclusive": "3", Cores + "/cpuset.cpus.partition": "isolated"} {
		if got := f.text(t, group+file); got != want {
			t.Errorf("%s holds %q, want %q", file, got, want)
		}
	}
	if _, ok := h.Group(); ok {
		t.Error("the group is for threads, not to start processes in")
	}
}

// Where the group cannot be made, what can be had is had, and the rest is said.
func TestPartitionThatCannotBeMade(t *testing.T) {
	f := version2(t)
	if err := os.WriteFile(f.path(cgroupRoot+"/skerry-"+strconv.Itoa(os.Getpid())+"-2"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	h, err := Take(Wish{CPUs: []int{2}, Whole: true, FS: f})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := h.Group(); ok || !strings.Contains(strings.Join(h.Missing, ";"), "a cpuset partition") || f.text(t, "/proc/irq/9/smp_affinity_list") != "0" {
		t.Errorf("missing: %v", h.Missing)
	}
	if err := h.Give(); err != nil || f.text(t, "/proc/irq/8/smp_affinity_list") != "2" {
		t.Error(err)
	}
}

func TestLimitsAreNotLeftBehind(t *testing.T) {
	f := machine(t, map[string]string{cgroupRoot + "/cgroup.controllers": "cpuset cpu\n", cgroupRoot + "/cgroup.subtree_control": "",
		"/proc/self/cgroup": "0::/job/step\n", cgroupRoot + "/job/memory.max": "1000\n"})
	if err := f.canPartition(); err == nil || !strings.Contains(err.Error(), "/job/memory.max") {
		t.Errorf("got %v", err)
	}
	for name, want := range map[string]string{"cpuset cpu": "", "cpu memory": "cpuset controller"} {
		f := machine(t, map[string]string{cgroupRoot + "/cgroup.controllers": name + "\n", cgroupRoot + "/cgroup.subtree_control": "",
			"/proc/self/cgroup": "0::/job\n", cgroupRoot + "/job/memory.max": "max\n"})
		if err := f.canPartition(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNothingCanBeHad(t *testing.T) {
	f := FS{Root: t.TempDir()}
	if canRealTime() == nil {
		t.Skip("the real-time class is allowed here")
	}
	if h, err := Take(Wish{CPUs: []int{1}, FS: f}); err == nil || !strings.Contains(err.Error(), "real-time") {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestRealTimeEndsWithItsThread(t *testing.T) {
	if err := canRealTime(); err != nil {
		t.Skip(err)
	}
	attr, err := unix.SchedGetAttr(0, 0)
	if err != nil || attr.Policy == unix.SCHED_RR {
		t.Errorf("the caller was changed: %+v, %v", attr, err)
	}
}

func TestMasks(t *testing.T) {
	for text, want := range map[string]string{"3": "0-1", "0": "none", "00000000,00000003": "0-1", "1,80000000": "31-32", "ff,00000000,00000000": "64-71"} {
		s, err := parseMask(text)
		if err != nil || s.String() != want {
			t.Errorf("%s is %q (%v), want %q", text, s.String(), err, want)
		}
	}
	for _, bad := range []string{"", "x", "1,", "100000000", "1" + strings.Repeat(",00000000", 300)} {
		if s, err := parseMask(bad); err == nil {
			t.Errorf("%.20q is %s", bad, s.String())
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := cpus.Of(rapid.SliceOf(rapid.IntRange(0, cpus.Limit-1)).Draw(t, "cpus")...)
		if again, err := parseMask(formatMask(&s)); err != nil || again != s {
			t.Fatalf("%s became %s, %v", s.String(), again.String(), err)
		}
	})
}

func TestProcessesAreNamedForGood(t *testing.T) {
	if startTime(os.Getpid()) == 0 || startTime(1<<30) != 0 || zombie(os.Getpid()) || zombie(1<<30) {
		t.Error("this process, or one that is not there")
	}
}
