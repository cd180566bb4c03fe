package sys

import (
	"encoding/binary"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"github.com/skerry-os/skerry/abi/triage"
	"github.com/skerry-os/skerry/lwk/fake"
	"github.com/skerry-os/skerry/lwk/mem"
	"github.com/skerry-os/skerry/lwk/proc/signal"
	"github.com/skerry-os/skerry/lwk/sched"
)

const (
	base = 0x100000 // of the program's memory
	size = 1 << 20
	pid  = 4321
)

var signals sync.Once

// rig is a system-call layer over a fake machine, with one thread on core 0.
type rig struct {
	*Sys
	p *fake.Platform
	c *sched.Core
	t *sched.Thread
}

func newRig(t testing.TB, cores int) *rig {
	t.Helper()
	p := fake.New(cores, base, size)
	k, err := sched.New(p)
	if err != nil {
		t.Fatal(err)
	}
	signals.Do(func() {
		if err := signal.Init(836); err != nil {
			t.Fatal(err)
		}
	})
	none := func(_, _ uintptr) {}
	space, err := mem.New(p.Memory(), mem.Config{Window: [2]uintptr{1 << 40, 1 << 46}, Pool: 1 << 39, PoolSize: 64 << 20,
		Clear: none, Copy: func(_, _, _ uintptr) {}})
	if err != nil {
		t.Fatal(err)
	}
	if e := space.Add(mem.Area{Start: base, End: base + size, Prot: 3, Flags: 0x22, Kind: mem.KindAnon}); e != 0 {
		t.Fatal(e)
	}
	cpus := []int{}
	for i := range cores {
		cpus = append(cpus, i+2)
	}
	r := &rig{p: p, c: k.Cores()[0]}
	r.Sys = New(k, space, Process{PID: pid, Exe: "/bin/prog", CPUs: cpus, Args: []string{"prog"}})
	r.t = k.NewThread()
	r.t.TID = pid
	k.Make(r.t)
	r.c.Take()
	return r
}

// bytes64 is the 64 bytes at an address of the LWK's that a call made on the core names.
func bytes64(addr uintptr) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(nil), addr)), 64)
}

// call makes a system call of the thread and returns its result, 0 if the thread waits.
func (r *rig) call(nr uint64, args ...uint64) int64 {
	x := &r.t.Ctx
	x.RAX = nr
	for i, p := range [...]*uint64{&x.RDI, &x.RSI, &x.RDX, &x.R10, &x.R8, &x.R9} {
		*p = 0
		if i < len(args) {
			*p = args[i]
		}
	}
	r.syscall(r.c, r.t)
	if r.t.State != sched.Running {
		return 0
	}
	return int64(x.RAX)
}

// answer takes what Linux has answered.
func (r *rig) answer() { r.c.Await(r.t) }

// settle ends whatever wait the thread is in.
func (r *rig) settle() {
	if r.t.State == sched.Shipped {
		r.K.Cut(r.t)
		r.p.Reply(0, r.t.Index, -4)
		r.answer()
	}
	if r.t.State == sched.Waiting {
		r.K.Cut(r.t)
	}
	if r.t.State == sched.Runnable {
		r.c.Take()
	}
	if r.t.Wake != sched.WakeNone {
		r.woken(r.c, r.t)
		r.t.Wake = sched.WakeNone
	}
}

// TestHandlersAllocateNothing calls every handler with arguments of several kinds.
func TestHandlersAllocateNothing(t *testing.T) {
	ends := map[uint16]string{56: "clone", 435: "clone3", 57: "fork", 58: "vfork", 59: "execve", 322: "execveat",
		60: "exit", 231: "exit_group", 15: "rt_sigreturn"}
	const buf = base + 0x1000
	for _, args := range [][6]uint64{
		{}, {buf, 4096, buf, 8, 8, 8}, {1, buf, 8, buf, 8, 0}, {pid, 0, 0, 8, 0, 0}, {pid, pid, 0, buf}, {buf, 1, 1, 1, buf, 1},
		{0, buf, buf, 8}, {buf, buf, 64, 0, 0}, {^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)},
	} {
		r := newRig(t, 1)
		r.p.Answer = func(uint32, *[6]uint64) int64 { return 0 }
		for i := range uintptr(64) {
			r.p.Mem.Store64(buf+8*i, uint64(i&1)) // masks, times, small sizes
		}
		copy(r.p.Mem.B[0x2000:], "/proc/self/exe\x00")
		for _, e := range &table {
			if _, ok := ends[e.nr]; ok {
				continue
			}
			n := testing.AllocsPerRun(20, func() {
				r.call(uint64(e.nr), args[0], args[1], args[2], args[3], args[4], args[5])
				r.settle()
				r.t.Sig.RestoreMask()
				r.K.Pending.Queue.Flush(^signal.Set(0))
				r.t.Sig.Private.Flush(^signal.Set(0))
			})
			if n != 0 {
				t.Errorf("%s%x: %v allocations", triage.Lookup(int(e.nr)).Name, args, n)
			}
			if r.p.Ended {
				t.Fatalf("%s%x ended the program", triage.Lookup(int(e.nr)).Name, args)
			}
		}
	}
}

