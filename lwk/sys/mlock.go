package sys

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/mem"
	"github.com/skerry-os/skerry/lwk/sched"
)

// Locking all memory: the program's, mapping by mapping. Linux's own call would lock, and so fill, all
// that the LWK has reserved.

const (
	mclCurrent = 1
	mclFuture  = 2
	mclOnFault = 4
	sysMlock2  = 325
)

func mlockall(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	how := t.Args[0]
	if how == 0 || how == mclOnFault || how&^(mclCurrent|mclFuture|mclOnFault) != 0 {
		return -int64(syscall.EINVAL)
	}
	if r := s.mayLock(); r != 0 {
		return r
	}
	r := int64(0)
	if how&mclCurrent != 0 {
		s.Space.Walk(0, func(a mem.Area) bool {
			r = s.lock(s.used(&a), a.End, how&mclOnFault != 0 || a.Prot == 0)
			return r == 0
		})
	}
	if r == 0 {
		s.future = how &^ mclCurrent
		if how&mclFuture == 0 {
			s.future = 0
		}
	}
	return r
}

// used is where the used part of an area begins: the first stack is mapped whole here, where Linux lets
// it grow, and would count as a whole against the limit of locked memory.
func (s *Sys) used(a *mem.Area) uintptr {
	const room = 128 << 10
	s.K.Lock()
	t := s.K.Main(s.Proc.PID)
	s.K.Unlock()
	if p := s.Proc.Stack; uint64(a.Start) >= p[1] || uint64(a.End) <= p[0] || t == nil {
		return a.Start
	}
	if sp := uintptr(t.Ctx.RSP) &^ 4095; sp >= a.Start+room && sp < a.End {
		return sp - room
	}
	return a.Start
}

func (s *Sys) lock(lo, hi uintptr, onFault bool) int64 {
	if onFault {
		return s.inline(sysMlock2, uint64(lo), uint64(hi-lo), 1, 0)
	}
	return s.inline(syscall.SYS_MLOCK, uint64(lo), uint64(hi-lo), 0, 0)
}

// mayLock is Linux's first question: mlock of nothing asks nothing else.
func (s *Sys) mayLock() int64 { return s.inline(syscall.SYS_MLOCK, 0, 0, 0, 0) }

func munlockall(s *Sys, _ *sched.Core, _ *sched.Thread) int64 {
	s.future = 0
	s.Space.Walk(0, func(a mem.Area) bool {
		s.inline(syscall.SYS_MUNLOCK, uint64(a.Start), uint64(a.End-a.Start), 0, 0)
		return true
	})
	return 0
}

// lockNew locks memory that has come to a program that wants all locked.
func (s *Sys) lockNew(c *sched.Core, lo, hi uintptr) {
	if s.future != 0 && lo < hi {
		c.HAL.Settle()
		s.lock(lo, hi, s.future&mclOnFault != 0)
	}
}
