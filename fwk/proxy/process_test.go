package proxy

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/ikc"
)

// These tests run the proxy as what it is, a process: the test's own program again, with the enclave's
// memory as descriptor 3 and doorbells (eventfd) as 4 and 5.

const childVariable = "SKERRY_TEST_PROXY"

func init() {
	if os.Getenv(childVariable) != "" {
		runtime.LockOSThread() // the main goroutine serves on the process's first thread
	}
}

func TestMain(m *testing.M) {
	if how := os.Getenv(childVariable); how != "" {
		serveChild(how)
	}
	os.Exit(m.Run())
}

func serveChild(how string) {
	b, err := enclave.Layout(1, fakeMemory, 4<<20)
	if err != nil {
		panic(err)
	}
	c := Config{FD: 3, Boot: b, Exec: func(p *enclave.Program) error {
		return syscall.Exec(p.Path, p.Args, p.Env)
	}, Ended: func() { syscall.Write(2, []byte("ended\n")) }}
	if how == "bells" {
		c.Private, c.Spin = []int{4, 5}, -1
		c.Ring = func(int) { syscall.Write(4, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }
		c.Wait = func() {
			var n [8]byte
			syscall.Read(5, n[:])
		}
	} else {
		syscall.Close(4)
		syscall.Close(5)
	}
	p, err := New(c)
	if err != nil {
		syscall.Write(2, []byte(err.Error()))
		os.Exit(99)
	}
	p.Serve()
}

// child is a proxy in a process of its own.
type child struct {
	*fakeLWK
	cmd        *exec.Cmd
	errors     bytes.Buffer
	toLWK, fro int // doorbells
}

func startChild(t *testing.T, how string) *child {
	f := newMemory(t, 1)
	c := &child{fakeLWK: f}
	c.toLWK, _ = unix.Eventfd(0, unix.EFD_CLOEXEC)
	c.fro, _ = unix.Eventfd(0, unix.EFD_CLOEXEC)
	// The rings as a launcher leaves them.
	f.attach(&Proxy{replies: make([]reply, 0), requests: ringAt(t, f, f.boot.Requests.Off, enclave.RequestSlots),
		maps: mapLog{ring: ringAt(t, f, f.boot.MapLog.Off, enclave.MapSlots)}})
	f.replies[0].Reset()
	c.cmd = exec.Command("/proc/self/exe")
	c.cmd.Env = append(os.Environ(), childVariable+"="+how, "GODEBUG=containermaxprocs=0,updatemaxprocs=0,asyncpreemptoff=1") // as skerry sets it
	c.cmd.Stderr = &c.errors
	// A group of its own: in one whose parents are all of other sessions (the tests' may be), Linux stops nobody
	// by SIGTSTP and its like.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	for _, fd := range []int{f.fd, c.toLWK, c.fro} {
		dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 10)
		if err != nil {
			t.Fatal(err)
		}
		c.cmd.ExtraFiles = append(c.cmd.ExtraFiles, os.NewFile(uintptr(dup), "extra"))
	}
	// As skerry's entry point leaves it: everything blocked.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var old, all unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^uint64(0)
	}
	unix.PthreadSigmask(unix.SIG_SETMASK, &all, &old)
	err := c.cmd.Start()
	unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range c.cmd.ExtraFiles {
		e.Close()
	}
	f.receive()
	t.Cleanup(func() { // a test that times out leaves it to Pdeathsig
		f.done.Store(true)
		c.cmd.Process.Kill()
		c.cmd.Wait()
		unix.Close(f.fd)
		unix.Close(c.toLWK)
		unix.Close(c.fro)
	})
	return c
}

