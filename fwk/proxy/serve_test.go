package proxy

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/triage"
	"github.com/skerry-os/skerry/ikc"
)

// TestBlocking: many calls block at the same time, and hold up no other.
func TestBlocking(t *testing.T) {
	const n = 40
	f := newFake(t, 2).start()
	f.back(base, 1)
	var pipes [n][2]int
	var waits [n]chan ikc.Slot
	for i := range pipes {
		if err := syscall.Pipe(pipes[i][:]); err != nil {
			t.Fatal(err)
		}
		m := ikc.Slot{Kind: abi.MsgCall | uint32(i%2)<<8, Thread: uint32(100 + i), Aux: unix.SYS_READ}
		m.Args = [6]uint64{uint64(pipes[i][0]), base + uint64(i)*64, 1}
		waits[i] = f.ask(m)
	}
	for i := range 100 {
		if got := f.call(uint32(1000+i), unix.SYS_GETPPID); int(got.Args[0]) != os.Getppid() {
			t.Fatalf("getppid: %+v", got)
		}
	}
	for i := n - 1; i >= 0; i-- {
		syscall.Write(pipes[i][1], []byte{byte(i)})
		if m := <-waits[i]; m.Kind != abi.MsgDone || m.Args[0] != 1 {
			t.Errorf("%d: %+v", i, m)
		}
		syscall.Close(pipes[i][0])
		syscall.Close(pipes[i][1])
	}
}

// TestInterrupt: a call that blocks ends with EINTR, one that is not made yet is not made; none is missed.
func TestInterrupt(t *testing.T) {
	f := newFake(t, 1).start()
	f.back(base, 1)
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(pipe[0])
	defer syscall.Close(pipe[1])
	cancel := words(f.mem, f.boot.Cancel.Off, abi.ThreadWords)
	eintr, unmade := 0, 0
	for i := range 400 {
		m := ikc.Slot{Kind: abi.MsgCall, Thread: 7, Aux: unix.SYS_READ, Args: [6]uint64{uint64(pipe[0]), base, 1}}
		ch := f.ask(m)
		for range i % 40 * 20 { // at a different point of its way each time
			atomic.LoadUint32(&cancel[0])
		}
		atomic.StoreUint32(&cancel[7], abi.Cancelled)
		f.put(ikc.Slot{Kind: abi.MsgInterrupt, Thread: 7})
		select {
		case a := <-ch:
			switch int64(a.Args[0]) {
			case -int64(syscall.EINTR):
				eintr++
			case abi.Unmade:
				unmade++
			default:
				t.Fatalf("%+v", a)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("round %d: the call is not interrupted", i)
		}
		atomic.StoreUint32(&cancel[7], abi.CancelNone)
	}
	t.Logf("%d in Linux, %d before", eintr, unmade)
}

// TestRaised: the signal that goes with an error reaches the LWK, and nobody else.
func TestRaised(t *testing.T) {
	f := newFake(t, 1).start()
	f.back(base, 1)
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		t.Fatal(err)
	}
	syscall.Close(pipe[0])
	defer syscall.Close(pipe[1])
	if m := f.call(1, unix.SYS_WRITE, uint64(pipe[1]), base, 1); int64(m.Args[0]) != -int64(syscall.EPIPE) || m.Args[1] != uint64(syscall.SIGPIPE) {
		t.Errorf("%+v", m)
	}
}

// TestRefused: no number but those of the list is made, whatever the arguments are.
func TestRefused(t *testing.T) {
	f := newFake(t, 1)
	f.p.make = func(_ *uint32, nr uintptr, _ *[6]uint64) int64 {
		if r, _ := triage.RemoteOf(uint32(nr)); r == triage.RemoteRefuse || r == triage.RemoteTrue {
			t.Errorf("call %d was made", nr)
		}
		return 0
	}
	f.p.everywhere = func(uint32, *[6]uint64) int64 { return 0 }
	f.start()
	f.back(base, 1)
	for nr := range uint32(600) {
		for _, a := range []uint64{0, 1, base, ^uint64(0)} {
			m := f.call(1, nr, a, a, a, a, a, a)
			r, e := triage.RemoteOf(nr)
			if r == triage.RemoteRefuse && (m.Kind != abi.MsgDone || int64(m.Args[0]) != -int64(e)) {
				t.Errorf("call %d: %+v, want %v", nr, m, e)
			}
			if r == triage.RemoteLWK && int64(m.Args[0]) != -int64(syscall.ENOSYS) {
				t.Errorf("call %d of a program's thread: %+v", nr, m)
			}
		}
	}
	for _, name := range []string{"mmap", "munmap", "mprotect", "mremap", "brk", "clone", "clone3", "fork", "vfork", "execve", "exit", "exit_group",
		"arch_prctl", "set_tid_address", "set_robust_list", "sigaltstack", "rt_sigreturn", "rt_sigaction", "rt_sigprocmask", "seccomp", "ptrace",
		"unshare", "setns", "io_uring_setup", "userfaultfd", "rseq", "shmat", "madvise", "modify_ldt", "io_setup", "vmsplice", "landlock_restrict_self", "keyctl"} {
		if r, _ := triage.RemoteOf(uint32(triage.ByName(name).Nr)); r != triage.RemoteRefuse {
			t.Errorf("%s is made", name)
		}
	}
	if m := f.call(abi.InlineThread(0), unix.SYS_GETPID); m.Kind != abi.MsgDone || m.Args[0] != 0 {
		t.Errorf("getpid of the LWK: %+v", m)
	}
}

