package sched

import (
	"sync"
	"testing"

	"github.com/skerry-os/skerry/ikc"
	"github.com/skerry-os/skerry/lwk/fake"
	"github.com/skerry-os/skerry/lwk/hal"
	"github.com/skerry-os/skerry/lwk/proc/signal"
)

const base = 0x10000 // of the program's memory

var signals sync.Once

// machine makes a kernel on n fake cores with a few pages of memory.
func machine(t testing.TB, n int) (*Kernel, *fake.Platform) {
	t.Helper()
	p := fake.New(n, base, 1<<16)
	k, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	signals.Do(func() {
		if err := signal.Init(836); err != nil {
			t.Fatal(err)
		}
	})
	k.Hooks = Hooks{
		Syscall:   func(*Core, *Thread) {},
		Fault:     func(*Core, *Thread) {},
		Signals:   func(*Core, *Thread) {},
		Done:      func(_ *Core, _ *Thread, ret int64) int64 { return ret },
		Woken:     func(*Core, *Thread) {},
		OwnerDied: func(uintptr) {},
		Message:   func(*Core, *ikc.Slot) {},
	}
	return k, p
}

// thread makes a thread that runs on a core, as if it were in a system call.
func thread(k *Kernel, core int) *Thread {
	t := k.NewThread()
	t.core, t.State = k.cores[core], Running
	return t
}

func ret(t *Thread) int64 { return int64(t.Ctx.RAX) }

func TestQueueIsFirstInFirstOut(t *testing.T) {
	k, _ := machine(t, 1)
	c := k.cores[0]
	var made []*Thread
	for range 5 {
		th := k.NewThread()
		k.Make(th)
		made = append(made, th)
	}
	if c.queued != 5 || c.load() != 5 {
		t.Errorf("%d queued, load %d", c.queued, c.load())
	}
	c.remove(made[2])
	c.remove(made[4])
	k.Make(made[2])
	for i, want := range []*Thread{made[0], made[1], made[3], made[2], nil} {
		if got := c.pop(); got != want {
			t.Errorf("thread %d of the queue is %v", i, got)
		}
	}
	if c.queued != 0 || c.head != nil || c.tail != nil {
		t.Errorf("an empty queue of %d, %p to %p", c.queued, c.head, c.tail)
	}
}

func TestTableIsReused(t *testing.T) {
	k, _ := machine(t, 1)
	a := k.NewThread()
	tid, index, ext := a.TID, a.Index, a.Ctx.Ext
	a.Robust, a.Allowed = 7, 1
	k.FreeThread(a)
	if k.ByTID(tid) != nil || k.Live() != 0 {
		t.Error("a freed thread is found")
	}
	b := k.NewThread()
	if b != a || b.Index != index || b.Ctx.Ext != ext || b.TID == tid || b.Robust != 0 {
		t.Errorf("taken again: index %d, id %d, robust list %#x", b.Index, b.TID, b.Robust)
	}
	if k.ByTID(b.TID) != b || k.ByIndex(index) != b || k.ByIndex(99) != nil {
		t.Error("ByTID or ByIndex")
	}
}

func TestStealingAndAffinity(t *testing.T) {
	k, p := machine(t, 3)
	busy := thread(k, 0)
	k.cores[0].current = busy
	var th [4]*Thread
	for i := range th {
		th[i] = k.NewThread()
		th[i].core = k.cores[0]
		th[i].Allowed = 1 // core 0 alone
		k.Make(th[i])
	}
	if k.cores[0].queued != 4 {
		t.Fatalf("%d threads on the only core they may run on", k.cores[0].queued)
	}
	if s := k.cores[1].steal(); s != nil {
		t.Errorf("stole thread %d, which may not run there", s.Index)
	}
	th[1].Allowed, th[2].Allowed = 1|4, 1|2|4
	if s := k.cores[1].steal(); s != th[2] || s.core != k.cores[1] {
		t.Errorf("core 1 stole %v", s)
	}
	if s := k.cores[2].steal(); s != th[1] {
		t.Errorf("core 2 stole %v", s)
	}
	if k.cores[0].pop() != th[0] || k.cores[0].pop() != th[3] || k.cores[0].pop() != nil {
		t.Error("what is left is out of order")
	}
	// A thread that is queued moves at once when its core is taken from it.
	k.cores[0].push(th[0])
	k.SetAllowed(th[0], 4)
	if k.cores[0].head != nil || k.cores[2].head != th[0] {
		t.Error("a queued thread did not move")
	}
	kicks := p.Fake(0).Kicks
	k.SetAllowed(busy, 2)
	if p.Fake(0).Kicks == kicks {
		t.Error("a running thread was not told to move")
	}
	// Made runnable, a thread goes to an idle core rather than wait for a busy one.
	k.cores[2].pop()
	w := k.NewThread()
	w.core = k.cores[0]
	k.Make(w)
	if k.cores[1].head != w || p.Fake(1).Wakes == 0 {
		t.Error("an idle core was not used, or not woken")
	}
}

