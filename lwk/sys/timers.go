package sys

import (
	"encoding/binary"
	"syscall"

	"github.com/skerry-os/skerry/lwk/proc/signal"
	"github.com/skerry-os/skerry/lwk/sched"
)

// Timers of timer_create(2) are Linux's, and so is their signal, which comes back to the LWK as one of
// the process. Those whose signal goes to one thread are known here, because Linux does not know the
// thread.

const maxTimers = 1024 // with a thread of their own

type timerTable struct {
	n    int
	list [maxTimers]struct {
		id  int32
		tid uint32
	}
}

func (tt *timerTable) find(id int32) int {
	for i := range tt.list[:tt.n] {
		if tt.list[i].id == id {
			return i
		}
	}
	return -1
}

func timerCreate(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	const (
		sigevSignal   = 0
		sigevThreadID = 4
		notify, whom  = 12, 16 // in struct sigevent
	)
	if t.Args[0] == threadClock {
		// The calling thread's processor time is its core's.
		c.HAL.Settle()
		return s.onCoreTimer(t)
	}
	if t.Args[1] == 0 {
		return s.again(c, t)
	}
	b := &t.Buf
	if err := s.copyIn(b[:], uintptr(t.Args[1])); err != 0 {
		return errno(err)
	}
	le := binary.LittleEndian
	if le.Uint32(b[notify:]) != sigevThreadID {
		return s.again(c, t)
	}
	tid := le.Uint32(b[whom:])
	s.K.Lock()
	known, room := s.K.ByTID(tid) != nil, s.timers.n < maxTimers
	s.K.Unlock()
	switch {
	case !known:
		return -int64(syscall.EINVAL)
	case !room:
		return -int64(syscall.EAGAIN)
	}
	le.PutUint32(b[notify:], sigevSignal)
	t.Scratch[0] = uint64(tid)
	t.After = afterTimer
	args := t.Args
	args[1] = address(b[:])
	return s.ship(c, t, t.Nr, &args)
}

// threadClock is CLOCK_THREAD_CPUTIME_ID.
const threadClock = 3

// onCoreTimer makes a timer on the core itself.
func (s *Sys) onCoreTimer(t *sched.Thread) int64 {
	args := t.Args
	const (
		sigevSignal   = 0
		sigevThreadID = 4
		notify, whom  = 12, 16
	)
	var b [64]byte
	le := binary.LittleEndian
	if args[1] != 0 {
		if err := s.copyIn(b[:], uintptr(args[1])); err != 0 {
			return errno(err)
		}
		if le.Uint32(b[notify:]) == sigevThreadID {
			tid := le.Uint32(b[whom:])
			s.K.Lock()
			known, room := s.K.ByTID(tid) != nil, s.timers.n < maxTimers
			s.K.Unlock()
			switch {
			case !known:
				return -int64(syscall.EINVAL)
			case !room:
				return -int64(syscall.EAGAIN)
			}
			le.PutUint32(b[notify:], sigevSignal)
			t.Scratch[0] = uint64(tid)
			t.After = afterTimer
		}
		args[1] = address(b[:])
	}
	ret := s.inlineArgs(syscall.SYS_TIMER_CREATE, &args)
	if ret == 0 && t.After == afterTimer {
		s.timerMade(t)
	}
	return ret
}

// timerMade notes a new timer's thread.
func (s *Sys) timerMade(t *sched.Thread) {
	id, err := s.User.Load32(uintptr(t.Args[2]))
	if err != 0 {
		return
	}
	s.K.Lock()
	if tt := &s.timers; tt.n < maxTimers {
		tt.list[tt.n].id, tt.list[tt.n].tid = int32(id), uint32(t.Scratch[0])
		tt.n++
	}
	s.K.Unlock()
}

func timerDelete(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	s.K.Lock()
	if tt := &s.timers; tt.n > 0 {
		if i := tt.find(int32(t.Args[0])); i >= 0 {
			tt.n--
			tt.list[i] = tt.list[tt.n]
		}
	}
	s.K.Unlock()
	return s.again(c, t)
}

// timerSignal sends a timer's signal to the thread that it is for; false: it is for the process.
func (s *Sys) timerSignal(info *signal.Info) bool {
	s.K.Lock()
	i := s.timers.find(int32(info.Union[0]))
	var to *sched.Thread
	if i >= 0 {
		to = s.K.ByTID(s.timers.list[i].tid)
	}
	s.K.Unlock()
	if i < 0 {
		return false
	}
	if to != nil {
		s.sendThread(to, info)
	}
	return true // to nobody when the thread has ended, as in Linux
}
