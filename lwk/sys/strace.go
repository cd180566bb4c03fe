package sys

import (
	"sync/atomic"
	"syscall"

	"github.com/skerry-os/skerry/abi/triage"
	"github.com/skerry-os/skerry/lwk/proc/signal"
	"github.com/skerry-os/skerry/lwk/sched"
	"github.com/skerry-os/skerry/lwk/strace"
)

// Tracing every call (lwk/strace). The hooks take the place of the plain ones, so that without a tracer
// nothing is asked.

// Trace has every call, signal and end told to tr. fd is the tracer's own descriptor, which the program
// cannot close.
func (s *Sys) Trace(tr *strace.Tracer, fd int) {
	s.Tracer, s.traceFD = tr, fd
	s.K.Hooks.Syscall, s.K.Hooks.Told = s.straced, s.told
}

const (
	sysClose      = 3
	sysDup2       = 33
	sysDup3       = 292
	sysCloseRange = 436
	sysExecveat   = 322
	sysClone3     = 435
)

// straced is the scheduler's hook for system calls.
func (s *Sys) straced(c *sched.Core, t *sched.Thread) {
	c.HAL.Settle()
	x := &t.Ctx
	call := strace.Call{Who: t.TID, Nr: uint32(x.RAX), Args: [6]uint64{x.RDI, x.RSI, x.RDX, x.R10, x.R8, x.R9}}
	tr, nr := s.Tracer, call.Nr
	if ret, ours := s.protected(&call); ours {
		t.Nr, t.Args = nr, call.Args
		t.Return(ret)
		tr.Whole(c.Index, &call, ret)
		return
	}
	switch nr {
	case syscall.SYS_EXIT:
		tr.Never(c.Index, &call)
		tr.Exited(c.Index, call.Who, int(call.Args[0]&0xff))
		s.syscall(c, t)
		return
	case syscall.SYS_EXIT_GROUP:
		tr.Never(c.Index, &call)
		s.allExit(c.Index, int(call.Args[0]&0xff))
		s.syscall(c, t)
		return
	}
	if nr == syscall.SYS_RT_SIGRETURN {
		s.syscall(c, t)
		tr.Returned(c.Index, &call, uint64(t.Sig.Mask), int64(t.Ctx.RAX))
		return
	}
	begun := s.begins(nr)
	if begun {
		t.Told = true
		tr.Begin(c.Index, &call)
	}
	others := uint32(0)
	if nr == syscall.SYS_EXECVE || nr == sysExecveat {
		others = uint32(s.K.Live() - 1)
		atomic.AddUint32(&tr.Shared.Alive, -others)
	}
	pid := s.Proc.PID
	s.syscall(c, t)
	if s.Proc.PID != pid {
		return // the child of a fork, of which s.child has told
	}
	atomic.AddUint32(&tr.Shared.Alive, others)
	if c.Gone() {
		// A call that was not begun can only be with Linux: its answer comes to this core.
		if !begun && t.State == sched.Shipped {
			t.Told = true
			tr.Begin(c.Index, &call)
		}
		return
	}
	ret := s.shown(t)
	if (nr == syscall.SYS_CLONE || nr == sysClone3) && ret > 0 && s.K.Live() > 1 {
		s.K.Lock()
		thread := s.K.ByTID(uint32(ret)) != nil
		s.K.Unlock()
		if thread {
			tr.Attached(c.Index, uint32(ret))
		}
	}
	if t.Told {
		t.Told = false
		tr.Resume(c.Index, &call, ret)
	} else {
		tr.Whole(c.Index, &call, ret)
	}
}

// begins reports whether a call's beginning is written before it is handled: it may wait in the LWK,
// make its thread lose the core, or never come back.
func (s *Sys) begins(nr uint32) bool {
	switch nr {
	case syscall.SYS_SCHED_YIELD, syscall.SYS_SCHED_SETAFFINITY, syscall.SYS_EXECVE, sysExecveat,
		syscall.SYS_FORK, syscall.SYS_VFORK, syscall.SYS_CLONE, sysClone3, syscall.SYS_TKILL, syscall.SYS_TGKILL:
		return true
	}
	return nr < maxCalls && s.place[nr] == triage.Local && s.flags[nr]&triage.MayBlock != 0
}

// told is the scheduler's hook: a thread whose call was begun runs again.
func (s *Sys) told(c *sched.Core, t *sched.Thread) {
	c.HAL.Settle()
	t.Told = false
	call := strace.Call{Who: t.TID, Nr: t.Nr, Args: t.Args}
	s.Tracer.Resume(c.Index, &call, s.shown(t))
}

