package sys

import (
	"encoding/binary"
	"syscall"

	"github.com/skerry-os/skerry/lwk/sched"
)

// Time. Programs read clocks through the vDSO, which these calls only stand in for.

const (
	clockRealtime  = 0
	clockMonotonic = 1
	clockBoottime  = 7
	clockTAI       = 11
	timerAbstime   = 1
)

// clock reads one of Linux's clocks in nanoseconds.
func (s *Sys) clock(id uint64) int64 {
	var b [16]byte
	if s.inline(syscall.SYS_CLOCK_GETTIME, id, address(b[:]), 0, 0) != 0 {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(b[:]))*1e9 + int64(binary.LittleEndian.Uint64(b[8:]))
}

func clockGettime(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	var b [16]byte
	if t.Args[0] == clockMonotonic {
		now := s.Plat.Now()
		binary.LittleEndian.PutUint64(b[:], uint64(now/1e9))
		binary.LittleEndian.PutUint64(b[8:], uint64(now%1e9))
		return errno(s.copyOut(uintptr(t.Args[1]), b[:]))
	}
	if r := s.inline(syscall.SYS_CLOCK_GETTIME, s.cpuClock(t.Args[0]), address(b[:]), 0, 0); r != 0 {
		return r
	}
	return errno(s.copyOut(uintptr(t.Args[1]), b[:]))
}

// cpuClock is the clock of Linux's for a clock id: the processor time of a thread of the program
// (pthread_getcpuclockid(3)) is its core's.
func (s *Sys) cpuClock(id uint64) uint64 {
	const perThread, kinds = 4, 7
	v := int32(id)
	if v >= 0 || v&perThread == 0 || v&kinds == kinds {
		return id
	}
	s.K.Lock()
	defer s.K.Unlock()
	if tid := uint32(^(v >> 3)); tid != 0 && s.K.ByTID(tid) != nil {
		return threadClock
	}
	return id
}

func gettimeofday(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	var tv [16]byte
	var tz [8]byte
	if r := s.inline(syscall.SYS_GETTIMEOFDAY, address(tv[:]), address(tz[:]), 0, 0); r != 0 {
		return r
	}
	if p := uintptr(t.Args[0]); p != 0 {
		if err := s.copyOut(p, tv[:]); err != 0 {
			return errno(err)
		}
	}
	if p := uintptr(t.Args[1]); p != 0 {
		return errno(s.copyOut(p, tz[:]))
	}
	return 0
}

func time(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	now := s.clock(clockRealtime) / 1e9
	if p := uintptr(t.Args[0]); p != 0 {
		if err := s.User.Store64(p, uint64(now)); err != 0 {
			return errno(err)
		}
	}
	return now
}

func nanosleep(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	return s.sleep(c, t, clockMonotonic, 0, uintptr(t.Args[0]))
}

func clockNanosleep(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	switch t.Args[0] {
	case clockRealtime, clockMonotonic, clockBoottime, clockTAI:
		return s.sleep(c, t, t.Args[0], t.Args[1], uintptr(t.Args[2]))
	}
	return s.again(c, t) // CPU-time clocks
}

func (s *Sys) sleep(c *sched.Core, t *sched.Thread, clock, flags uint64, req uintptr) int64 {
	d, err := s.timespec(req)
	if err != 0 {
		return errno(err)
	}
	now := s.Plat.Now()
	due := now + d
	if flags&timerAbstime != 0 {
		due = d
		if clock != clockMonotonic {
			due += now - s.clock(clock)
		}
	} else if t.Resume != 0 {
		due = t.Resume
	}
	t.Resume = 0
	if due <= now {
		return 0
	}
	s.K.Lock()
	c.Sleep(t, due, 0)
	s.K.Unlock()
	return 0
}

// remaining tells an interrupted relative sleep how much was left.
func (s *Sys) remaining(t *sched.Thread) {
	p := uintptr(t.Args[1])
	if t.Nr == syscall.SYS_CLOCK_NANOSLEEP {
		if t.Args[1]&timerAbstime != 0 {
			return
		}
		p = uintptr(t.Args[3])
	} else if t.Nr != syscall.SYS_NANOSLEEP {
		return
	}
	if p == 0 {
		return
	}
	left := max(t.Due()-s.Plat.Now(), 0)
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], uint64(left/1e9))
	binary.LittleEndian.PutUint64(b[8:], uint64(left%1e9))
	if s.copyOut(p, b[:]) != 0 {
		t.Return(-int64(syscall.EFAULT))
	}
}