func TestCredentialsChangeEverywhere(t *testing.T) {
	r := newRig(t, 1)
	var header uint32
	r.p.OnInline = func(nr uintptr, a *[6]uint64) int64 {
		if nr == syscall.SYS_CAPSET && a[0] == base {
			header, _ = r.p.Mem.Load32(base + 4)
		} else if nr == syscall.SYS_CAPSET {
			header = binary.LittleEndian.Uint32(bytes64(uintptr(a[0]))[4:])
		}
		if nr == syscall.SYS_SETUID && a[0] == 7 {
			return -1
		}
		return 0
	}
	for _, nr := range []uint64{105, 106, 113, 114, 116, 117, 119, 122, 123} {
		before := r.p.Everywheres
		if got := r.call(nr, 5); got != 0 || r.p.Everywheres != before+1 {
			t.Errorf("%s: %d, made everywhere %d times", triage.Lookup(int(nr)).Name, got, r.p.Everywheres-before)
		}
	}
	if got := r.call(105, 7); got != -1 {
		t.Errorf("setuid that Linux refuses: %d", got)
	}
	r.p.Mem.Store32(base+4, pid)
	if got := r.call(126, base, base+8); got != 0 || header != 0 {
		t.Errorf("capset of oneself by number: %d, Linux is told of process %d", got, header)
	}
	r.p.Mem.Store32(base+4, 77)
	if r.call(126, base, base+8); header != 77 {
		t.Errorf("capset of another: Linux is told of process %d", header)
	}
	// A child of vfork is a process of one thread.
	before := r.p.Everywheres
	r.t.Borrowed = true
	if r.call(105, 5); r.p.Everywheres != before {
		t.Error("a child of vfork changes its parent")
	}
}

func TestUnshareNeedsOneThread(t *testing.T) {
	r := newRig(t, 1)
	var asked []uint64
	r.p.OnInline = func(nr uintptr, a *[6]uint64) int64 {
		if nr == syscall.SYS_UNSHARE {
			asked = append(asked, a[0])
		}
		return 0
	}
	const newUTS = 0x4000000
	if got := r.call(syscall.SYS_UNSHARE, newUTS|newPID|cloneThread); got != 0 || len(asked) != 2 || asked[0] != newUTS || asked[1] != newPID {
		t.Errorf("one thread: %d, Linux was asked for %x", got, asked)
	}
	o := r.K.NewThread()
	if got := r.call(syscall.SYS_UNSHARE, newUTS); got != -1 || len(asked) != 2 {
		t.Errorf("two threads: %d, Linux was asked for %x", got, asked)
	}
	r.K.FreeThread(o)
}

func TestTimerForAThread(t *testing.T) {
	r := newRig(t, 1)
	o := r.K.NewThread()
	o.State = sched.Waiting
	const ev, out = base + 64, base + 256
	r.p.Mem.Store32(ev+8, 40)
	r.p.Mem.Store32(ev+12, 4) // SIGEV_THREAD_ID
	r.p.Mem.Store32(ev+16, 99)
	if got := r.call(222, 1, ev, out); got != -22 {
		t.Errorf("a thread that is not there: %d", got)
	}
	r.p.Mem.Store32(ev+16, o.TID)
	r.p.Answer = func(nr uint32, a *[6]uint64) int64 {
		if nr == 222 {
			if b := bytes64(uintptr(a[1])); binary.LittleEndian.Uint32(b[12:]) != 0 || binary.LittleEndian.Uint32(b[8:]) != 40 {
				t.Errorf("Linux is asked for % x", b[:20])
			}
			r.p.Mem.Store32(out, 17)
		}
		return 0
	}
	r.call(222, 1, ev, out)
	r.answer()
	info := signal.Timer(40, 17, 0, 5)
	if !r.timerSignal(&info) || !o.Sig.Private.Pending().Has(40) || r.K.Pending.Queue.Pending() != 0 {
		t.Error("the signal did not go to the thread")
	}
	r.call(226, 17)
	r.answer()
	if r.timerSignal(&info) {
		t.Error("a deleted timer's signal still goes there")
	}
}