// TestBroken: what no LWK says ends the program, with a line that says what it was.
func TestBroken(t *testing.T) {
	for name, c := range map[string]struct {
		slot  ikc.Slot
		entry []uint64 // kind and arguments
	}{
		"core":         {slot: ikc.Slot{Kind: abi.MsgCall | 3<<8}},
		"thread":       {slot: ikc.Slot{Kind: abi.MsgCall, Thread: abi.ThreadWords}},
		"kind":         {slot: ikc.Slot{Kind: 200}},
		"unaligned":    {entry: []uint64{abi.MapSet, base + 4096, 48 << 20, abi.Granule}},
		"length":       {entry: []uint64{abi.MapSet, base, 48 << 20, 4096}},
		"empty":        {entry: []uint64{abi.MapSet, base, 48 << 20, 0}},
		"control part": {entry: []uint64{abi.MapSet, base, 0, abi.Granule}},
		"past the end": {entry: []uint64{abi.MapSet, base, 62 << 20, 2 * abi.Granule}},
		"far offset":   {entry: []uint64{abi.MapSet, base, ^uint64(abi.Granule - 1), abi.Granule}},
		"outside":      {entry: []uint64{abi.MapSet, base - abi.Granule, 48 << 20, abi.Granule}},
		"guard":        {entry: []uint64{abi.MapSet, fakeSpan.end - abi.Granule, 48 << 20, abi.Granule}},
		"across":       {entry: []uint64{abi.MapUnset, base, 0, fakeSpan.end - fakeSpan.start}},
		"wraps":        {entry: []uint64{abi.MapUnset, base, 0, ^uint64(abi.Granule - 1)}},
		"what":         {entry: []uint64{9, base, 0, abi.Granule}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, 1).start()
			if c.entry != nil {
				f.log(uint32(c.entry[0]), c.entry[1:]...)
				c.slot = ikc.Slot{Kind: abi.MsgSync}
			}
			f.ask(c.slot)
			select {
			case how := <-f.ended:
				if how.status != statusFailure || !strings.Contains(how.line, "broke the protocol") {
					t.Errorf("%+v", how)
				}
			case <-time.After(20 * time.Second):
				t.Error("it goes on")
			}
		})
	}
}

// TestMapLog: what is unmapped is a fault at once, what is mapped anew is the new memory.
func TestMapLog(t *testing.T) {
	f := newFake(t, 1).start()
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(pipe[0])
	defer syscall.Close(pipe[1])
	var wg sync.WaitGroup
	for i := range uint64(50) {
		b := f.back(base, 2)
		b[abi.Granule] = byte(i)
		if f.next > fakeMemory-4*abi.Granule {
			f.next = f.boot.Free.Off
		}
		f.must(unix.SYS_WRITE, uint64(pipe[1]), base+abi.Granule, 1)
		var got [1]byte
		syscall.Read(pipe[0], got[:])
		if got[0] != byte(i) {
			t.Fatalf("round %d: %d", i, got[0])
		}
		// A read blocks in memory that goes away.
		ch := f.ask(ikc.Slot{Kind: abi.MsgCall, Thread: 9, Aux: unix.SYS_READ, Args: [6]uint64{uint64(pipe[0]), base, 1}})
		f.must(unix.SYS_GETPPID)
		f.log(abi.MapUnset, base, 0, 2*abi.Granule)
		if m := f.call(1, unix.SYS_WRITE, uint64(pipe[1]), base+abi.Granule, 1); m.Kind != abi.MsgPopulate {
			t.Fatalf("round %d: %+v", i, m)
		}
		f.fails(syscall.EFAULT, unix.SYS_WRITE, uint64(pipe[1]), base+abi.Granule, 1)
		wg.Go(func() { syscall.Write(pipe[1], []byte{1}) })
		if m := <-ch; m.Kind != abi.MsgPopulate && int64(m.Args[0]) != -int64(syscall.EFAULT) && m.Args[0] != 1 {
			t.Fatalf("round %d: the blocked read: %+v", i, m)
		}
		wg.Wait()
		syscall.SetNonblock(pipe[0], true)
		syscall.Read(pipe[0], got[:])
		syscall.SetNonblock(pipe[0], false)
	}
	if applied := atomic.LoadUint64(&f.p.block.Applied); applied != f.entries {
		t.Errorf("%d of %d entries applied", applied, f.entries)
	}
}

