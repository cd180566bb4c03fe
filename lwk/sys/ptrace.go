package sys

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/proc/signal"
	"github.com/skerry-os/skerry/lwk/sched"
)

// ptrace(2). The tracer is the home core's thread, which to Linux is the parent of all processes that the
// program makes: Linux takes each thread for a tracer of its own. Whoever is traced is so with the
// LWK in it, whose signals and calls the tracer sees.
//
// That is not what a debugger wants of the program that it starts. A process that asks to be traced
// (PTRACE_TRACEME) is so from its next execve on, with a program that Linux runs alone, without an LWK. If
// it is to be stopped before, by a signal or a fault, the LWK lets go of it then (letGo).

func ptrace(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	const traceMe = 0
	c.HAL.Settle()
	if t.Args[0] == traceMe {
		switch {
		case s.tracing != notTraced:
			return -int64(syscall.EPERM)
		case !s.Proc.Plain:
			return s.notPermitted("PTRACE_TRACEME: a program on cores of its own is not traced")
		case s.K.Live() > 1 && !t.Borrowed:
			return s.notPermitted("PTRACE_TRACEME of one thread among several")
		}
		s.tracing = toBeTraced
		return 0
	}
	if !t.Borrowed && c.GoHome(t) {
		return 0 // made again there
	}
	return onCore(s, c, t)
}

// tracing is how far a PTRACE_TRACEME has come.
type tracing uint8

const (
	notTraced tracing = iota
	toBeTraced
	isTraced
)

// beTraced has Linux do what the program has asked for.
func (s *Sys) beTraced() {
	if s.tracing == toBeTraced {
		s.tracing = isTraced
		s.inline(syscall.SYS_PTRACE, 0, 0, 0, 0)
	}
}

// synchronous are the signals that tell of faults.
const synchronous = signal.Set(1<<(4-1) | 1<<(5-1) | 1<<(7-1) | 1<<(8-1) | 1<<(11-1) | 1<<(31-1))

// alsoLinux makes a call on masks or actions at Linux too, in a process that was let go of.
func (s *Sys) alsoLinux(t *sched.Thread, changes bool) {
	if s.tracing == isTraced && changes {
		args := t.Args
		args[2] = 0 // what was there before has been answered
		s.inlineArgs(uintptr(t.Nr), &args)
	}
}

// letGo has Linux take the signals of a process that is to be traced, as the program wants them, and make
// the system calls of places that are not rewritten: a tracer that stops at each signal would see the
// traps. Faults that the program handles still come to the LWK, after the tracer.
func (s *Sys) letGo(t *sched.Thread) {
	if s.tracing != toBeTraced {
		return
	}
	const (
		fixed       = signal.Set(1<<(9-1) | 1<<(19-1) | 1<<(16-1)) // and the kick
		setDispatch = 59                                           // PR_SET_SYSCALL_USER_DISPATCH, 0: off
		setMask     = 2
	)
	for sig := 1; sig <= signal.Max; sig++ {
		a := s.Actions.Get(sig)
		if fixed.Has(sig) || synchronous.Has(sig) && a.Handler != signal.HandlerDefault {
			continue
		}
		w := [4]uint64{a.Handler, a.Flags &^ signal.FlagOnStack, a.Restorer, uint64(a.Mask)}
		s.inline(syscall.SYS_RT_SIGACTION, uint64(sig), addressWords(w[:]), 0, 8)
	}
	s.inline(syscall.SYS_PRCTL, setDispatch, 0, 0, 0)
	s.beTraced()
	from := &s.K.Pending
	if t.Borrowed {
		from = &s.lent.none
	}
	for info, ok := signal.Next(&t.Sig, from, 0); ok; info, ok = signal.Next(&t.Sig, from, 0) {
		s.toThread(&info)
	}
	mask := [2]uint64{uint64(t.Sig.Mask)}
	s.inline(syscall.SYS_RT_SIGPROCMASK, setMask, address64(&mask), 0, 8)
}

// toThread makes a signal pending at Linux for the calling thread: the listener does not take it.
func (s *Sys) toThread(info *signal.Info) {
	const tgsigqueueinfo = 297
	var b [signal.InfoSize]byte
	info.Encode(&b)
	pid := uint64(s.Proc.PID)
	s.inline(tgsigqueueinfo, pid, pid, uint64(info.Signo), address(b[:]))
}

// tellTracer gives a signal that a traced program would take to Linux, which shows it to the tracer. It
// reports whether it has: a fault is the LWK's to deliver, and Linux has shown it.
func (s *Sys) tellTracer(t *sched.Thread, info *signal.Info) bool {
	if s.tracing == notTraced || info.Code > signal.CodeUser && info.Signo < signal.RTMin {
		return false
	}
	s.letGo(t)
	s.toThread(info)
	return true
}

// signalSelf makes a call that sends the program a signal, if that is traced. ok: it was made.
func (s *Sys) signalSelf(c *sched.Core, t *sched.Thread) (ret int64, ok bool) {
	if s.tracing == notTraced {
		return 0, false
	}
	s.letGo(t)
	return onCore(s, c, t), true
}
