package sched

import (
	"syscall"
	"testing"

	"pgregory.net/rapid"
)

// TestFutexModel holds the futex table against lists: who is woken, in which order, who moves.
func TestFutexModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		k, p := machine(t, 1)
		c := k.cores[0]
		type waiter struct {
			th   *Thread
			bits uint32
		}
		// Addresses that fall into one bucket as well as others.
		addrs := []uintptr{base, base + 4, base + 8, base + 4096}
		model := map[uintptr][]waiter{}
		all := map[*Thread]uintptr{}
		wake := func(a uintptr, n int, bits uint32) (woken []*Thread) {
			var rest []waiter
			for _, w := range model[a] {
				if len(woken) < n && w.bits&bits != 0 {
					woken = append(woken, w.th)
					delete(all, w.th)
				} else {
					rest = append(rest, w)
				}
			}
			model[a] = rest
			return woken
		}
		expect := func(what string, got int, want []*Thread, more int) {
			if got != len(want)+more {
				r.Fatalf("%s returned %d, want %d and %d", what, got, len(want), more)
			}
			for _, w := range want {
				if th := c.pop(); th != w || ret(th) != 0 {
					r.Fatalf("%s woke the wrong thread", what)
				} else {
					k.FreeThread(th)
				}
			}
			if th := c.pop(); th != nil {
				r.Fatalf("%s woke thread %d too", what, th.Index)
			}
		}
		pick := func() uintptr { return addrs[rapid.IntRange(0, len(addrs)-1).Draw(r, "address")] }
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			a := pick()
			n := rapid.IntRange(0, 3).Draw(r, "n")
			bits := uint32(rapid.IntRange(1, 3).Draw(r, "bits"))
			switch rapid.IntRange(0, 6).Draw(r, "what") {
			case 0, 1, 2:
				th := thread(k, 0)
				due := int64(0)
				if n == 0 {
					due = p.Time + 10
				}
				if e := c.FutexWait(th, a, 0, bits, due); e != 0 || th.State != Waiting {
					r.Fatalf("wait: %v, state %d", e, th.State)
				}
				model[a] = append(model[a], waiter{th, bits})
				all[th] = a
			case 3:
				want := wake(a, n, bits)
				expect("wake", k.FutexWake(a, n, bits), want, 0)
			case 4:
				b := pick()
				m := rapid.IntRange(0, 3).Draw(r, "m")
				want := wake(a, n, ^uint32(0))
				moved := min(m, len(model[a]))
				if a != b {
					list := append([]waiter(nil), model[a][:moved]...)
					model[a] = model[a][moved:]
					model[b] = append(model[b], list...)
				}
				got, e := k.FutexRequeue(a, b, n, m, rapid.Bool().Draw(r, "compare"), 0)
				if e != 0 {
					r.Fatal(e)
				}
				expect("requeue", got, want, moved)
			case 5: // all time-outs come
				p.Time += 20
				timed := 0
				for _, list := range model {
					for _, w := range list {
						if w.th.heapPos != 0 {
							timed++
						}
					}
				}
				if c.sleep != timed {
					r.Fatalf("%d in the heap, want %d", c.sleep, timed)
				}
				if c.sleep > 0 {
					c.expire()
				}
				for th := c.pop(); th != nil; th = c.pop() {
					if ret(th) != -int64(syscall.ETIMEDOUT) || th.waiting {
						r.Fatalf("timed out with %d", ret(th))
					}
					for a, list := range model {
						for i, w := range list {
							if w.th == th {
								model[a] = append(append([]waiter(nil), list[:i]...), list[i+1:]...)
								timed--
							}
						}
					}
					k.FreeThread(th)
				}
				if timed != 0 {
					r.Fatalf("%d did not time out", timed)
				}
			case 6: // a signal
				for _, w := range model[a] {
					k.Cut(w.th)
					if c.pop() != w.th || ret(w.th) != -4 || !w.th.Cut {
						r.Fatal("not cut")
					}
					k.FreeThread(w.th)
					model[a] = model[a][1:]
					break
				}
			}
		}
		n := 0
		for _, l := range model {
			n += len(l)
		}
		if k.Live() != n {
			r.Fatalf("%d threads, want %d", k.Live(), n)
		}
	})
}