func TestSignalBeforeTheWait(t *testing.T) {
	k, p := machine(t, 2)
	th := thread(k, 0)
	info := signal.Kill(10, 1, 0)
	// The other core sent it while this one had the call in hand.
	signal.Send(&th.Sig.Private, &info)
	if err := k.cores[0].FutexWait(th, base, 0, 1, 0); err != 0 {
		t.Fatal(err)
	}
	if th.State != Runnable || ret(th) != -4 || th.waiting {
		t.Errorf("state %d, result %d: the signal was slept over", th.State, ret(th))
	}
	k.cores[0].pop()
	th.State = Running
	k.cores[0].Ship(th, 0, &[6]uint64{})
	if th.State != Shipped || !th.Cut || p.NInterrupts != 1 || p.Interrupted[0] != th.Index {
		t.Errorf("state %d, cut %v, %d interruptions", th.State, th.Cut, p.NInterrupts)
	}
}

func TestShippedCallInterrupted(t *testing.T) {
	k, p := machine(t, 1)
	c := k.cores[0]
	th := thread(k, 0)
	c.Ship(th, 7, &[6]uint64{1, 2, 3})
	if p.Sent != 1 || p.Last.Nr != 7 || p.Last.Args[2] != 3 {
		t.Fatalf("sent %+v", p.Last)
	}
	// A stray interruption, meant for another call of the same proxy: the call is made again.
	for i, r := range []int64{-4, unmade} {
		p.Reply(0, th.Index, r)
		c.look()
		if p.Sent != 2+i || th.State != Shipped {
			t.Fatalf("answer %d without a cause: %d sent, state %d", r, p.Sent, th.State)
		}
	}
	k.Cut(th)
	k.Cut(th) // once is enough
	if p.NInterrupts != 1 {
		t.Errorf("%d interruptions", p.NInterrupts)
	}
	p.Reply(0, th.Index, unmade)
	c.look()
	if th.State != Runnable || ret(th) != -4 || !th.Unmade || p.Resumed != 1 {
		t.Errorf("state %d, result %d, unmade %v, resumed %d", th.State, ret(th), th.Unmade, p.Resumed)
	}
	// Answers for nobody, and to who did not ask, are dropped.
	p.Reply(0, 77777, 5)
	p.Reply(0, th.Index, 5)
	c.look()
	if ret(th) != -4 || c.queued != 1 {
		t.Error("an answer that nobody waits for changed something")
	}
}

// TestRun runs two threads that yield to each other, and a third that waits for the second.
func TestRun(t *testing.T) {
	k, p := machine(t, 1)
	c := k.cores[0]
	var order []uint32
	var a, b, w *Thread
	p.Fake(0).OnRun = func(ctx *hal.Context) hal.Trap {
		order = append(order, c.current.Index)
		return hal.TrapSyscall
	}
	k.Hooks.Syscall = func(c *Core, th *Thread) {
		if th == w {
			c.FutexWait(th, base, 0, 1, 0)
			return
		}
		if th == b && len(order) == 5 {
			k.FutexWake(base, 1, 1)
		}
		c.Yield(th)
	}
	a, b, w = k.NewThread(), k.NewThread(), k.NewThread()
	for _, th := range []*Thread{a, b, w} {
		k.Make(th)
	}
	for range 8 {
		th := c.pop()
		th.State, c.current = Running, th
		c.run(th)
	}
	want := []uint32{0, 1, 2, 0, 1, 0, 2, 1}
	for i := range want {
		if order[i] != want[i] {
			t.Fatalf("ran %v, want %v", order, want)
		}
	}
	if c.Stats.Switches == 0 {
		t.Error("no switches counted")
	}
}

func TestSchedulerAllocatesNothing(t *testing.T) {
	k, p := machine(t, 2)
	p.Answer = func(uint32, *[6]uint64) int64 { return 0 }
	c := k.cores[0]
	a, b := thread(k, 0), thread(k, 0)
	a.Robust = base + 64
	p.Mem.Store64(base+64, base+64)
	if n := testing.AllocsPerRun(100, func() {
		c.FutexWait(a, base, 0, 1, p.Time+5)
		c.FutexWait(b, base, 0, 1, 0)
		k.FutexRequeue(base, base+4, 1, 1, true, 0)
		k.FutexWakeOp(base+8, base+4, 1, 1, 1<<28)
		k.FutexWake(base+4, 1, 1)
		c.pop()
		c.pop()
		k.cores[1].pop()
		k.cores[1].pop()
		a.State, b.State, c.current = Running, Running, a
		c.Ship(a, 0, &a.Args)
		c.look()
		a.State, c.current = Running, nil
		x := k.NewThread()
		k.Make(x)
		k.cores[0].remove(x)
		k.cores[1].remove(x)
		k.FreeThread(x)
		k.ReleaseRobust(a)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
