package launch

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/fwk/cpus"
	"github.com/skerry-os/skerry/fwk/node"
)

// Tests whose names begin with TestLab take real processors. test/lab runs them as root of an emulated
// machine with four of them; anywhere else they are skipped.

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == KeepVerb {
		if Keep(node.Here(), os.Args[2]) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	if name := os.Getenv("SKERRY_LAUNCH_CHILD"); name != "" {
		os.Exit(child(name))
	}
	os.Exit(m.Run())
}

func inLab(t *testing.T) *node.Node {
	t.Helper()
	if os.Getenv("SKERRY_IN_LAB") == "" {
		t.Skip("takes real processors: `go test ./test/lab` runs it in an emulated machine")
	}
	n := node.Here()
	if _, err := n.Reserve(node.Request{CPUs: cpus.Of(2, 3), Memory: 192 << 20}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if all, err := n.Claims(); err == nil {
			for _, c := range all {
				if c.Runner.PID == os.Getpid() { // of a test that failed: ending it must not kill us
					c.Runner = node.Process{}
					n.SaveClaim(c)
				}
			}
		}
		if err := n.Release(func(*node.State) error { return StopAll(n, true) }); err != nil {
			t.Error(err)
		}
		online, err := cpus.Online()
		if err != nil || online != cpus.Of(0, 1, 2, 3) {
			t.Errorf("online afterwards: %s, %v", online.String(), err)
		}
		if text, _ := os.ReadFile("/proc/sys/vm/nr_hugepages"); string(text) != "0\n" {
			t.Errorf("huge pages afterwards: %q", text)
		}
	})
	return n
}

const smallMem = 64 << 20

func take(t *testing.T, n *node.Node, name, image string, set ...int) *Enclave {
	t.Helper()
	e, err := Take(Config{Node: n, Image: image, LinuxCPUs: []int{0}, Ask: node.Ask{Name: name, Program: "test",
		CPUs: cpus.Of(set...), Memory: smallMem, Runner: node.ProcessOf(os.Getpid())}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if e.Mem != nil {
			e.Close()
		}
	})
	if err := e.Load(&enclave.Program{Path: "/none"}); err != nil {
		t.Fatal(err)
	}
	for i := range set {
		workOf(e, i).interrupts(e, i)
	}
	return e
}

// beats reports whether core i is alive.
func beats(e *Enclave, i int) bool {
	c := enclave.Core(e.Mem, e.Boot, i)
	before := atomic.LoadUint64(&c.Beat)
	return waitFor(func() bool { return atomic.LoadUint64(&c.Beat) > before+1000 })
}

func waitFor(f func() bool) bool {
	for range 2000 {
		if f() {
			return true
		}
		time.Sleep(5 * time.Millisecond)
	}
	return false
}

func start(t *testing.T, e *Enclave) {
	t.Helper()
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	for i := range e.Claim.CPUs {
		if !beats(e, i) {
			t.Fatalf("core %d does not beat", i)
		}
	}
}

// stopped reports whether the memory of a core that counted no longer changes.
func stopped(e *Enclave, i int) bool {
	c := enclave.Core(e.Mem, e.Boot, i)
	return waitFor(func() bool {
		before := atomic.LoadUint64(&c.Beat)
		time.Sleep(50 * time.Millisecond)
		return atomic.LoadUint64(&c.Beat) == before
	})
}

func TestLabTwoCoresOfOneEnclave(t *testing.T) {
	n := inLab(t)
	e := take(t, n, "pair", payloadImage(t, 2, smallMem), 2, 3)
	start(t, e)
	if err := e.Drop(); err != nil {
		t.Fatal(err)
	}
	if !stopped(e, 0) || !stopped(e, 1) {
		t.Error("a core goes on after the end")
	}
	if c, err := n.Find("pair"); c != nil || err != nil {
		t.Errorf("the claim is still there: %+v, %v", c, err)
	}
}

func TestLabTwoEnclaves(t *testing.T) {
	n := inLab(t)
	image := payloadImage(t, 1, smallMem)
	a, b := take(t, n, "a", image, 2), take(t, n, "b", image, 3)
	start(t, a)
	start(t, b)
	for _, addr := range a.physical {
		if slices.Contains(b.physical, addr) {
			t.Fatalf("both have the memory at %#x", addr)
		}
	}
	if err := a.Drop(); err != nil {
		t.Fatal(err)
	}
	if !stopped(a, 0) || !beats(b, 0) {
		t.Error("ending one enclave did not stop it, or stopped the other")
	}
	again := take(t, n, "a", image, 2)
	start(t, again)
	if err := again.Drop(); err != nil {
		t.Error(err)
	}
	if err := b.Drop(); err != nil {
		t.Error(err)
	}
}

