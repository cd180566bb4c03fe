package sys

import (
	"encoding/binary"
	"syscall"

	"github.com/skerry-os/skerry/lwk/sched"
)

// Credentials. To Linux they are each thread's own, and a program has threads there that it does not
// know of: a change is made by all of them, or by none (hal.Platform.Everywhere).

// everywhere makes the call in progress a change of all of Linux's threads.
func everywhere(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	args := t.Args
	return s.everywhere(c, t, uintptr(t.Nr), &args)
}

func (s *Sys) everywhere(c *sched.Core, t *sched.Thread, nr uintptr, args *[6]uint64) int64 {
	c.HAL.Settle()
	if t.Borrowed {
		return s.inlineArgs(nr, args) // a process of its own, of one thread
	}
	return s.Plat.Everywhere(nr, hide(args))
}

// setFSID is setfsuid(2) and setfsgid(2), which C libraries make for the calling thread alone: with
// several threads the id stays, which is how these calls say no.
func setFSID(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	if s.K.Live() > 1 && !t.Borrowed {
		s.notPermitted("a file system id of one thread among several")
		return s.inline(uintptr(t.Nr), uint64(^uint32(0)), 0, 0, 0)
	}
	return everywhere(s, c, t)
}

// capset: the process that the header names may be the caller's, by any number; Linux's threads only
// know themselves as 0.
func capset(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	var header [8]byte
	if err := s.copyIn(header[:], uintptr(t.Args[0])); err != 0 {
		return errno(err)
	}
	le := binary.LittleEndian
	args := t.Args
	if who := le.Uint32(header[4:]); who == t.TID {
		le.PutUint32(header[4:], 0)
		args[0] = address(header[:])
	}
	return s.everywhere(c, t, syscall.SYS_CAPSET, &args)
}

// notPermitted refuses, and says so to those who want to know.
func (s *Sys) notPermitted(what string) int64 {
	if s.Proc.Verbose {
		s.say("skerry: refused ", what, "\n")
	}
	return -int64(syscall.EPERM)
}

// onCore makes a call that is about the calling thread, to Linux, on the core: for the first thread
// that is the process, and what execve keeps.
func onCore(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	args := t.Args
	return s.inlineArgs(uintptr(t.Nr), &args)
}
