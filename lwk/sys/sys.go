// Package sys is the LWK's system calls: a dispatcher that reads the triage table, and the handlers
// of the calls that the LWK answers or has a part in, one file per family.
//
// Rules for handlers: they run on the core of the thread that made the call, as ordinary Go, but
// allocate nothing and block on nothing. A handler returns the call's result, a negative errno
// included; one that makes its thread wait, or ships the call, leaves the thread in another state
// than Running, and its return value is ignored.
package sys

import (
	"syscall"

	"github.com/skerry-os/skerry/abi/triage"
	"github.com/skerry-os/skerry/ikc"
	"github.com/skerry-os/skerry/lwk/hal"
	"github.com/skerry-os/skerry/lwk/mem"
	"github.com/skerry-os/skerry/lwk/proc/image"
	"github.com/skerry-os/skerry/lwk/proc/signal"
	"github.com/skerry-os/skerry/lwk/sched"
	"github.com/skerry-os/skerry/lwk/strace"
)

const maxCalls = 512

// handler answers one system call; see the package's rules.
type handler func(s *Sys, c *sched.Core, t *sched.Thread) int64

// Sys is one program's system-call layer. What a forked process changes comes first: each page that it
// writes to is copied.
type Sys struct {
	K       *sched.Kernel
	Plat    hal.Platform
	User    hal.User
	Space   *mem.Space
	Proc    Process
	exe     []byte // Proc.Exe with its NUL
	cmdline []byte // what /proc/self/cmdline and environ hold
	environ []byte
	frames  []signal.Scratch // one for each core

	// OnExit runs once before the program ends, on the core that ends it: reports are written here.
	// May allocate. OnFork runs in a forked process, on its core; OnLeave in each process, last of all.
	// These two allocate nothing.
	OnExit  func()
	OnFork  func(c *sched.Core, pid uint32)
	OnLeave func()
	ended   uint32
	// Tracer, if set, is told of every call; see Trace.
	Tracer  *strace.Tracer
	traceFD int

	fdSignals  signal.Set // in masks of signalfd descriptors, and see came
	repeated   int        // how often a signal came while it was pending
	kept       signal.Set // those of them that Linux keeps, see signalfd
	registered uint64     // membarrier(2) commands
	realtime   bool       // the program has chosen SCHED_FIFO or SCHED_RR
	future     uint64     // what mlockall wants for new memory
	// filesShared: another process has the same descriptors, and not copies of them (CLONE_FILES).
	filesShared bool
	tasksOpen   bool // the program has opened /proc/self/task

	Actions signal.Actions
	lent    lent         // what a vfork has taken away for now
	words   words        // what execve has read
	empty   signal.State // a thread's without anything
	timers  timerTable
	tracing tracing
	shm     attached
	own     resident // memory of the LWK's own
	naming  naming

	handlers [maxCalls]handler
	place    [maxCalls]triage.Where
	errno    [maxCalls]int64
	flags    [maxCalls]triage.Flags
	refused  [maxCalls]uint32
}

// Process is what identifies the program to itself and to Linux.
type Process struct {
	PID uint32
	Exe string // absolute path of the program file
	image.Layout
	Told    bool  // Linux shows arguments, environment and auxiliary vector of the layout as the process's
	CPUs    []int // Linux's numbers of the enclave's cores
	Args    []string
	Env     []string
	Verbose bool
	Persona uint32 // the part of personality(2) that Linux is not told

	// Plain: Exec can have Linux run a program alone, without an LWK (Inherited.Traced).
	Plain bool

	// Exec replaces the program: path, arguments and environment. It returns only on failure, with a
	// negative errno. Before it does what cannot be undone it calls ready. It may allocate.
	Exec func(path string, args, env []string, i Inherited, ready func()) int64
}

// New connects the layers; the kernel's hooks are set here.
func New(k *sched.Kernel, space *mem.Space, p Process) *Sys {
	s := &Sys{K: k, Plat: k.Plat, User: k.Plat.User(), Space: space, Proc: p,
		frames: make([]signal.Scratch, k.Plat.Cores()), exe: append([]byte(p.Exe), 0), cmdline: zeroEnded(p.Args), environ: zeroEnded(p.Env)}
	for nr := range maxCalls {
		s.place[nr], s.errno[nr] = triage.Refuse, -int64(syscall.ENOSYS)
		c := triage.Lookup(nr)
		if c == nil {
			continue
		}
		s.place[nr], s.flags[nr] = c.Where, c.Flags
		if c.Errno != 0 {
			s.errno[nr] = -int64(c.Errno)
		}
		if c.Where == triage.Split || c.Where == triage.Local {
			s.place[nr] = triage.Refuse // unless it gets a handler below
		}
	}
	for _, e := range &table {
		s.handlers[e.nr] = e.h
		s.place[e.nr] = triage.Local
	}
	s.handlers[syscall.SYS_WRITE] = write // see watchWrites
	k.Plat.Heeds(s.heeds)
	k.Hooks = sched.Hooks{Syscall: s.syscall, Fault: s.fault, Signals: s.signals, Done: s.done, Woken: s.woken, OwnerDied: s.ownerDied, Message: s.message}
	return s
}

