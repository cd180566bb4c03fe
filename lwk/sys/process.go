package sys

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
	"github.com/skerry-os/skerry/lwk/proc/signal"
	"github.com/skerry-os/skerry/lwk/sched"
)

// Processes: fork(2) and its relatives. A process of the program is a process of Linux, with an LWK
// of its own: pids, parents and waiting are Linux's.

// What Linux is to do of a clone; the rest is the LWK's (the thread's registers) or not possible.
const cloneLinux = 0x200 | 0x400 | cloneVfork | 0x8000 | clonePidfd | cloneNewAny |
	cloneParentSettid | cloneChildSettid | cloneIntoCgroup | 0x80000000 // FS, FILES, PARENT, IO

func fork(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	return s.newProcess(c, t, &cloneArgs{exitSignal: uint64(syscall.SIGCHLD)})
}

// vfork is a process that shares its parent's memory until it executes a program; see vfork.go.
func vfork(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	return s.newProcess(c, t, &cloneArgs{flags: cloneVfork | cloneVM, exitSignal: uint64(syscall.SIGCHLD)})
}

func (s *Sys) newProcess(c *sched.Core, t *sched.Thread, a *cloneArgs) int64 {
	c.HAL.Settle()
	switch {
	case a.flags&cloneVM != 0 && a.flags&cloneVfork == 0:
		s.explain("clone: processes that share memory without being threads")
		return -int64(syscall.ENOSYS)
	case a.flags&cloneSighand != 0:
		return -int64(syscall.EINVAL)
	case a.exitSignal > signal.Max:
		return -int64(syscall.EINVAL)
	}
	if c.GoHome(t) {
		return 0 // made again there
	}
	// What vfork's clone(2) cannot say is said by a fork.
	plain := a.flags&(clonePidfd|cloneIntoCgroup|newTime) == 0 && a.setTIDSize == 0
	if a.flags&cloneVM != 0 && plain && !s.lent.busy {
		s.lent.busy = true
		if ret := s.vfork(c, t, a); ret != -int64(syscall.ENOSYS) {
			return ret
		}
	}
	linux := hal.Clone{Flags: a.flags & cloneLinux, PidFD: a.pidFD, ChildTID: a.childTID, ParentTID: a.parentTID,
		ExitSignal: a.exitSignal, SetTID: a.setTID, SetTIDSize: a.setTIDSize, Cgroup: a.cgroup}
	// All processes are made by one core, while the others are outside of the kernel: no lock is held, by
	// the kernel or the Go runtime, when Linux copies the memory.
	s.Plat.Still(c.Index)
	f := hal.Forking{Threads: s.K.Used(), Alone: s.staysAlone(c, t), Allowed: t.Allowed, Took: c.Index, Share: a.flags&cloneVM != 0}
	ret := s.Plat.Fork(c.Index, hide(&linux), hide(&f))
	shares := a.flags&cloneFiles != 0
	switch {
	case ret == 0:
		s.filesShared = shares
		s.change(t, c.Index, f.Took)
		s.child(c, t, a)
		return 0
	case ret > 0 && shares:
		s.filesShared = true
	}
	s.Plat.Stir()
	return ret
}

// staysAlone reports whether the thread is the only one, and may stay on this core, the home core.
func (s *Sys) staysAlone(c *sched.Core, t *sched.Thread) bool {
	return s.K.Live() == 1 && !t.Borrowed && t.Allowed>>c.Index&1 != 0
}

// change has two cores change places.
func (s *Sys) change(t *sched.Thread, a, b int) {
	if a == b {
		return
	}
	p := s.Proc.CPUs
	p[a], p[b] = p[b], p[a]
	if t.Allowed>>a&1 != t.Allowed>>b&1 {
		t.Allowed ^= 1<<a | 1<<b
	}
}

// wait is wait4(2) and waitid(2).
func wait(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	t.After = afterSignals
	return s.again(c, t)
}

// child makes the calling thread all that there is, in a forked process.
func (s *Sys) child(c *sched.Core, t *sched.Thread, a *cloneArgs) {
	pid := uint32(s.inline(syscall.SYS_GETPID, 0, 0, 0, 0))
	s.Proc.PID = pid
	s.future = 0
	s.timers.n = 0 // a child has none
	s.tracing = notTraced
	s.OnExit = nil // only the process that was started tells of itself
	t.Borrowed, s.lent.busy = false, false
	t.Began = 0
	s.K.Alone(c, t, pid)
	if s.OnFork != nil {
		s.OnFork(c, pid)
	}
	if s.Tracer != nil {
		t.Told = false
		s.Tracer.PID = pid
		s.Tracer.Attached(c.Index, pid)
	}
	t.Sig.Release()
	s.K.Pending.Queue.Flush(^signal.Set(0))
	if a.flags&cloneVM == 0 {
		t.Sig.RestoreMask()
	}
	s.reborn(t, a)
	if t.Allowed>>c.Index&1 == 0 {
		s.Plat.Company()
		s.K.Grow() // it may not run here
		t.Return(0)
		c.Yield(t)
	}
}

// reborn makes the thread what clone's arguments ask of it, in the child.
func (s *Sys) reborn(t *sched.Thread, a *cloneArgs) {
	t.ClearTID = 0
	if a.flags&cloneChildCleart != 0 {
		t.ClearTID = uintptr(a.childTID)
	}
	if a.stack != 0 {
		t.Ctx.RSP = a.stack
	}
	if a.flags&cloneSettls != 0 {
		t.Ctx.FSBase = a.tls
	}
}

// explain says once, to those who want to know, why something was refused.
func (s *Sys) explain(what string) {
	if s.Proc.Verbose {
		s.say("skerry: refused: ", what, "\n")
	}
}
