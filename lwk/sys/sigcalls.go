package sys

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/proc/signal"
	"github.com/skerry-os/skerry/lwk/sched"
)

// Calls that send signals, set their actions and masks, and return from handlers.

func kill(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	pid, sig := int32(t.Args[0]), int(int32(t.Args[1]))
	if !s.ours(uint32(pid)) {
		if pid <= 0 {
			t.After = afterSignals
		}
		return s.again(c, t) // another process, or a group: Linux sends us our part back
	}
	if sig == 0 {
		return 0
	}
	if !signal.Valid(sig) {
		return -int64(syscall.EINVAL)
	}
	if r, ok := s.signalSelf(c, t); ok {
		return r
	}
	if sig == 9 || sig == 19 {
		args := [6]uint64{uint64(s.Proc.PID), uint64(sig)}
		return s.ship(c, t, t.Nr, &args)
	}
	info := signal.Kill(sig, int32(s.Proc.PID), s.uid())
	if t.Borrowed {
		return errno(s.sendThread(t, &info)) // what is pending for the process is its parent's
	}
	return errno(s.sendProcess(&info))
}

// pidfdSendSignal may be to the program itself: Linux knows.
func pidfdSendSignal(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	t.After = afterSignals
	return s.again(c, t)
}

// ours reports whether a number that a signal is sent to is the program's: its pid, or one of a thread,
// which stands for its process.
func (s *Sys) ours(pid uint32) bool {
	if pid == s.Proc.PID {
		return true
	}
	if int32(pid) <= 0 {
		return false
	}
	s.K.Lock()
	defer s.K.Unlock()
	return s.K.ByTID(pid) != nil
}

func tkill(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	return s.tgkill(c, t, s.Proc.PID, uint32(t.Args[0]), int(int32(t.Args[1])))
}

func tgkill(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	return s.tgkill(c, t, uint32(t.Args[0]), uint32(t.Args[1]), int(int32(t.Args[2])))
}

func (s *Sys) tgkill(c *sched.Core, t *sched.Thread, pid, tid uint32, sig int) int64 {
	if int32(pid) <= 0 || int32(tid) <= 0 {
		return -int64(syscall.EINVAL)
	}
	s.K.Lock()
	to := s.K.ByTID(tid)
	s.K.Unlock()
	switch {
	case pid != s.Proc.PID || to == nil && t.Nr == syscall.SYS_TKILL:
		return s.again(c, t)
	case to == nil:
		return -int64(syscall.ESRCH)
	case sig == 0:
		return 0
	case !signal.Valid(sig):
		return -int64(syscall.EINVAL)
	}
	if r, ok := s.signalSelf(c, t); ok {
		return r
	}
	switch sig {
	case 9:
		s.allDie(c.Index, sig)
		s.die(sig)
	case 19:
		s.Plat.Stop(sig)
		return 0
	}
	info := signal.Tgkill(sig, int32(pid), s.uid())
	if !s.mayQueue(&info) {
		return -int64(syscall.EAGAIN)
	}
	return errno(s.sendThread(to, &info))
}

func rtSigqueueinfo(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	sig := int(int32(t.Args[1]))
	if !s.ours(uint32(t.Args[0])) || sig == 0 || sig == 9 || sig == 19 {
		args := t.Args
		if s.ours(uint32(args[0])) {
			args[0] = uint64(s.Proc.PID)
		}
		return s.ship(c, t, t.Nr, &args)
	}
	if !signal.Valid(sig) {
		return -int64(syscall.EINVAL)
	}
	info, err := signal.CopyIn(s.User, uintptr(t.Args[2]), sig)
	if err != 0 {
		return errno(err)
	}
	if !s.mayQueue(&info) {
		return -int64(syscall.EAGAIN)
	}
	if t.Borrowed {
		return errno(s.sendThread(t, &info))
	}
	return errno(s.sendProcess(&info))
}

