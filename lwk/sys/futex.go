package sys

import (
	"encoding/binary"
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
	"github.com/skerry-os/skerry/lwk/sched"
)

const (
	futexPrivate  = 128
	futexRealtime = 256
)

func futex(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	a := &t.Args
	addr, op, val := uintptr(a[0]), uint32(a[1]), uint32(a[2])
	if addr&3 != 0 {
		return -int64(syscall.EINVAL)
	}
	if op&futexPrivate == 0 && s.sharedMapping(addr) {
		// Other processes may wait or wake there: Linux's. But for locks with an owner, as Linux knows
		// the owners by other ids.
		switch op & 127 {
		case 6, 7, 8, 11, 12, 13:
			return -int64(syscall.ENOSYS)
		}
		return s.again(c, t)
	}
	switch op &^ (futexPrivate | futexRealtime) {
	case 0: // FUTEX_WAIT, relative
		return s.futexWait(c, t, addr, val, ^uint32(0), uintptr(a[3]), false, false)
	case 9: // FUTEX_WAIT_BITSET, absolute
		if uint32(a[5]) == 0 {
			return -int64(syscall.EINVAL)
		}
		return s.futexWait(c, t, addr, val, uint32(a[5]), uintptr(a[3]), true, op&futexRealtime != 0)
	case 1: // FUTEX_WAKE
		return int64(s.K.FutexWake(addr, count(val), ^uint32(0)))
	case 10: // FUTEX_WAKE_BITSET
		if uint32(a[5]) == 0 {
			return -int64(syscall.EINVAL)
		}
		return int64(s.K.FutexWake(addr, count(val), uint32(a[5])))
	case 3: // FUTEX_REQUEUE
		return both(s.K.FutexRequeue(addr, uintptr(a[4]), int(int32(val)), int(int32(a[3])), false, 0))
	case 4: // FUTEX_CMP_REQUEUE
		return both(s.K.FutexRequeue(addr, uintptr(a[4]), int(int32(val)), int(int32(a[3])), true, uint32(a[5])))
	case 5: // FUTEX_WAKE_OP
		return both(s.K.FutexWakeOp(addr, uintptr(a[4]), count(val), count(uint32(a[3])), uint32(a[5])))
	case 6, 13: // FUTEX_LOCK_PI (absolute, realtime), FUTEX_LOCK_PI2
		due, err := s.due(uintptr(a[3]), true, op&^futexPrivate == 6 || op&futexRealtime != 0)
		if err != 0 {
			return errno(err)
		}
		_, err = c.FutexLockPI(t, addr, due, false)
		return errno(err)
	case 8: // FUTEX_TRYLOCK_PI
		_, err := c.FutexLockPI(t, addr, 0, true)
		return errno(err)
	case 7: // FUTEX_UNLOCK_PI
		return errno(s.K.FutexUnlockPI(t, addr))
	}
	return -int64(syscall.ENOSYS)
}

// count is a number of waiters as Linux takes it: at least one.
func count(v uint32) int { return max(1, int(int32(v))) }

func both(n int, err hal.Errno) int64 {
	if err != 0 {
		return errno(err)
	}
	return int64(n)
}

func (s *Sys) futexWait(c *sched.Core, t *sched.Thread, addr uintptr, val, bits uint32, timeout uintptr, absolute, realtime bool) int64 {
	due, err := s.due(timeout, absolute, realtime)
	if err != 0 {
		return errno(err)
	}
	if t.Resume != 0 && !absolute && timeout != 0 {
		due = t.Resume // goes on after a signal that ran no handler
	}
	t.Resume = 0
	return errno(c.FutexWait(t, addr, val, bits, due))
}

// due converts a timeout at the program's address p to the monotonic clock; 0: none.
func (s *Sys) due(p uintptr, absolute, realtime bool) (int64, hal.Errno) {
	if p == 0 {
		return 0, 0
	}
	d, err := s.timespec(p)
	if err != 0 {
		return 0, err
	}
	switch {
	case !absolute:
		d += s.Plat.Now()
	case realtime:
		d += s.Plat.Now() - s.clock(clockRealtime)
	}
	return max(d, 1), 0
}

// timespec reads a struct timespec as nanoseconds, saturated.
func (s *Sys) timespec(p uintptr) (int64, hal.Errno) {
	var b [16]byte
	if err := s.copyIn(b[:], p); err != 0 {
		return 0, err
	}
	sec := int64(binary.LittleEndian.Uint64(b[:]))
	ns := int64(binary.LittleEndian.Uint64(b[8:]))
	if sec < 0 || ns < 0 || ns >= 1e9 {
		return 0, syscall.EINVAL
	}
	return min(sec, 1<<32)*1e9 + ns, 0
}

// ownerDied is the scheduler's hook: a waiter at Linux is woken as Linux would.
func (s *Sys) ownerDied(addr uintptr) {
	if s.sharedMapping(addr) {
		s.inline(syscall.SYS_FUTEX, uint64(addr), 1, 1, 0)
	}
}

// sharedMapping reports whether other processes may have the memory at addr as well.
func (s *Sys) sharedMapping(addr uintptr) bool {
	const mapShared = 1
	a, ok := s.Space.Find(addr)
	return ok && a.Flags&mapShared != 0
}