func TestFutexErrors(t *testing.T) {
	k, p := machine(t, 1)
	c := k.cores[0]
	th := thread(k, 0)
	p.Mem.Store32(base, 5)
	if e := c.FutexWait(th, base, 4, 1, 0); e != syscall.EAGAIN {
		t.Errorf("another value: %v", e)
	}
	if e := c.FutexWait(th, 8, 4, 1, 0); e != syscall.EFAULT {
		t.Errorf("a bad address: %v", e)
	}
	if _, e := k.FutexRequeue(base, base+4, 1, 1, true, 4); e != syscall.EAGAIN {
		t.Errorf("requeue of another value: %v", e)
	}
	if th.State != Running || th.waiting || c.sleep != 0 {
		t.Error("a wait that failed left something behind")
	}
	// The operations of FUTEX_WAKE_OP: set, add, or, andn, xor, each with argument 6 on 5; shifted 2.
	for i, want := range []uint32{6, 11, 7, 1, 3} {
		p.Mem.Store32(base+16, 5)
		if n, e := k.FutexWakeOp(base, base+16, 1, 1, uint32(i)<<28|6<<12); n != 0 || e != 0 {
			t.Errorf("operation %d: %d, %v", i, n, e)
		}
		if v, _ := p.Mem.Load32(base + 16); v != want {
			t.Errorf("operation %d made %d, want %d", i, v, want)
		}
	}
	p.Mem.Store32(base+16, 0)
	k.FutexWakeOp(base, base+16, 1, 1, 8<<28|3<<12) // set to 1<<3
	if v, _ := p.Mem.Load32(base + 16); v != 8 {
		t.Errorf("shifted: %d", v)
	}
	if _, e := k.FutexWakeOp(base, base+16, 1, 1, 7<<28); e != syscall.ENOSYS {
		t.Errorf("an unknown operation: %v", e)
	}
}

func TestPI(t *testing.T) {
	k, p := machine(t, 1)
	c := k.cores[0]
	word := func() uint32 { v, _ := p.Mem.Load32(base); return v }
	a, b, d := thread(k, 0), thread(k, 0), thread(k, 0)
	if waits, e := c.FutexLockPI(a, base, 0, false); waits || e != 0 || word() != a.TID {
		t.Fatalf("free lock: %v %v, word %#x", waits, e, word())
	}
	if _, e := c.FutexLockPI(a, base, 0, false); e != syscall.EDEADLK {
		t.Errorf("one's own lock: %v", e)
	}
	if _, e := c.FutexLockPI(b, base, 0, true); e != syscall.EAGAIN {
		t.Errorf("try: %v", e)
	}
	for _, th := range []*Thread{b, d} {
		if waits, e := c.FutexLockPI(th, base, 0, false); !waits || e != 0 {
			t.Errorf("taken lock: %v %v", waits, e)
		}
	}
	if word() != a.TID|futexWaiters {
		t.Errorf("word %#x with waiters", word())
	}
	if k.FutexWake(base, 9, ^uint32(0)) != 0 {
		t.Error("a plain wake woke who waits for the lock")
	}
	if e := k.FutexUnlockPI(b, base); e != syscall.EPERM {
		t.Errorf("unlock of another's: %v", e)
	}
	k.FutexUnlockPI(a, base)
	if c.pop() != b || word() != b.TID|futexWaiters {
		t.Errorf("handed over: word %#x", word())
	}
	k.FutexUnlockPI(b, base)
	if c.pop() != d || word() != d.TID {
		t.Errorf("handed over: word %#x", word())
	}
	k.FutexUnlockPI(d, base)
	if word() != 0 {
		t.Errorf("free: word %#x", word())
	}
	p.Mem.Store32(base, 12345)
	if _, e := c.FutexLockPI(a, base, 0, false); e != syscall.ESRCH {
		t.Errorf("an owner that is nobody: %v", e)
	}
}