func ringAt(t *testing.T, f *fakeLWK, off uint64, n int) ikc.Ring {
	r, err := ikc.At(addressOf(f.mem, off), n)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ends waits for the child's end and returns its status.
func (c *child) ends(t *testing.T) syscall.WaitStatus {
	t.Helper()
	done := make(chan struct{})
	go func() { c.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("it does not end")
	}
	return c.cmd.ProcessState.Sys().(syscall.WaitStatus)
}

func TestEnds(t *testing.T) {
	for name, c := range map[string]struct {
		m    ikc.Slot
		text string
		ok   func(syscall.WaitStatus) bool
	}{
		"exit": {ikc.Slot{Kind: abi.MsgExit, Args: [6]uint64{42}}, "ended\n", func(s syscall.WaitStatus) bool { return s.ExitStatus() == 42 }},
		"die":  {ikc.Slot{Kind: abi.MsgDie, Args: [6]uint64{15}}, "ended\n", func(s syscall.WaitStatus) bool { return s.Signal() == syscall.SIGTERM }},
		"segv": {ikc.Slot{Kind: abi.MsgDie, Args: [6]uint64{11}}, "ended\n", func(s syscall.WaitStatus) bool { return s.Signal() == syscall.SIGSEGV }},
		"broken": {ikc.Slot{Kind: 99}, "skerry: the enclave broke the protocol: a message of kind 99: it is ended\nended\n",
			func(s syscall.WaitStatus) bool { return s.ExitStatus() == 125 }},
		"not run": {ikc.Slot{Kind: abi.MsgFailed, Args: [6]uint64{2, 0, 9}}, "skerry: no such x\nended\n",
			func(s syscall.WaitStatus) bool { return s.ExitStatus() == 127 }},
	} {
		t.Run(name, func(t *testing.T) {
			p := startChild(t, "plain")
			copy(p.mem[p.boot.Bounce.Off:], "no such x")
			p.must(unix.SYS_GETPPID)
			p.put(c.m)
			if s := p.ends(t); !c.ok(s) || p.errors.String() != c.text {
				t.Errorf("status %#x, said %q", s, p.errors.String())
			}
		})
	}
}

// TestSignals: what Linux has for the process goes to the LWK, but for what is to stay.
func TestSignals(t *testing.T) {
	c := startChild(t, "plain")
	c.must(unix.SYS_GETPPID)
	pid := c.cmd.Process.Pid
	for _, sig := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGTERM, syscall.SIGINT, syscall.SIGCHLD, syscall.SIGSEGV, syscall.SIGPROF, 34} {
		syscall.Kill(pid, sig)
		m := <-c.signals
		if int(m.Args[0]&0xffffffff) != int(sig) || int(m.Args[2]&0xffffffff) != os.Getpid() {
			t.Errorf("%v came as %x", sig, m.Args)
		}
	}
	// Kept, then taken by the program itself.
	<-c.ask(ikc.Slot{Kind: abi.MsgLeave, Thread: 2, Args: [6]uint64{1 << (syscall.SIGUSR2 - 1)}})
	syscall.Kill(pid, syscall.SIGUSR2)
	b := c.back(base, 1)
	put64(b, 1<<(syscall.SIGUSR2-1), 0, 0)
	m := c.call(abi.InlineThread(0), unix.SYS_RT_SIGTIMEDWAIT, base, base+64, base+8, 8)
	if m.Args[0] != uint64(syscall.SIGUSR2) || binary.LittleEndian.Uint32(b[64:]) != uint32(syscall.SIGUSR2) {
		t.Errorf("%+v", m)
	}
	<-c.ask(ikc.Slot{Kind: abi.MsgLeave, Thread: 2})
	syscall.Kill(pid, syscall.SIGUSR2)
	if m := <-c.signals; int(m.Args[0]&0xffffffff) != int(syscall.SIGUSR2) {
		t.Errorf("%x", m.Args)
	}
	// A call that blocks is not disturbed, and is ended on request.
	ch := c.ask(ikc.Slot{Kind: abi.MsgCall, Thread: 9, Aux: unix.SYS_POLL, Args: [6]uint64{0, 0, 1<<32 - 1}})
	syscall.Kill(pid, syscall.SIGUSR1)
	<-c.signals
	words(c.mem, c.boot.Cancel.Off, 16)[9] = abi.Cancelled
	c.put(ikc.Slot{Kind: abi.MsgInterrupt, Thread: 9})
	if m := <-ch; int64(m.Args[0]) != -int64(syscall.EINTR) && int64(m.Args[0]) != abi.Unmade {
		t.Errorf("%+v", m)
	}
}