func zeroEnded(list []string) (b []byte) {
	for _, s := range list {
		b = append(append(b, s...), 0)
	}
	return b
}

// syscall is the scheduler's hook: the program made a system call.
func (s *Sys) syscall(c *sched.Core, t *sched.Thread) {
	x := &t.Ctx
	nr := uint32(x.RAX)
	t.Nr = nr
	t.Args = [6]uint64{x.RDI, x.RSI, x.RDX, x.R10, x.R8, x.R9}
	if nr >= maxCalls {
		t.Return(-int64(syscall.ENOSYS))
		return
	}
	n := c.Stats.Calls[nr]
	c.Stats.Calls[nr] = n + 1
	t.After = afterNothing
	noted := false
	if n&c.Every == 0 && c.Rec != nil && !c.Rec.Counted(uint16(nr)) {
		noted = true
		s.enter(c, t, nr)
	}
	switch s.place[nr] {
	case triage.Local:
		if r := s.handlers[nr](s, c, t); !c.Gone() {
			t.Return(r)
		}
	case triage.Ship:
		s.ship(c, t, nr, &t.Args)
	default:
		c.Stats.Refused++
		s.refuse(t, nr)
		t.Return(s.errno[nr])
	}
	if noted && c.Rec.Open() {
		s.leave(c, t, nr)
	}
}

// ship sends a call to Linux; the thread waits.
func (s *Sys) ship(c *sched.Core, t *sched.Thread, nr uint32, args *[6]uint64) int64 {
	if t.Borrowed {
		ret := s.inlineArgs(uintptr(nr), args)
		if t.After != afterNothing {
			ret = s.after(c, t, ret)
		}
		return ret
	}
	if c.Rec != nil {
		s.sending(c, t, nr, args)
	}
	c.Ship(t, nr, args)
	if c.Rec != nil {
		t.Began = c.Rec.Sent(nr)
	}
	c.Await(t)
	return int64(t.Ctx.RAX) // the answer, if it has come
}

// again ships the call in progress as the program made it.
func (s *Sys) again(c *sched.Core, t *sched.Thread) int64 { return s.ship(c, t, t.Nr, &t.Args) }

// refuse notes a refused call, once per number, for those who want to know.
func (s *Sys) refuse(t *sched.Thread, nr uint32) {
	s.refused[nr]++
	if s.refused[nr] != 1 || !s.Proc.Verbose {
		return
	}
	if call := triage.Lookup(int(nr)); call != nil {
		s.say("skerry: refused system call ", call.Name, ": ", call.Note, "\n")
		return
	}
	s.say("skerry: refused an unknown system call\n")
}

// say writes to the program's standard error, in one piece. For rare messages only.
func (s *Sys) say(parts ...string) {
	var buf [512]byte
	n := 0
	for _, p := range parts {
		n += copy(buf[n:], p)
	}
	s.inline(syscall.SYS_WRITE, 2, address(buf[:]), uint64(n), 0)
}

// inline makes a system call on the core itself.
func (s *Sys) inline(nr uintptr, a, b, c, d uint64) int64 {
	args := [6]uint64{a, b, c, d}
	return s.inlineArgs(nr, &args)
}

// done is the scheduler's hook: Linux has answered a shipped call.
func (s *Sys) done(c *sched.Core, t *sched.Thread, ret int64) int64 {
	if t.Began != 0 {
		c.Rec.Answered(t.Index, t.SentNr, t.Began)
		t.Began = 0
	}
	if t.Raised != 0 {
		c.HAL.Settle()
		s.raised(t)
	}
	if t.After != afterNothing {
		c.HAL.Settle()
		return s.after(c, t, ret)
	}
	return ret
}

// woken is the scheduler's hook: a thread whose wait has an end of its own runs again.
func (s *Sys) woken(_ *sched.Core, t *sched.Thread) {
	if t.Wake == sched.WakeSigwait {
		s.sigwaitOver(t)
	}
}

// message is the scheduler's hook: Linux says something that no call asked for.
func (s *Sys) message(c *sched.Core, m *ikc.Slot) {
	c.HAL.Settle()
	switch m.Kind {
	case msgSignal:
		info := signal.FromSlot(m.Args)
		if info.Code == signal.CodeTimer && s.timerSignal(&info) {
			return
		}
		if s.Tracer != nil && s.Actions.Ignored(int(info.Signo)) {
			s.tellSignal(c.Index, s.Proc.PID, &info)
		}
		s.came(int(info.Signo))
		s.sendProcess(&info)
	case msgMemory:
		s.say("skerry: out of memory: the program holds more than the enclave has (--mem): killed\n")
		s.allDie(c.Index, 9)
		s.die(9)
	}
}

func errno(e hal.Errno) int64 { return -int64(e) }