func TestSignalfdKeepsSignals(t *testing.T) {
	r := newRig(t, 1)
	r.p.Answer = func(uint32, *[6]uint64) int64 { return 5 }
	var queued []int
	r.p.OnInline = func(nr uintptr, a *[6]uint64) int64 {
		switch nr {
		case syscall.SYS_RT_SIGQUEUEINFO:
			queued = append(queued, int(a[1]))
		case syscall.SYS_RT_SIGTIMEDWAIT:
			return -11
		}
		return 0
	}
	const usr1, usr2 = 10, 12
	set := uint64(1<<(usr1-1) | 1<<(usr2-1))
	r.p.Mem.Store64(base, set)
	r.p.Mem.Store64(base+8, 1<<(usr1-1))
	r.call(14, 0, base+8, 0, 8) // SIGUSR1 is blocked
	info := signal.Kill(usr1, pid, 0)
	r.sendProcess(&info)
	r.call(289, ^uint64(0), base, 8, 0)
	r.answer()
	if r.p.Left != 1<<(usr1-1) || len(queued) != 1 || queued[0] != usr1 {
		t.Errorf("Linux keeps %#x and was sent %v", r.p.Left, queued)
	}
	info = signal.Kill(usr2, pid, 0)
	r.Actions.Set(usr2, &signal.Action{Handler: 0x1234})
	r.sendProcess(&info)
	if !r.K.Pending.Queue.Pending().Has(usr2) || len(queued) != 1 {
		t.Error("a signal that a thread takes went to Linux")
	}
	info = signal.Kill(usr1, pid, 0)
	r.sendThread(r.t, &info)
	if len(queued) != 2 {
		t.Error("a thread's signal did not go to Linux")
	}
	r.call(14, 1, base+8, 0, 8) // unblocked
	if r.p.Left != 0 {
		t.Errorf("Linux still keeps %#x", r.p.Left)
	}
}

// TestUnmadeCallIsRepeated: a call that Linux did not begin when a signal came is not seen to fail.
func TestUnmadeCallIsRepeated(t *testing.T) {
	for _, c := range []struct {
		nr     uint64
		answer int64
		again  bool
	}{
		{syscall.SYS_GETUID, -512, true}, // does not wait: EINTR would be nonsense
		{syscall.SYS_READ, -512, true},
		{syscall.SYS_READ, -4, false},
		{syscall.SYS_POLL, -4, false},
	} {
		r := newRig(t, 1)
		r.Actions.Set(10, &signal.Action{Handler: base + 0x500, Flags: signal.FlagRestorer, Restorer: base + 0x600})
		r.t.Ctx.RSP = base + size - 4096
		r.t.Ctx.RIP, r.t.Ctx.Restart = base+0x102, base+0x100
		r.call(c.nr)
		info := signal.Kill(10, pid, 0)
		r.sendThread(r.t, &info)
		r.p.Reply(0, r.t.Index, c.answer)
		r.answer()
		r.signals(r.c, r.t)
		if r.t.Ctx.RIP != base+0x500 {
			t.Fatalf("%d: no handler, at %#x", c.nr, r.t.Ctx.RIP)
		}
		rip, _ := r.p.Mem.Load64(uintptr(r.t.Ctx.RSP) + 8 + 40 + 16*8)
		want := uint64(base + 0x102)
		if c.again {
			want = base + 0x100
		}
		if rip != want {
			t.Errorf("call %d answered %d goes on at %#x, want %#x", c.nr, c.answer, rip, want)
		}
	}
}

// bytesAt and copyTo are the same of any length.
func bytesAt(addr uintptr, n int) string {
	return string(unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(nil), addr)), n))
}

func copyTo(addr uintptr, s string) {
	copy(unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(nil), addr)), len(s)), s)
}