// TestStops: the process stops as by the program's signal, and goes on.
func TestStops(t *testing.T) {
	c := startChild(t, "plain")
	pid := c.cmd.Process.Pid
	for _, sig := range []syscall.Signal{syscall.SIGTSTP, syscall.SIGSTOP, syscall.SIGTTIN} {
		ch := c.ask(ikc.Slot{Kind: abi.MsgStop, Thread: 3, Args: [6]uint64{uint64(sig)}})
		var s syscall.WaitStatus
		if _, err := syscall.Wait4(pid, &s, syscall.WUNTRACED, nil); err != nil || !s.Stopped() || s.StopSignal() != sig {
			t.Fatalf("%v: %v, status %#x", sig, err, s)
		}
		select {
		case <-ch:
			t.Error("it answers while it is stopped")
		default:
		}
		syscall.Kill(pid, syscall.SIGCONT)
		if m := <-ch; m.Kind != abi.MsgDone {
			t.Errorf("%+v", m)
		}
		if m := <-c.signals; int(m.Args[0]&0xffffffff) != int(syscall.SIGCONT) {
			t.Errorf("%x", m.Args)
		}
	}
}

// inherited reports whether a descriptor is one that the tests were started with and passed on.
func inherited(name string) bool {
	fd, _ := strconv.Atoi(name)
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	return fd > 3 && err == nil && flags&unix.FD_CLOEXEC == 0
}

