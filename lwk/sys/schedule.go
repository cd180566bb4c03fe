package sys

import (
	"encoding/binary"
	"syscall"

	"github.com/skerry-os/skerry/lwk/sched"
)

// The scheduler's calls. There is one policy here, SCHED_OTHER without priorities; affinity is kept
// exactly, in Linux's CPU numbers.

func schedYield(_ *Sys, c *sched.Core, t *sched.Thread) int64 {
	if c.Contended() {
		t.Return(0)
		c.Yield(t)
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

const (
	schedOther = 0
	schedBatch = 3
	schedIdle  = 5
	resetFork  = 0x40000000
)

func schedSetscheduler(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	if _, foreign := s.mine(t, t.Args[0]); foreign {
		return s.again(c, t)
	}
	prio, err := s.User.Load32(uintptr(t.Args[2]))
	if err != 0 {
		return errno(err)
	}
	switch t.Args[1] &^ resetFork {
	case schedOther, schedBatch, schedIdle:
		if prio != 0 {
			return -int64(syscall.EINVAL)
		}
		return 0
	case 1, 2: // FIFO, RR
		if prio < 1 || prio > 99 {
			return -int64(syscall.EINVAL)
		}
		return -int64(syscall.EPERM)
	}
	return -int64(syscall.EINVAL)
}

func schedGetscheduler(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	if _, foreign := s.mine(t, t.Args[0]); foreign {
		return s.again(c, t)
	}
	return schedOther
}

func schedSetparam(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	if _, foreign := s.mine(t, t.Args[0]); foreign {
		return s.again(c, t)
	}
	prio, err := s.User.Load32(uintptr(t.Args[1]))
	if err != 0 {
		return errno(err)
	}
	if prio != 0 {
		return -int64(syscall.EINVAL)
	}
	return 0
}

func schedGetparam(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	if _, foreign := s.mine(t, t.Args[0]); foreign {
		return s.again(c, t)
	}
	return errno(s.User.Store32(uintptr(t.Args[1]), 0))
}

func schedPriorityMax(_ *Sys, _ *sched.Core, t *sched.Thread) int64 {
	switch t.Args[0] {
	case 1, 2:
		return 99
	case 0, 3, 5, 6:
		return 0
	}
	return -int64(syscall.EINVAL)
}

func schedPriorityMin(_ *Sys, _ *sched.Core, t *sched.Thread) int64 {
	switch t.Args[0] {
	case 1, 2:
		return 1
	case 0, 3, 5, 6:
		return 0
	}
	return -int64(syscall.EINVAL)
}

// schedRRGetInterval reports the time slice.
func schedRRGetInterval(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	if _, foreign := s.mine(t, t.Args[0]); foreign {
		return s.again(c, t)
	}
	var b [16]byte
	binary.LittleEndian.PutUint64(b[8:], 4e6)
	return errno(s.copyOut(uintptr(t.Args[1]), b[:]))
}

// schedAttrSize is the smallest struct sched_attr (SCHED_ATTR_SIZE_VER0).
const schedAttrSize = 48

func schedSetattr(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	if t.Args[1] == 0 || t.Args[2] != 0 || int32(t.Args[0]) < 0 {
		return -int64(syscall.EINVAL)
	}
	if _, foreign := s.mine(t, t.Args[0]); foreign {
		return s.again(c, t)
	}
	var b [schedAttrSize]byte
	if err := s.copyIn(b[:], uintptr(t.Args[1])); err != 0 {
		return errno(err)
	}
	le := binary.LittleEndian
	if size := le.Uint32(b[:]); size != 0 && size < schedAttrSize || size > 4096 {
		s.User.Store32(uintptr(t.Args[1]), schedAttrSize)
		return -int64(syscall.E2BIG)
	}
	switch le.Uint32(b[4:]) {
	case schedOther, schedBatch, schedIdle:
		if le.Uint32(b[20:]) != 0 {
			return -int64(syscall.EINVAL)
		}
		return 0
	case 1, 2, 6: // FIFO, RR, DEADLINE
		return -int64(syscall.EPERM)
	}
	return -int64(syscall.EINVAL)
}

func schedGetattr(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	if t.Args[1] == 0 || t.Args[2] < schedAttrSize || t.Args[2] > 4096 || t.Args[3] != 0 || int32(t.Args[0]) < 0 {
		return -int64(syscall.EINVAL)
	}
	if _, foreign := s.mine(t, t.Args[0]); foreign {
		return s.again(c, t)
	}
	var b [schedAttrSize]byte
	binary.LittleEndian.PutUint32(b[:], schedAttrSize)
	return errno(s.copyOut(uintptr(t.Args[1]), b[:]))
}