// shown is the result of the call in progress as strace shows it: one that was interrupted says what
// will become of it.
func (s *Sys) shown(t *sched.Thread) int64 {
	ret := int64(t.Ctx.RAX)
	if !t.Cut || ret != -int64(syscall.EINTR) {
		return ret
	}
	f := s.flags[t.Nr%maxCalls]
	switch {
	case t.Unmade && t.After != afterMask:
		return strace.RestartNoIntr
	case f&triage.Restart != 0:
		return strace.RestartSys
	case t.Nr == syscall.SYS_NANOSLEEP || t.Nr == syscall.SYS_CLOCK_NANOSLEEP || t.Nr == syscall.SYS_POLL:
		return strace.RestartBlock
	case f&triage.RestartNoHand != 0:
		return strace.RestartNoHand
	}
	return ret
}

// protected keeps the program from closing the tracer's descriptor. ours: the call is answered.
func (s *Sys) protected(call *strace.Call) (ret int64, ours bool) {
	a, fd := &call.Args, s.traceFD
	switch {
	case call.Nr == sysClose && int(int32(a[0])) == fd, (call.Nr == sysDup2 || call.Nr == sysDup3) && int(int32(a[1])) == fd:
		return -int64(syscall.EBADF), true
	case call.Nr == sysCloseRange && uint32(a[0]) <= uint32(fd) && uint32(fd) <= uint32(a[1]):
		const cloexec = 4
		if a[2]&^(cloexec|2) != 0 {
			return 0, false // Linux has a word for it
		}
		if uint32(a[0]) < uint32(fd) {
			s.inline(sysCloseRange, a[0], uint64(fd-1), a[2]&cloexec, 0)
		}
		if uint32(fd) < uint32(a[1]) {
			s.inline(sysCloseRange, uint64(fd+1), a[1], a[2]&cloexec, 0)
		}
		return 0, true
	}
	return 0, false
}

// tellSignal says that a thread takes a signal, or that the process ignores it.
func (s *Sys) tellSignal(core int, who uint32, info *signal.Info) {
	if s.Tracer == nil {
		return
	}
	words := [6]uint64{uint64(uint32(info.Signo)) | uint64(uint32(info.Errno))<<32, uint64(uint32(info.Code)),
		info.Union[0], info.Union[1], info.Union[2], info.Union[3]}
	s.Tracer.Signal(core, who, &words)
}

// allExit tells that every thread ends.
func (s *Sys) allExit(core, status int) {
	s.eachLive(func(t *sched.Thread) { s.Tracer.Exited(core, t.TID, status) })
}

// allDie tells that a signal ends every thread.
func (s *Sys) allDie(core, sig int) {
	if s.Tracer == nil {
		return
	}
	s.eachLive(func(t *sched.Thread) { s.Tracer.Killed(core, t.TID, sig) })
}

// eachLive calls fn for each thread of this process, without the lock: it is about to end.
func (s *Sys) eachLive(fn func(t *sched.Thread)) {
	for i := uint32(0); ; i++ {
		t := s.K.ByIndex(i)
		if t == nil {
			return
		}
		if t.State != sched.Free && (t.Borrowed || !s.lent.busy) {
			fn(t)
		}
	}
}

// straceBorrowed is straced for the child of a vfork.
func (s *Sys) straceBorrowed(c *sched.Core, t *sched.Thread) {
	x := &t.Ctx
	call := strace.Call{Who: t.TID, Nr: uint32(x.RAX), Args: [6]uint64{x.RDI, x.RSI, x.RDX, x.R10, x.R8, x.R9}}
	tr := s.Tracer
	if ret, ours := s.protected(&call); ours {
		t.Return(ret)
		tr.Whole(c.Index, &call, ret)
		return
	}
	switch call.Nr {
	case syscall.SYS_EXIT, syscall.SYS_EXIT_GROUP:
		tr.Never(c.Index, &call)
		tr.Exited(c.Index, call.Who, int(call.Args[0]&0xff))
	case syscall.SYS_EXECVE, sysExecveat:
		tr.Begin(c.Index, &call)
		s.borrowedCall(c, t)
		tr.Resume(c.Index, &call, int64(t.Ctx.RAX))
		return
	}
	s.borrowedCall(c, t)
	if !t.Borrowed {
		return // a process that was forked: its parent tells of the call
	}
	tr.Whole(c.Index, &call, int64(t.Ctx.RAX))
}