// TestDescriptors: the program's table holds what it was given, and the next one it opens is 3.
func TestDescriptors(t *testing.T) {
	c := startChild(t, "bells")
	ring := uint64(1)
	go func() { // the doorbell of an LWK that does not look whether it is needed
		for !c.done.Load() {
			unix.Write(c.fro, binary.LittleEndian.AppendUint64(nil, ring))
			time.Sleep(time.Millisecond)
		}
	}()
	b := c.back(base, 1)
	copy(b, "/proc/self/fd\x00")
	fd := c.must(unix.SYS_OPENAT, ^uint64(99), base, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	n := c.must(unix.SYS_GETDENTS64, uint64(fd), base+4096, 4096)
	_, _, names := syscall.ParseDirent(b[4096:4096+n], -1, nil)
	slices.Sort(names)
	names = slices.DeleteFunc(names, inherited)
	if fd != 3 || strings.Join(names, " ") != "0 1 2 3" {
		t.Errorf("opened %d; there are %v", fd, names)
	}
	// Closing everything harms nobody.
	c.must(unix.SYS_CLOSE_RANGE, 3, 1<<32-1, 2)
	c.log(abi.MapUnset, base, 0, abi.Granule)
	b = c.back(base, 1)
	path := filepath.Join(t.TempDir(), "x")
	copy(b, path+"\x00")
	if fd := c.must(unix.SYS_OPENAT, ^uint64(99), base, unix.O_RDWR|unix.O_CREAT, 0o600); fd != 3 {
		t.Errorf("opened %d", fd)
	}
	// A mapped file outlives its descriptor.
	c.must(unix.SYS_WRITE, 3, base, 8)
	m := <-c.ask(ikc.Slot{Kind: abi.MsgFile, Thread: 4, Args: [6]uint64{3, 0, 4096}})
	c.must(unix.SYS_CLOSE, 3)
	to := c.boot.Free.Off + 16<<20
	m = <-c.ask(ikc.Slot{Kind: abi.MsgFill, Thread: 4, Args: [6]uint64{m.Args[0], 0, 4096, to}})
	if m.Args[0] != 8 || string(c.mem[to:to+8]) != path[:8] {
		t.Errorf("%+v", m)
	}
	// A signal wakes the core.
	syscall.Kill(c.cmd.Process.Pid, syscall.SIGUSR1)
	<-c.signals
	var rung [8]byte
	if _, err := unix.Read(c.toLWK, rung[:]); err != nil {
		t.Error(err)
	}
}

// TestEverywhere: what Linux keeps for each thread changes in all of them, those that block included.
func TestEverywhere(t *testing.T) {
	c := startChild(t, "plain")
	var blocked []chan ikc.Slot
	for i := range uint32(3) {
		blocked = append(blocked, c.ask(ikc.Slot{Kind: abi.MsgCall, Thread: 20 + i, Aux: unix.SYS_POLL, Args: [6]uint64{0, 0, 1<<32 - 1}}))
	}
	c.must(unix.SYS_GETPPID)
	inline := func(nr uint32, args ...uint64) int64 {
		m := ikc.Slot{Kind: abi.MsgCall, Thread: abi.InlineThread(0), Aux: nr}
		copy(m.Args[:], args)
		return int64((<-c.ask(m)).Args[0])
	}
	switch r := inline(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); r {
	case 0:
	case -int64(syscall.ENOTSUP):
		t.Skip("the runtime cannot reach all threads of a program with C code, as the race detector makes it")
	default:
		t.Errorf("prctl: %d", r)
	}
	change := os.Getuid() == 0
	if change {
		if r := inline(unix.SYS_SETRESGID, 12345, 12345, 12345); r != 0 {
			t.Errorf("setresgid: %d", r)
		}
	}
	if r := inline(unix.SYS_SETRESUID, 1<<32-1, 1<<32-2, 1<<32-1); r != -int64(syscall.EPERM) && !change {
		t.Errorf("setresuid: %d", r)
	}
	tasks, _ := filepath.Glob("/proc/" + strconv.Itoa(c.cmd.Process.Pid) + "/task/*/status")
	for _, path := range tasks {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if !strings.Contains(string(text), "NoNewPrivs:\t1") || change && !strings.Contains(string(text), "Gid:\t12345\t12345\t12345\t12345") {
			t.Errorf("%s:\n%s", path, text)
		}
	}
	if len(tasks) < 8 {
		t.Errorf("only %d threads", len(tasks))
	}
	for i, ch := range blocked {
		select {
		case m := <-ch: // the LWK would send it again
			if int64(m.Args[0]) != -int64(syscall.EINTR) {
				t.Errorf("%d: %+v", i, m)
			}
		default:
		}
	}
}

// TestCollect: once MsgSync is answered, what was sent before has come. 34 would be taken by a thread that the
// runtime has made since the start.
func TestCollect(t *testing.T) {
	c := startChild(t, "plain")
	c.must(unix.SYS_GETPPID)
	for i := range 200 {
		syscall.Kill(c.cmd.Process.Pid, syscall.Signal(35+i%2))
		<-c.ask(ikc.Slot{Kind: abi.MsgSync, Thread: 2})
		if n := len(c.signals); n != 1 { // they come through one ring
			t.Fatalf("round %d: %d signals before the answer", i, n)
		}
		<-c.signals
	}
}

// TestExec: the process executes what the block says; what is pending for it stays so.
func TestExec(t *testing.T) {
	c := startChild(t, "plain")
	c.must(unix.SYS_GETPPID)
	block := (&enclave.Program{Path: "/no/such/file", Args: []string{"x"}}).Append(nil)
	copy(c.mem[c.boot.Program.Off:], block)
	for _, n := range []uint64{uint64(len(block)), 3, ^uint64(0)} {
		if m := <-c.ask(ikc.Slot{Kind: abi.MsgExec, Thread: 5, Args: [6]uint64{n}}); int64(m.Args[0]) >= 0 {
			t.Errorf("%+v", m)
		}
	}
	syscall.Kill(c.cmd.Process.Pid, syscall.SIGUSR1)
	<-c.signals // it is still there
	block = (&enclave.Program{Path: "/bin/sh", Args: []string{"sh", "-c", "exit $A"}, Env: []string{"A=7"}}).Append(nil)
	copy(c.mem[c.boot.Program.Off:], block)
	c.ask(ikc.Slot{Kind: abi.MsgExec, Thread: 5, Args: [6]uint64{uint64(len(block))}})
	if s := c.ends(t); s.ExitStatus() != 7 {
		t.Errorf("status %#x, said %q", s, c.errors.String())
	}
}