// TestMappedFiles: content of files, by handles that outlive descriptors.
func TestMappedFiles(t *testing.T) {
	f := newFake(t, 1).start()
	path := filepath.Join(t.TempDir(), "file")
	text := strings.Repeat("0123456789abcdef", 1000)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Open(path, syscall.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(kind uint32, args ...uint64) int64 {
		m := ikc.Slot{Kind: kind, Thread: abi.InlineThread(0)}
		copy(m.Args[:], args)
		return int64((<-f.ask(m)).Args[0])
	}
	h := ask(abi.MsgFile, uint64(fd), 4096, 1<<20)
	if h < 0 {
		t.Fatalf("no handle: %d", h)
	}
	syscall.Close(fd)
	to := f.boot.Free.Off
	if n := ask(abi.MsgFill, uint64(h), 16, 2<<20, to); n != int64(len(text)-4112) || string(f.mem[to:to+uint64(n)]) != text[4112:] {
		t.Errorf("fill: %d", n)
	}
	if n := ask(abi.MsgFill, uint64(h), 16, 32, to); n != 32 {
		t.Errorf("fill of 32: %d", n)
	}
	for _, c := range []struct {
		want syscall.Errno
		kind uint32
		args []uint64
	}{
		{syscall.EINVAL, abi.MsgFill, []uint64{uint64(h), 0, 4096, f.boot.Image.Off}},
		{syscall.EINVAL, abi.MsgFill, []uint64{uint64(h), 0, 4096, fakeMemory - 4095}},
		{syscall.EINVAL, abi.MsgFill, []uint64{uint64(h), 0, ^uint64(0), to}},
		{syscall.EINVAL, abi.MsgFill, []uint64{uint64(h), 1<<20 + 1, 1, to}},
		{syscall.EBADF, abi.MsgFill, []uint64{77, 0, 1, to}},
		{syscall.EBADF, abi.MsgFill, []uint64{^uint64(0), 0, 1, to}},
		{syscall.EBADF, abi.MsgFile, []uint64{1 << 30, 0, 4096}},
		{syscall.EINVAL, abi.MsgFile, []uint64{0, 1, 4096}},
		{syscall.EINVAL, abi.MsgFile, []uint64{0, 0, 0}},
		{syscall.EINVAL, abi.MsgFile, []uint64{0, 1 << 63, 4096}},
		{syscall.EINVAL, abi.MsgFile, []uint64{0, 4096, 1<<63 - 1}},
	} {
		if r := ask(c.kind, c.args...); r != -int64(c.want) {
			t.Errorf("%d %x: %d, want %v", c.kind, c.args, r, c.want)
		}
	}
	var pipe [2]int
	syscall.Pipe(pipe[:])
	if r := ask(abi.MsgFile, uint64(pipe[0]), 0, 4096); r != -int64(syscall.ENODEV) {
		t.Errorf("a pipe: %d", r)
	}
	wr, _ := syscall.Open(path, syscall.O_WRONLY, 0)
	if r := ask(abi.MsgFile, uint64(wr), 0, 4096); r != -int64(syscall.EACCES) {
		t.Errorf("for writing only: %d", r)
	}
	zero, _ := syscall.Open("/dev/zero", syscall.O_RDONLY, 0)
	if r := ask(abi.MsgFile, uint64(zero), 0, 4096); r < 0 {
		t.Errorf("/dev/zero: %d", r)
	}
	f.put(ikc.Slot{Kind: abi.MsgDrop, Args: [6]uint64{uint64(h)}})
	f.put(ikc.Slot{Kind: abi.MsgDrop, Args: [6]uint64{1 << 40}})
	for ask(abi.MsgFill, uint64(h), 0, 1, to) != -int64(syscall.EBADF) {
		time.Sleep(time.Millisecond) // another proxy has the message
	}
	for _, fd := range []int{pipe[0], pipe[1], wr, zero} {
		syscall.Close(fd)
	}
}
