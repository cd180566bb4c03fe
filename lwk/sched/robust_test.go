package sched

import (
	"testing"

	"pgregory.net/rapid"
)

const (
	listHead = base + 0x100
	lockOff  = 32 // from an entry to its futex word
)

// list makes a robust list of entries that end at the head.
func list(store func(uintptr, uint64), pending uintptr, entries ...uintptr) {
	at := uintptr(listHead)
	for _, e := range entries {
		store(at, uint64(e))
		at = e &^ 1
	}
	store(at, listHead)
	store(listHead+8, lockOff)
	store(listHead+16, uint64(pending))
}

func TestRobustList(t *testing.T) {
	k, p := machine(t, 1)
	c := k.cores[0]
	store := func(a uintptr, v uint64) { p.Mem.Store64(a, v) }
	word := func(e uintptr) uint32 { v, _ := p.Mem.Load32(e + lockOff); return v }
	a, w, x := thread(k, 0), thread(k, 0), thread(k, 0)
	var linux []uintptr
	k.Hooks.OwnerDied = func(addr uintptr) { linux = append(linux, addr) }
	const e1, e2, e3, e4, e5 = base + 0x200, base + 0x300, base + 0x400, base + 0x500, base + 0x600
	list(store, e5, e1, e2, e3|1, e4)
	p.Mem.Store32(e1+lockOff, a.TID)
	p.Mem.Store32(e2+lockOff, a.TID|futexWaiters)
	p.Mem.Store32(e3+lockOff, a.TID|futexWaiters)
	p.Mem.Store32(e4+lockOff, x.TID) // another's
	p.Mem.Store32(e5+lockOff, a.TID|futexWaiters)
	c.FutexWait(w, e2+lockOff, a.TID|futexWaiters, ^uint32(0), 0)
	c.FutexLockPI(x, e3+lockOff, 0, false)
	a.Robust = listHead
	k.ReleaseRobust(a)
	if word(e1) != futexOwnerDied || word(e2) != futexOwnerDied|futexWaiters || word(e5) != futexOwnerDied|futexWaiters {
		t.Errorf("words %#x %#x %#x", word(e1), word(e2), word(e5))
	}
	if word(e3) != x.TID|futexOwnerDied {
		t.Errorf("the lock with priorities is %#x, want its waiter's, %#x", word(e3), x.TID)
	}
	if word(e4) != x.TID {
		t.Errorf("another's lock is %#x", word(e4))
	}
	if c.pop() != w || c.pop() != x || c.pop() != nil {
		t.Error("the wrong threads were woken")
	}
	if len(linux) != 1 || linux[0] != e5+lockOff {
		t.Errorf("Linux was told of %#x", linux)
	}
}

// TestRobustListHostile: whatever is in the program's memory, the walk ends, and nothing changes but
// words that say that the thread owns them.
func TestRobustListHostile(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		k, p := machine(t, 1)
		a := thread(k, 0)
		place := func(what string) uint64 {
			switch rapid.IntRange(0, 5).Draw(r, what) {
			case 0:
				return rapid.Uint64().Draw(r, what)
			case 1:
				return base + 1<<16 - uint64(rapid.IntRange(0, 16).Draw(r, what)) // the edge
			case 2:
				return uint64(listHead)
			default:
				return base + 8*uint64(rapid.IntRange(0, 200).Draw(r, what)) + uint64(rapid.IntRange(0, 1).Draw(r, what))
			}
		}
		for i := range 200 {
			v := place("word")
			if rapid.IntRange(0, 3).Draw(r, "owned") == 0 {
				v = uint64(a.TID) | uint64(a.TID)<<32
			}
			p.Mem.Store64(base+uintptr(8*i), v)
		}
		if rapid.Bool().Draw(r, "near") {
			p.Mem.Store64(listHead+8, uint64(rapid.IntRange(-64, 64).Draw(r, "offset")))
		}
		a.Robust = uintptr(place("head"))
		before := append([]byte(nil), p.Mem.B...)
		k.ReleaseRobust(a)
		for i := 0; i+4 <= len(before); i++ {
			if before[i] == p.Mem.B[i] {
				continue
			}
			// The changed byte belongs to a word, at any alignment, that held the thread's id.
			ok := false
			for s := max(0, i-3); s <= i; s++ {
				v := uint32(before[s]) | uint32(before[s+1])<<8 | uint32(before[s+2])<<16 | uint32(before[s+3])<<24
				ok = ok || v&futexTIDMask == a.TID
			}
			if !ok {
				r.Fatalf("byte %#x changed", i)
			}
		}
	})
}

func TestRobustListInACircle(t *testing.T) {
	k, p := machine(t, 1)
	a := thread(k, 0)
	const e1, e2 = base + 0x200, base + 0x300
	p.Mem.Store64(listHead, e1)
	p.Mem.Store64(listHead+8, lockOff)
	p.Mem.Store64(e1, e2)
	p.Mem.Store64(e2, e1)
	p.Mem.Store32(e2+lockOff, a.TID)
	a.Robust = listHead
	k.ReleaseRobust(a) // returns
	if v, _ := p.Mem.Load32(e2 + lockOff); v != futexOwnerDied {
		t.Errorf("word %#x", v)
	}
}
