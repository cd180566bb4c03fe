package sys

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/sched"
)

// The scheduler's calls. Policies and priorities are Linux's; affinity is kept exactly, in Linux's CPU
// numbers.

func schedYield(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	switch {
	case c.Contended():
		t.Return(0)
		c.Yield(t)
	case s.realtime:
		// Another process of the same priority gets this CPU in no other way.
		c.HAL.Settle()
		return s.inline(syscall.SYS_SCHED_YIELD, 0, 0, 0, 0)
	}
	return 0
}

// mine finds the thread that a scheduler call names: ours (nil and true: not ours but Linux's).
func (s *Sys) mine(t *sched.Thread, id uint64) (o *sched.Thread, foreign bool) {
	tid := uint32(id)
	if tid == 0 || tid == t.TID {
		return t, false
	}
	s.K.Lock()
	defer s.K.Unlock()
	if o = s.K.ByTID(tid); o == nil {
		return nil, true
	}
	return o, false
}

func schedSetaffinity(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	o, foreign := s.mine(t, t.Args[0])
	if foreign {
		return s.again(c, t)
	}
	var mask [128]byte
	n := min(t.Args[1], uint64(len(mask)))
	if err := s.copyIn(mask[:n], uintptr(t.Args[2])); err != 0 {
		return errno(err)
	}
	allowed := uint64(0)
	for i, cpu := range s.Proc.CPUs {
		if cpu < len(mask)*8 && mask[cpu/8]>>(cpu%8)&1 != 0 {
			allowed |= 1 << i
		}
	}
	if allowed == 0 {
		return -int64(syscall.EINVAL)
	}
	if t.Borrowed {
		return 0 // its next program begins with all of them
	}
	if allowed&1 == 0 {
		c.HAL.Settle()
		s.Plat.Company()
		s.K.Grow()
	}
	s.K.Lock()
	s.K.SetAllowed(o, allowed)
	s.K.Unlock()
	if o == t && allowed>>c.Index&1 == 0 {
		t.Return(0)
		c.Yield(t)
	}
	return 0
}

func schedGetaffinity(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	o, foreign := s.mine(t, t.Args[0])
	if foreign {
		return s.again(c, t)
	}
	var mask [128]byte
	size := 8
	for i, cpu := range s.Proc.CPUs {
		if cpu < len(mask)*8 {
			size = max(size, (cpu/64+1)*8)
			if o.Allowed>>i&1 != 0 {
				mask[cpu/8] |= 1 << (cpu % 8)
			}
		}
	}
	if t.Args[1]&7 != 0 || t.Args[1] < uint64(size) {
		return -int64(syscall.EINVAL)
	}
	if err := s.copyOut(uintptr(t.Args[2]), mask[:size]); err != 0 {
		return errno(err)
	}
	return int64(size)
}

// policy answers the calls about policies and priorities. They are Linux's, and kept for the core that
// the caller is on, which is where the program runs and what a fork's child begins with; the threads of
// one core share it. The LWK itself serves its threads in turn.
func policy(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	if int32(t.Args[0]) < 0 {
		return -int64(syscall.EINVAL)
	}
	if _, foreign := s.mine(t, t.Args[0]); foreign {
		return s.again(c, t)
	}
	args := t.Args
	args[0] = 0
	ret := s.inlineArgs(uintptr(t.Nr), &args)
	switch t.Nr {
	case syscall.SYS_SCHED_SETPARAM, syscall.SYS_SCHED_SETSCHEDULER, sysSchedSetattr:
		const fifo, rr, resetFork = 1, 2, 0x40000000
		now := s.inline(syscall.SYS_SCHED_GETSCHEDULER, 0, 0, 0, 0) &^ resetFork
		s.realtime = now == fifo || now == rr
	}
	return ret
}

const sysSchedSetattr = 314

// Linux's policies that a number names: FIFO and RR have priorities 1 to 99, the others (OTHER, BATCH,
// IDLE, DEADLINE, EXT) none. sched_get_priority_max(2).
func priorityMax(_ *Sys, _ *sched.Core, t *sched.Thread) int64 { return priority(t.Args[0], 99) }

func priorityMin(_ *Sys, _ *sched.Core, t *sched.Thread) int64 { return priority(t.Args[0], 1) }

func priority(policy uint64, bound int64) int64 {
	switch int32(policy) {
	case 1, 2:
		return bound
	case 0, 3, 5, 6, 7:
		return 0
	}
	return -int64(syscall.EINVAL)
}
