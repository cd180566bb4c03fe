package sched

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
)

// Priority-inheritance futexes (futex(2), FUTEX_LOCK_PI and company): the word holds the owner's
// thread id. Priorities are all one here, so that what is left is the hand-over protocol: the lock
// goes to the first waiter, never to whoever comes by.

const (
	futexWaiters   = 0x80000000
	futexOwnerDied = 0x40000000
	futexTIDMask   = 0x3fffffff
)

// FutexLockPI takes the lock at addr for the running thread, or waits for it until due. waits is
// true when the thread now waits. With try it never waits.
func (c *Core) FutexLockPI(t *Thread, addr uintptr, due int64, try bool) (waits bool, e hal.Errno) {
	k, u := c.k, c.k.Plat.User()
	k.Lock()
	defer k.Unlock()
	for {
		v, err := u.Load32(addr)
		if err != 0 {
			return false, err
		}
		owner := v & futexTIDMask
		switch {
		case owner == t.TID:
			return false, syscall.EDEADLK
		case owner == 0:
			n := t.TID | v&futexOwnerDied
			if k.piWaiter(addr) != nil {
				n |= futexWaiters
			}
			if old, err := u.CAS32(addr, v, n); err != 0 {
				return false, err
			} else if old != v {
				continue
			}
			return false, 0
		case k.ByTID(owner) == nil:
			return false, syscall.ESRCH
		case try:
			return false, syscall.EAGAIN
		}
		if old, err := u.CAS32(addr, v, v|futexWaiters); err != 0 {
			return false, err
		} else if old != v {
			continue
		}
		t.bits, t.pi = ^uint32(0), true
		k.enqueue(t, addr)
		c.Sleep(t, due, -int64(syscall.ETIMEDOUT))
		return true, 0
	}
}

// FutexUnlockPI hands the lock at addr, which the thread holds, to its first waiter.
func (k *Kernel) FutexUnlockPI(t *Thread, addr uintptr) hal.Errno {
	k.Lock()
	defer k.Unlock()
	v, err := k.Plat.User().Load32(addr)
	if err != 0 {
		return err
	}
	if v&futexTIDMask != t.TID {
		return syscall.EPERM
	}
	return k.handPI(addr, 0)
}

// handPI gives the lock to the first waiter, or frees it. Under Lock.
func (k *Kernel) handPI(addr uintptr, flags uint32) hal.Errno {
	u := k.Plat.User()
	w := k.piWaiter(addr)
	if w == nil {
		return u.Store32(addr, flags)
	}
	k.dequeue(w)
	n := w.TID | flags
	if k.piWaiter(addr) != nil {
		n |= futexWaiters
	}
	err := u.Store32(addr, n)
	k.Ready(w, 0)
	return err
}

func (k *Kernel) piWaiter(addr uintptr) *Thread {
	for t := k.bucket(addr).first; t != nil; t = t.qnext {
		if t.key == addr && t.pi {
			return t
		}
	}
	return nil
}

// Robust list (get_robust_list(2)): what a thread holds when it ends is marked, and a waiter woken.

const robustLimit = 2048

// ReleaseRobust does so for a thread that ends. Its list is the program's memory, so that nothing of
// it is believed; a bad pointer ends the walk.
func (k *Kernel) ReleaseRobust(t *Thread) {
	head := t.Robust
	if head == 0 {
		return
	}
	u := k.Plat.User()
	off, e1 := u.Load64(head + 8)
	pending, e2 := u.Load64(head + 16)
	entry, e3 := u.Load64(head)
	if e1|e2|e3 != 0 {
		return
	}
	k.Lock()
	defer k.Unlock()
	for range robustLimit {
		if entry&^1 == uint64(head) {
			break
		}
		next, err := u.Load64(uintptr(entry &^ 1))
		if entry != pending {
			k.ownerDied(t, uintptr(entry&^1+off), entry&1 != 0)
		}
		if err != 0 {
			break
		}
		entry = next
	}
	if pending != 0 {
		k.ownerDied(t, uintptr(pending&^1+off), pending&1 != 0)
	}
}

func (k *Kernel) ownerDied(t *Thread, addr uintptr, pi bool) {
	u := k.Plat.User()
	for {
		v, err := u.Load32(addr)
		if err != 0 || v&futexTIDMask != t.TID {
			return
		}
		if pi {
			k.handPI(addr, futexOwnerDied)
			return
		}
		old, err := u.CAS32(addr, v, v&futexWaiters|futexOwnerDied)
		if err != 0 {
			return
		}
		if old == v {
			if v&futexWaiters != 0 {
				if k.wake(addr, 1, ^uint32(0)) == 0 {
					k.Hooks.OwnerDied(addr)
				}
			}
			return
		}
	}
}
