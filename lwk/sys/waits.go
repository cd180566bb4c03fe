package sys

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/proc/signal"
	"github.com/skerry-os/skerry/lwk/sched"
)

// Waiting for signals, or with another signal mask.

// waitSignal parks the thread until a signal cuts its call short.
func (s *Sys) waitSignal(c *sched.Core, t *sched.Thread, due, timeout int64) {
	s.K.Lock()
	c.Sleep(t, due, timeout)
	if signal.HasPending(&t.Sig, &s.K.Pending) {
		s.K.Cut(t)
	}
	s.K.Unlock()
}

func pause(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	s.waitSignal(c, t, 0, 0)
	return 0
}

func rtSigsuspend(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	if t.Args[1] != 8 {
		return -int64(syscall.EINVAL)
	}
	m, err := s.User.Load64(uintptr(t.Args[0]))
	if err != 0 {
		return errno(err)
	}
	s.swapMask(t, signal.Set(m))
	s.waitSignal(c, t, 0, 0)
	return 0
}

func rtSigtimedwait(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	const never = 1<<(9-1) | 1<<(19-1)
	if t.Args[3] != 8 {
		return -int64(syscall.EINVAL)
	}
	m, err := s.User.Load64(uintptr(t.Args[0]))
	if err != 0 {
		return errno(err)
	}
	due, err := s.due(uintptr(t.Args[2]), false, false)
	if err != 0 {
		return errno(err)
	}
	set := signal.Set(m) &^ never
	if k := s.kept & set; k != 0 {
		if info, ok := s.takeLinux(k); ok {
			return s.gotSignal(t, &info)
		}
	}
	if info, ok := signal.Next(&t.Sig, &s.K.Pending, ^set); ok {
		return s.gotSignal(t, &info)
	}
	if due != 0 && due <= s.Plat.Now() {
		return -int64(syscall.EAGAIN)
	}
	t.Scratch[0] = uint64(set)
	t.Wake = sched.WakeSigwait
	t.Sig.BeginWait(set)
	if s.fdSignals != 0 {
		s.keep()
	}
	s.waitSignal(c, t, due, -int64(syscall.EAGAIN))
	return 0
}

// sigwaitOver completes rt_sigtimedwait when its thread runs again.
func (s *Sys) sigwaitOver(t *sched.Thread) {
	t.Sig.EndWait()
	if info, ok := signal.Next(&t.Sig, &s.K.Pending, ^signal.Set(t.Scratch[0])); ok {
		t.Cut = false
		t.Return(s.gotSignal(t, &info))
	}
	if s.fdSignals != 0 {
		s.keep()
	}
}

func (s *Sys) gotSignal(t *sched.Thread, info *signal.Info) int64 {
	s.timerTaken(info)
	if p := uintptr(t.Args[1]); p != 0 {
		if err := info.CopyOut(s.User, p); err != 0 {
			return errno(err)
		}
	}
	return int64(info.Signo)
}

// swapMask begins a wait with another mask.
func (s *Sys) swapMask(t *sched.Thread, m signal.Set) {
	t.Sig.SwapMask(m)
	if s.fdSignals != 0 {
		s.keep()
	}
}

// withMask ships a call that waits with another signal mask (ppoll and its like): the mask is the
// LWK's affair, so Linux is not told. set is the program's address of the mask, 0: none.
func (s *Sys) withMask(c *sched.Core, t *sched.Thread, nr uint32, args *[6]uint64, set uintptr, size uint64) int64 {
	if set != 0 {
		if size != 8 {
			return -int64(syscall.EINVAL)
		}
		m, err := s.User.Load64(set)
		if err != 0 {
			return errno(err)
		}
		s.swapMask(t, signal.Set(m))
		t.After = afterMask
		if signal.HasPending(&t.Sig, &s.K.Pending) {
			t.Cut = true
			return -int64(syscall.EINTR)
		}
	}
	return s.ship(c, t, nr, args)
}

func ppoll(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	a := t.Args
	a[3], a[4] = 0, 0
	return s.withMask(c, t, t.Nr, &a, uintptr(t.Args[3]), t.Args[4])
}

func pselect6(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	a := t.Args
	a[5] = 0
	if p := uintptr(t.Args[5]); p != 0 {
		set, e1 := s.User.Load64(p)
		size, e2 := s.User.Load64(p + 8)
		if e1|e2 != 0 {
			return -int64(syscall.EFAULT)
		}
		return s.withMask(c, t, t.Nr, &a, uintptr(set), size)
	}
	return s.withMask(c, t, t.Nr, &a, 0, 0)
}

func epollPwait(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	a := t.Args
	a[4] = 0
	return s.withMask(c, t, t.Nr, &a, uintptr(t.Args[4]), t.Args[5])
}

// ioPgetevents: the last argument leads to a mask and its size, as pselect6's.
func ioPgetevents(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	return pselect6(s, c, t)
}

func epollPwait2(s *Sys, c *sched.Core, t *sched.Thread) int64 { return epollPwait(s, c, t) }