// A start that finds everything as the last one left it, many times.
func TestLabStartsAgainAndAgain(t *testing.T) {
	n := inLab(t)
	image := payloadImage(t, 1, smallMem)
	rounds := 10
	fmt.Sscan(os.Getenv("SKERRY_ROUNDS"), &rounds)
	for i := range rounds {
		e := take(t, n, "again", image, 2+i%2)
		start(t, e)
		if err := e.Drop(); err != nil {
			t.Fatalf("round %d: %v", i, err)
		}
		e.Close()
	}
}

func TestLabBells(t *testing.T) {
	n := inLab(t)
	e := take(t, n, "bells", payloadImage(t, 1, smallMem), 3)
	start(t, e)
	w := workOf(e, 0)
	for i := range 200 {
		before := w.bells()
		e.Ring(0)
		if !waitFor(func() bool { return w.bells() > before }) {
			t.Fatalf("ring %d did not arrive at the core", i)
		}
	}
	if !e.Waits() {
		t.Fatal("no doorbell to Linux")
	}
	for e.bell.Wait(0) {
	}
	for i := range 200 {
		w.ring(e.Boot.ToLinux.Target)
		if !waitFor(func() bool { return e.bell.Wait(10000) }) { // a signal of the Go runtime ends it early
			t.Fatalf("ring %d did not arrive at Linux", i)
		}
	}
	if e.bell.Wait(50) {
		t.Error("a ring that nobody made")
	}
	// Measured, not asserted: the numbers are the emulator's.
	t0 := time.Now()
	for range 1000 {
		before := w.bells()
		e.Ring(0)
		for w.bells() == before {
		}
	}
	to := time.Since(t0) / 1000
	t0 = time.Now()
	for range 1000 {
		w.ring(e.Boot.ToLinux.Target)
		e.bell.Wait(1000)
	}
	t.Logf("ring and seen by the core: %v; ring and woken in Linux: %v; stray interrupts: %d", to, time.Since(t0)/1000, w.strays())
	if err := e.Drop(); err != nil {
		t.Error(err)
	}
}

func TestLabOnlineUnderUs(t *testing.T) {
	n := inLab(t)
	e := take(t, n, "lost", payloadImage(t, 2, smallMem), 2, 3)
	start(t, e)
	if err := os.WriteFile("/sys/devices/system/cpu/cpu3/online", []byte("1"), 0); err != nil {
		t.Fatal(err)
	}
	why := e.Lost()
	if !strings.Contains(why, "Linux has taken CPU 3 back") {
		t.Errorf("said: %s", why)
	}
	if !stopped(e, 0) {
		t.Error("the other core goes on")
	}
	before := workOf(e, 0).bells()
	e.Ring(0)
	e.Ring(1) // would interrupt Linux
	time.Sleep(20 * time.Millisecond)
	if workOf(e, 0).bells() != before {
		t.Error("a stopped core was rung")
	}
	if err := e.Drop(); err != nil {
		t.Error(err)
	}
	if out, err := exec.Command("/bin/taskset", "8", "/bin/true").CombinedOutput(); err != nil {
		t.Errorf("CPU 3 does not work for Linux: %v %s", err, out)
	}
	if _, err := Take(Config{Node: n, Image: payloadImage(t, 1, smallMem), Ask: node.Ask{Name: "x", CPUs: cpus.Of(3), Memory: smallMem,
		Runner: node.ProcessOf(os.Getpid())}}); err == nil || !strings.Contains(err.Error(), "put online again") {
		t.Errorf("a CPU that Linux uses was given to an enclave: %v", err)
	}
}

// A core that stops for no reason that we know.
func TestLabHeartbeat(t *testing.T) {
	n := inLab(t)
	e := take(t, n, "still", payloadImage(t, 1, smallMem), 2)
	start(t, e)
	if err := e.bus.Init(e.Claim.CPUs[0].APIC); err != nil {
		t.Fatal(err)
	}
	if why := e.Lost(); !strings.Contains(why, "CPU 2 of the enclave has stopped: no heartbeat") {
		t.Errorf("said: %s", why)
	}
	if err := e.Drop(); err != nil {
		t.Error(err)
	}
}

