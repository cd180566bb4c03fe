package sys

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/sched"
)

// unshare(2), setns(2) and landlock_restrict_self(2) part the calling thread from the others of its process: its namespaces,
// working directory, descriptors or restrictions become its own. Behind a program of one thread there are many of
// Linux's; they are ended and made anew by the core that has made the call (hal.Platform.Alone), so that all
// of them are where the program wants to be. A program of several threads is refused.

const (
	newTime = 0x80
	newNS   = 0x20000
	newUser = 0x10000000
	newPID  = 0x20000000

	// forChildren do nothing to the caller, only to processes that it makes: the core does that. A thread
	// could not be made any more after newPID.
	forChildren = newTime | newPID
)

func unshare(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	const ofThreads = cloneVM | cloneSighand | cloneThread // there is one thread: done
	flags := t.Args[0]
	if t.Borrowed || flags == 0 {
		return onCore(s, c, t)
	}
	if ret, ok := s.single(c, t); !ok {
		return ret
	}
	if now := flags &^ (forChildren | ofThreads); now != 0 {
		args := [6]uint64{now}
		if ret := s.alone(c, t, &args, now&newUser != 0); ret != 0 {
			return ret
		}
	}
	if flags&forChildren != 0 {
		s.Plat.Company() // which makes threads, while it can
		return s.inline(syscall.SYS_UNSHARE, flags&forChildren, 0, 0, 0)
	}
	return 0
}

// restrict is landlock_restrict_self(2). Each thread that calls it gets a domain of its own, beside and
// not within the others', so that all of Linux's threads must inherit one.
func restrict(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	c.HAL.Settle()
	s.admitSelf(t.Args[0])
	if t.Borrowed {
		return onCore(s, c, t)
	}
	if ret, ok := s.single(c, t); !ok {
		return ret
	}
	args := t.Args
	return s.alone(c, t, &args, false)
}

func setns(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	const getKind = 0xb703 // NS_GET_NSTYPE
	fd, kind := t.Args[0], uint64(uint32(t.Args[1]))
	if t.Borrowed {
		return onCore(s, c, t)
	}
	if k := s.inline(syscall.SYS_IOCTL, fd, getKind, 0, 0); k > 0 {
		if kind != 0 && kind != uint64(k) {
			return -int64(syscall.EINVAL)
		}
		kind = uint64(k)
	}
	if ret, ok := s.single(c, t); !ok {
		return ret
	}
	if now := kind &^ newPID; now != 0 {
		args := [6]uint64{fd, now}
		if ret := s.alone(c, t, &args, now&(newUser|newNS|newTime) != 0); ret != 0 {
			return ret
		}
	}
	if kind&newPID != 0 || kind == 0 {
		s.Plat.Company()
		return s.inline(308, fd, kind&newPID, 0, 0)
	}
	return 0
}

// single sees to it that the caller is the only thread, on the core that is Linux's first thread, to
// which it moves. false: ret is the answer, or the thread has gone there.
func (s *Sys) single(c *sched.Core, t *sched.Thread) (ret int64, ok bool) {
	c.HAL.Settle()
	if s.K.Live() > 1 {
		return s.notPermitted("a thread that parts from the others: call it while there is one"), false
	}
	if c.GoHome(t) {
		return 0, false // made again there
	}
	return 0, true
}

// alone makes the call with other arguments; see hal.Platform.Alone.
func (s *Sys) alone(c *sched.Core, t *sched.Thread, args *[6]uint64, late bool) int64 {
	robust := t.Robust
	s.Plat.Still(c.Index)
	ret, alone := s.Plat.Alone(c.Index, uintptr(t.Nr), hide(args), s.K.Used(), late)
	if alone {
		s.K.Observe(nil)
		s.OnExit = nil // what it would report is gone with the threads
		s.K.Alone(c, t, t.TID)
		t.Robust = robust
	}
	s.Plat.Stir()
	return ret
}
