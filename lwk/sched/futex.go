package sched

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
)

// Futexes of memory that only this program maps; those in shared mappings are Linux's.
//
// A waiter is in the bucket of its address. The test of the word and the entry into the bucket are
// one step under the lock, as are a wake's removals, so that no wake is lost (futex(2)).

const futexBuckets = 1024

type bucket struct{ first, last *Thread }

func (k *Kernel) bucket(key uintptr) *bucket {
	return &k.futexes[(key>>2*0x9e3779b97f4a7c15)>>54%futexBuckets]
}

// FutexWait puts the running thread to sleep on addr if the word there is val, until a wake whose
// bits meet these, or due. It returns 0 if the thread now waits; otherwise the call's error.
func (c *Core) FutexWait(t *Thread, addr uintptr, val, bits uint32, due int64) hal.Errno {
	k := c.k
	k.Lock()
	defer k.Unlock()
	v, err := k.Plat.User().Load32(addr)
	if err != 0 {
		return err
	}
	if v != val {
		return syscall.EAGAIN
	}
	t.bits, t.pi = bits, false
	k.enqueue(t, addr)
	c.Sleep(t, due, -int64(syscall.ETIMEDOUT))
	return 0
}

// FutexWake wakes up to n waiters of addr whose bits meet these, first come first served.
func (k *Kernel) FutexWake(addr uintptr, n int, bits uint32) int {
	k.Lock()
	w := k.wake(addr, n, bits)
	k.Unlock()
	return w
}

func (k *Kernel) wake(addr uintptr, n int, bits uint32) (woken int) {
	b := k.bucket(addr)
	for t := b.first; t != nil && woken < n; {
		next := t.qnext
		if t.key == addr && t.bits&bits != 0 && !t.pi {
			k.Ready(t, 0)
			woken++
		}
		t = next
	}
	return woken
}

// FutexRequeue wakes up to n waiters of from and moves up to m of the rest to to. With compare, only
// if the word at from is val (EAGAIN otherwise). It returns the number woken plus the number moved, as
// Linux does for both (the manual says otherwise of FUTEX_REQUEUE).
func (k *Kernel) FutexRequeue(from, to uintptr, n, m int, compare bool, val uint32) (int, hal.Errno) {
	k.Lock()
	defer k.Unlock()
	if compare {
		v, err := k.Plat.User().Load32(from)
		if err != 0 {
			return 0, err
		}
		if v != val {
			return 0, syscall.EAGAIN
		}
	}
	woken := k.wake(from, n, ^uint32(0))
	moved := 0
	for t := k.bucket(from).first; t != nil && moved < m; {
		next := t.qnext
		if t.key == from && !t.pi {
			if from != to { // else they would be met again and again
				k.dequeue(t)
				k.enqueue(t, to)
			}
			moved++
		}
		t = next
	}
	return woken + moved, 0
}

// FutexWakeOp changes the word at b as op says, wakes up to n waiters of a, and up to m of b if the
// old word met op's condition (futex(2), FUTEX_WAKE_OP).
func (k *Kernel) FutexWakeOp(a, b uintptr, n, m int, op uint32) (int, hal.Errno) {
	arg := int32(op<<8) >> 20
	cmparg := int32(op<<20) >> 20
	if op>>28&8 != 0 {
		arg = int32(uint32(1) << (uint32(arg) & 31))
	}
	k.Lock()
	defer k.Unlock()
	u := k.Plat.User()
	var old uint32
	for {
		v, err := u.Load32(b)
		if err != 0 {
			return 0, err
		}
		var w uint32
		switch op >> 28 & 7 {
		case 0:
			w = uint32(arg)
		case 1:
			w = v + uint32(arg)
		case 2:
			w = v | uint32(arg)
		case 3:
			w = v &^ uint32(arg)
		case 4:
			w = v ^ uint32(arg)
		default:
			return 0, syscall.ENOSYS
		}
		if old, err = u.CAS32(b, v, w); err != 0 {
			return 0, err
		}
		if old == v {
			break
		}
	}
	meets, o := false, int32(old)
	switch op >> 24 & 15 {
	case 0:
		meets = o == cmparg
	case 1:
		meets = o != cmparg
	case 2:
		meets = o < cmparg
	case 3:
		meets = o <= cmparg
	case 4:
		meets = o > cmparg
	case 5:
		meets = o >= cmparg
	default:
		return 0, syscall.ENOSYS
	}
	woken := k.wake(a, n, ^uint32(0))
	if meets {
		woken += k.wake(b, m, ^uint32(0))
	}
	return woken, 0
}

// enqueue puts a thread at the end of an address's waiters.
func (k *Kernel) enqueue(t *Thread, addr uintptr) {
	b := k.bucket(addr)
	t.key, t.waiting = addr, true
	t.qnext, t.qprev = nil, b.last
	if b.last == nil {
		b.first = t
	} else {
		b.last.qnext = t
	}
	b.last = t
}

func (k *Kernel) dequeue(t *Thread) {
	b := k.bucket(t.key)
	if t.qprev == nil {
		b.first = t.qnext
	} else {
		t.qprev.qnext = t.qnext
	}
	if t.qnext == nil {
		b.last = t.qprev
	} else {
		t.qnext.qprev = t.qprev
	}
	t.qnext, t.qprev, t.waiting = nil, nil, false
}