func TestLabKeeperKilled(t *testing.T) {
	n := inLab(t)
	e := take(t, n, "keeperless", payloadImage(t, 1, smallMem), 2)
	start(t, e)
	if err := unix.Kill(e.Claim.Keeper.PID, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if why := e.Lost(); !strings.Contains(why, "keeper is gone") {
		t.Errorf("said: %s", why)
	}
	if err := e.Drop(); err != nil {
		t.Error(err)
	}
	if !stopped(e, 0) {
		t.Error("the core goes on")
	}
}

// child starts an enclave in a process of its own and waits to be killed.
func child(name string) int {
	n := node.Here()
	cpu := 2
	e, err := Take(Config{Node: n, Image: os.Getenv("SKERRY_LAUNCH_IMAGE"), LinuxCPUs: []int{0}, Ask: node.Ask{Name: name, Program: "child",
		CPUs: cpus.Of(cpu), Memory: smallMem, Runner: node.ProcessOf(os.Getpid())}})
	if err == nil {
		if err = e.Load(&enclave.Program{Path: "/none"}); err == nil {
			workOf(e, 0).interrupts(e, 0)
			err = e.Start()
		}
	}
	if err != nil {
		fmt.Println("failed:", err)
		return 1
	}
	fmt.Println("started")
	time.Sleep(time.Hour)
	return 1
}

// startChild starts it and returns its claim and its memory.
func startChild(t *testing.T, n *node.Node, name string) (*exec.Cmd, *Enclave) {
	t.Helper()
	image := payloadImage(t, 1, smallMem)
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "SKERRY_LAUNCH_CHILD="+name, "SKERRY_LAUNCH_IMAGE="+image)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 500)
	got, _ := out.Read(buf)
	if string(buf[:got]) != "started\n" {
		t.Fatalf("child said %q", buf[:got])
	}
	c, err := n.Find(name)
	if err != nil || c == nil {
		t.Fatal("no claim", err)
	}
	e := &Enclave{Claim: c, node: n}
	fd, err := unix.Open(n.MemoryFile(name), unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if e.Mem, err = unix.Mmap(fd, 0, int(c.Memory), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if e.Mem != nil {
			unix.Munmap(e.Mem)
		}
	})
	if e.Boot, err = enclave.Layout(1, c.Memory, c.Image); err != nil {
		t.Fatal(err)
	}
	return cmd, e
}

func TestLabRunnerKilled(t *testing.T) {
	n := inLab(t)
	cmd, e := startChild(t, n, "runner")
	cmd.Process.Kill()
	cmd.Wait()
	if !waitFor(func() bool { c, _ := n.Find("runner"); return c == nil }) {
		t.Error("the keeper did not end the claim")
	}
	if !stopped(e, 0) {
		t.Error("the core goes on")
	}
}

// Runner and keeper at once: the next who comes by clears up.
func TestLabBothKilled(t *testing.T) {
	n := inLab(t)
	cmd, e := startChild(t, n, "both")
	unix.Kill(e.Claim.Keeper.PID, syscall.SIGKILL)
	cmd.Process.Kill()
	cmd.Wait()
	if !beats(e, 0) {
		t.Error("the core stopped although nobody was left to stop it")
	}
	if err := Reap(n); err != nil {
		t.Fatal(err)
	}
	if c, _ := n.Find("both"); c != nil || !stopped(e, 0) {
		t.Errorf("what was left is still there: %+v", c)
	}
}

func TestLabReleaseIsRefusedWhileAnEnclaveRuns(t *testing.T) {
	n := inLab(t)
	cmd, e := startChild(t, n, "busy")
	err := n.Release(func(*node.State) error { return StopAll(n, false) })
	if err == nil || !strings.Contains(err.Error(), "an enclave runs: busy") {
		t.Errorf("release: %v", err)
	}
	if !beats(e, 0) {
		t.Error("refusing stopped the core")
	}
	unix.Munmap(e.Mem)
	e.Mem = nil
	if err := n.Release(func(*node.State) error { return StopAll(n, true) }); err != nil {
		t.Error(err)
	}
	if s, _ := n.State(); s != nil {
		t.Errorf("still reserved: %+v", s)
	}
	cmd.Wait()
}