// mayQueue tells whether RLIMIT_SIGPENDING leaves room for a real-time signal that must be queued. Linux
// counts all of a user's processes; here it is the program alone.
func (s *Sys) mayQueue(info *signal.Info) bool {
	const sigPending = 11
	if info.Signo < signal.RTMin || info.Code >= signal.CodeUser {
		return true
	}
	limit := [2]uint64{^uint64(0)}
	s.inline(syscall.SYS_GETRLIMIT, sigPending, address64(&limit), 0, 0)
	return uint64(signal.InUse()) < limit[0]
}

func rtTgsigqueueinfo(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	sig := int(int32(t.Args[2]))
	if uint32(t.Args[0]) != s.Proc.PID || sig == 0 || sig == 9 || sig == 19 {
		return s.again(c, t)
	}
	s.K.Lock()
	to := s.K.ByTID(uint32(t.Args[1]))
	s.K.Unlock()
	if to == nil {
		return -int64(syscall.ESRCH)
	}
	if !signal.Valid(sig) {
		return -int64(syscall.EINVAL)
	}
	info, err := signal.CopyIn(s.User, uintptr(t.Args[3]), sig)
	if err != 0 {
		return errno(err)
	}
	if !s.mayQueue(&info) {
		return -int64(syscall.EAGAIN)
	}
	return errno(s.sendThread(to, &info))
}

func rtSigaction(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	sig := int(int32(t.Args[0]))
	flush, err := signal.Sigaction(&s.Actions, s.User, sig, uintptr(t.Args[1]), uintptr(t.Args[2]), t.Args[3])
	if err != 0 {
		return errno(err)
	}
	if t.Args[1] != 0 && sig == int(syscall.SIGCHLD) {
		// Whether children become zombies is Linux's affair.
		s.MirrorChild()
	}
	s.alsoLinux(t, t.Args[1] != 0 && !synchronous.Has(sig))
	if flush != 0 {
		s.K.Lock()
		s.K.Pending.Queue.Flush(flush)
		s.K.Each(func(o *sched.Thread) bool { o.Sig.Private.Flush(flush); return true })
		s.K.Unlock()
	}
	return 0
}

// MirrorChild gives Linux the program's action for SIGCHLD as far as it matters there.
func (s *Sys) MirrorChild() {
	const noCldStop, noCldWait = 1, 2
	act := s.Actions.Get(int(syscall.SIGCHLD))
	s.Plat.ChildSignal(act.Handler == signal.HandlerIgnore, act.Flags&(noCldStop|noCldWait))
}

func rtSigprocmask(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	a := &t.Args
	err := signal.Sigprocmask(&t.Sig, s.User, int(int32(a[0])), uintptr(a[1]), uintptr(a[2]), a[3])
	s.retarget(t.Sig.Mask)
	s.alsoLinux(t, t.Args[1] != 0)
	if s.fdSignals != 0 {
		s.keep()
	}
	return errno(err)
}

func rtSigpending(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	if p := s.keptPending(); p != 0 && t.Args[1] == 8 {
		p |= (t.Sig.Private.Pending() | s.K.Pending.Queue.Pending()) & t.Sig.Mask
		return errno(s.User.Store64(uintptr(t.Args[0]), uint64(p)))
	}
	from := &s.K.Pending
	if t.Borrowed {
		from = &s.lent.none
	}
	return errno(signal.Sigpending(&t.Sig, from, s.User, uintptr(t.Args[0]), t.Args[1]))
}

func sigaltstack(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	return errno(signal.Sigaltstack(&t.Sig, s.User, &t.Ctx, uintptr(t.Args[0]), uintptr(t.Args[1])))
}

func rtSigreturn(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	if signal.Return(c.HAL, s.User, &t.Ctx, &t.Sig, &s.frames[c.Index]) != 0 {
		signal.ForceSegv(&s.Actions, &t.Sig, 0)
	}
	if s.fdSignals != 0 {
		s.keep()
	}
	return int64(t.Ctx.RAX)
}
