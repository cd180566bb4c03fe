package sys

import (
	"encoding/binary"
	"syscall"

	"github.com/skerry-os/skerry/lwk/proc/signal"
	"github.com/skerry-os/skerry/lwk/sched"
)

// Timers of timer_create(2) are Linux's, and so is their signal, which comes back to the LWK as one of
// the process. They are known here because Linux does not know the thread that a signal is for, nor how
// many expiries are one signal by the time that a thread takes it.

const maxTimers = 1024 // those beyond have no thread of their own, and Linux counts their overruns

type timerTable struct {
	n    int
	list [maxTimers]struct {
		id      int32
		tid     uint32 // 0: the signal is the process's
		taken   bool   // a thread has taken a signal of it since it was set
		overrun int32  // what that signal's siginfo said
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
	t.Scratch[0] = 0
	t.After = afterTimer
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
	t.Scratch[0] = 0
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
		}
		args[1] = address(b[:])
	}
	ret := s.inlineArgs(syscall.SYS_TIMER_CREATE, &args)
	if ret == 0 {
		s.timerMade(t)
	}
	return ret
}

// timerMade notes a new timer and its thread.
func (s *Sys) timerMade(t *sched.Thread) {
	id, err := s.User.Load32(uintptr(t.Args[2]))
	if err != 0 {
		return
	}
	s.K.Lock()
	if tt := &s.timers; tt.n < maxTimers {
		e := &tt.list[tt.n]
		e.id, e.tid, e.taken = int32(id), uint32(t.Scratch[0]), false
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

// timerSettime: what was missed before is not told any more.
func timerSettime(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	s.K.Lock()
	if i := s.timers.find(int32(t.Args[0])); i >= 0 {
		s.timers.list[i].taken = false
	}
	s.K.Unlock()
	return s.again(c, t)
}

// timerGetoverrun answers for the signal that was taken last, which may stand for several of Linux's.
func timerGetoverrun(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	s.K.Lock()
	i := s.timers.find(int32(t.Args[0]))
	if i < 0 || !s.timers.list[i].taken {
		s.K.Unlock()
		return s.again(c, t)
	}
	n := s.timers.list[i].overrun
	s.K.Unlock()
	return int64(n)
}

// timerTaken is for a signal that a thread takes.
func (s *Sys) timerTaken(info *signal.Info) {
	if info.Code != signal.CodeTimer {
		return
	}
	s.K.Lock()
	if i := s.timers.find(int32(info.Union[0])); i >= 0 {
		e := &s.timers.list[i]
		e.taken, e.overrun = true, int32(info.Union[0]>>32)
	}
	s.K.Unlock()
}

// timerSignal sends a timer's signal to the thread that it is for; false: it is for the process.
func (s *Sys) timerSignal(info *signal.Info) bool {
	s.K.Lock()
	i := s.timers.find(int32(info.Union[0]))
	var to *sched.Thread
	if i >= 0 {
		to = s.K.ByTID(s.timers.list[i].tid)
	}
	process := i < 0 || s.timers.list[i].tid == 0
	s.K.Unlock()
	if process {
		return false
	}
	if to != nil {
		s.sendThread(to, info)
	}
	return true // to nobody when the thread has ended, as in Linux
}
