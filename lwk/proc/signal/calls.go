package signal

import (
	"encoding/binary"
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
)

// Values of rt_sigprocmask's how.
const (
	howBlock   = 0
	howUnblock = 1
	howSet     = 2
)

// Sigprocmask is rt_sigprocmask(2): newPtr and oldPtr are the program's addresses of a set each, or 0,
// size is their size in bytes. EINVAL for a size other than 8 or an unknown how, EFAULT. After it
// the caller looks at HasPending.
func Sigprocmask(st *State, user hal.User, how int, newPtr, oldPtr uintptr, size uint64) hal.Errno {
	if size != setSize {
		return syscall.EINVAL
	}
	old := st.Mask
	if newPtr != 0 {
		v, e := user.Load64(newPtr)
		if e != 0 {
			return e
		}
		switch how {
		case howBlock:
			st.SetMask(old | Set(v))
		case howUnblock:
			st.SetMask(old &^ Set(v))
		case howSet:
			st.SetMask(Set(v))
		default:
			return syscall.EINVAL
		}
	}
	if oldPtr != 0 {
		return user.Store64(oldPtr, uint64(old))
	}
	return 0
}

// Sigpending is rt_sigpending(2): what is pending and blocked, its first size bytes.
func Sigpending(st *State, sh *Shared, user hal.User, ptr uintptr, size uint64) hal.Errno {
	if size > setSize {
		return syscall.EINVAL
	}
	set := (st.Private.Pending() | sh.Queue.Pending()) & st.Mask
	if size == setSize {
		return user.Store64(ptr, uint64(set))
	}
	binary.LittleEndian.PutUint64(st.word[:], uint64(set))
	return user.CopyOut(ptr, st.word[:size])
}

// Sigaction is rt_sigaction(2) on the table. flush is what the caller must drop from all queues of the
// process, because it is ignored now; it counts even with an error (EFAULT of oldPtr).
func Sigaction(a *Actions, user hal.User, sig int, newPtr, oldPtr uintptr, size uint64) (flush Set, e hal.Errno) {
	if size != setSize {
		return 0, syscall.EINVAL
	}
	var old Action
	if newPtr != 0 {
		var n Action
		if n, e = loadAction(user, newPtr); e != 0 {
			return 0, e
		}
		if old, e = a.Set(sig, &n); e != 0 {
			return 0, e
		}
		if a.Ignored(sig) {
			flush = Of(sig)
		}
	} else if old, e = a.Set(sig, nil); e != 0 {
		return 0, e
	}
	if oldPtr != 0 {
		e = storeAction(user, oldPtr, &old)
	}
	return flush, e
}

func loadAction(user hal.User, p uintptr) (a Action, e hal.Errno) {
	if a.Handler, e = user.Load64(p); e != 0 {
		return a, e
	}
	if a.Flags, e = user.Load64(p + 8); e != 0 {
		return a, e
	}
	if a.Restorer, e = user.Load64(p + 16); e != 0 {
		return a, e
	}
	m, e := user.Load64(p + 24)
	a.Mask = Set(m)
	return a, e
}

func storeAction(user hal.User, p uintptr, a *Action) hal.Errno {
	for i, v := range [4]uint64{a.Handler, a.Flags, a.Restorer, uint64(a.Mask)} {
		if e := user.Store64(p+uintptr(8*i), v); e != 0 {
			return e
		}
	}
	return 0
}
