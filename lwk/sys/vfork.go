package sys

import (
	"syscall"

	"github.com/skerry-os/skerry/abi/triage"
	"github.com/skerry-os/skerry/lwk/hal"
	"github.com/skerry-os/skerry/lwk/proc/signal"
	"github.com/skerry-os/skerry/lwk/sched"
)

// vfork(2), and clone with CLONE_VM and CLONE_VFORK, which posix_spawn(3) uses: the child shares the
// memory of its parent, which stands still until the child has executed a program or ended. Child and
// parent also share the LWK's own memory, so that the child
//   - runs in a loop of its own (borrowed), in which nothing of the scheduler is touched,
//   - makes its system calls itself: the proxies belong to the parent's process,
//   - leaves behind no change to what the LWK knows: thread, actions and ids are put back.
//
// One child at a time is borrowed from; while there is one, another core's vfork is a fork, and so is its own.
// A process that it forks has memory of its own, and goes on as any other.

// lent is what the parent gets back.
type lent struct {
	busy    bool
	thread  sched.Thread
	actions signal.Actions
	pid     uint32
	persona uint32
	tracing tracing
	none    signal.Shared // no signal of the parent's is taken by the child
}

func (s *Sys) vfork(c *sched.Core, t *sched.Thread, a *cloneArgs) int64 {
	l := &s.lent
	t.CopyTo(&l.thread)
	l.pid, l.persona, l.tracing = s.Proc.PID, s.Proc.Persona, s.tracing
	s.Actions.CopyTo(&l.actions)
	flags := a.flags&(cloneLinux&^(cloneParentSettid|cloneChildSettid)) | cloneVM | cloneVfork | a.exitSignal
	ret := s.Plat.Vfork(c.Index, flags, s.staysAlone(c, t))
	if ret != 0 {
		t.Sig.Release()
		l.thread.CopyTo(t)
		l.actions.CopyTo(&s.Actions)
		s.Proc.PID, s.Proc.Persona, s.tracing = l.pid, l.persona, l.tracing
		l.busy = false
		if ret > 0 {
			if a.flags&cloneParentSettid != 0 {
				s.User.Store32(uintptr(a.parentTID), uint32(ret))
			}
			s.Plat.Vforked(c.Index)
		}
		return ret
	}
	pid := uint32(s.inline(syscall.SYS_GETPID, 0, 0, 0, 0))
	s.Proc.PID, t.TID = pid, pid
	s.tracing = notTraced
	t.Borrowed = true
	t.Sig.Private = signal.Queue{} // the parent's wait for the parent
	if a.flags&cloneChildSettid != 0 {
		s.User.Store32(uintptr(a.childTID), pid)
	}
	s.reborn(t, a)
	t.Return(0)
	if s.Tracer != nil {
		t.Told = false
		s.Tracer.Attached(c.Index, pid)
	}
	s.borrowed(c, t)
	return 0
}

// borrowed is the child's life until it executes a program or ends. It returns in a process that the child
// has forked.
func (s *Sys) borrowed(c *sched.Core, t *sched.Thread) {
	for t.Borrowed {
		if t.Sig.Private.Pending()&^t.Sig.Mask != 0 {
			s.deliver(c, t, &s.lent.none)
		}
		switch c.HAL.Run(&t.Ctx) {
		case hal.TrapSyscall:
			if s.Tracer != nil {
				s.straceBorrowed(c, t)
				continue
			}
			s.borrowedCall(c, t)
		case hal.TrapFault:
			s.fault(c, t)
		}
	}
}

func (s *Sys) borrowedCall(c *sched.Core, t *sched.Thread) {
	x := &t.Ctx
	nr := uint32(x.RAX)
	t.Nr, t.Args = nr, [6]uint64{x.RDI, x.RSI, x.RDX, x.R10, x.R8, x.R9}
	t.After = afterNothing
	switch nr {
	case syscall.SYS_EXIT, syscall.SYS_EXIT_GROUP:
		s.Plat.Exit(int(t.Args[0] & 0xff))
	case syscall.SYS_SCHED_YIELD, syscall.SYS_FUTEX, syscall.SYS_NANOSLEEP, syscall.SYS_CLOCK_NANOSLEEP,
		syscall.SYS_PAUSE, syscall.SYS_RT_SIGSUSPEND, syscall.SYS_RT_SIGTIMEDWAIT:
		t.Return(s.inlineArgs(uintptr(nr), &t.Args)) // what would wait in the scheduler
		return
	}
	if nr < maxCalls && s.handlers[nr] != nil {
		t.Return(s.handlers[nr](s, c, t))
		return
	}
	if nr >= maxCalls || s.place[nr] != triage.Ship {
		t.Return(-int64(syscall.ENOSYS))
		return
	}
	t.Return(s.inlineArgs(uintptr(nr), &t.Args))
}
