package sys

import (
	"encoding/binary"
	"syscall"

	"github.com/skerry-os/skerry/lwk/proc/signal"
	"github.com/skerry-os/skerry/lwk/sched"
)

// Threads: clone(2), exit(2) and what belongs to a thread.

const (
	cloneVM           = 0x100
	cloneFiles        = 0x400
	cloneSighand      = 0x800
	cloneVfork        = 0x4000
	cloneThread       = 0x10000
	cloneSettls       = 0x80000
	cloneParentSettid = 0x100000
	cloneChildCleart  = 0x200000
	cloneChildSettid  = 0x1000000
	cloneNewAny       = 0x7e020080 // namespaces
	clonePidfd        = 0x1000
	cloneParent       = 0x8000
	cloneIntoCgroup   = 0x200000000
)

// cloneArgs is what both clone and clone3 ask for.
type cloneArgs struct {
	flags, stack, parentTID, childTID, tls, exitSignal uint64
	pidFD, setTID, setTIDSize, cgroup                  uint64
}

func clone(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	a := &t.Args
	n := cloneArgs{flags: uint64(uint32(a[0])) &^ 0xff, exitSignal: a[0] & 0xff, stack: a[1], parentTID: a[2], childTID: a[3], tls: a[4]}
	if n.flags&clonePidfd != 0 {
		if n.flags&cloneParentSettid != 0 {
			return -int64(syscall.EINVAL) // one place for two answers
		}
		n.pidFD = a[2]
	}
	if n.flags&cloneParent != 0 {
		n.exitSignal = 0 // the parent's own, says clone(2); clone3(2) wants it said
	}
	return s.clone(c, t, &n)
}

func clone3(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	size := t.Args[1]
	switch {
	case size > 4096:
		return -int64(syscall.E2BIG)
	case size < 64:
		return -int64(syscall.EINVAL)
	}
	var b [88]byte
	n := min(size, uint64(len(b)))
	if err := s.copyIn(b[:n], uintptr(t.Args[0])); err != 0 {
		return errno(err)
	}
	for p := n; p < size; p++ { // of a newer kernel: fine as long as nothing is asked for
		var more [1]byte
		if err := s.copyIn(more[:], uintptr(t.Args[0]+p)); err != 0 {
			return errno(err)
		} else if more[0] != 0 {
			return -int64(syscall.E2BIG)
		}
	}
	le := binary.LittleEndian
	a := cloneArgs{flags: le.Uint64(b[0:]), pidFD: le.Uint64(b[8:]), childTID: le.Uint64(b[16:]), parentTID: le.Uint64(b[24:]),
		exitSignal: le.Uint64(b[32:]), tls: le.Uint64(b[56:]), setTID: le.Uint64(b[64:]), setTIDSize: le.Uint64(b[72:]),
		cgroup: le.Uint64(b[80:])}
	stack, stackSize := le.Uint64(b[40:]), le.Uint64(b[48:])
	switch {
	case (stack == 0) != (stackSize == 0), a.flags&0xff != 0:
		return -int64(syscall.EINVAL)
	case a.setTIDSize != 0 && a.flags&cloneThread != 0:
		return -int64(syscall.EPERM) // threads have numbers of the LWK's
	}
	if stack != 0 {
		a.stack = stack + stackSize
	}
	return s.clone(c, t, &a)
}

func (s *Sys) clone(c *sched.Core, t *sched.Thread, a *cloneArgs) int64 {
	if a.flags&cloneThread == 0 {
		return s.newProcess(c, t, a)
	}
	if a.flags&cloneVM == 0 || a.flags&cloneSighand == 0 || a.flags&cloneNewAny != 0 {
		return -int64(syscall.EINVAL)
	}
	if t.Borrowed {
		s.explain("a thread of a child of vfork that has not executed a program")
		return -int64(syscall.EAGAIN)
	}
	if s.K.Live() == 1 {
		c.HAL.Settle()
		s.Plat.Company()
	}
	if s.K.Small() {
		c.HAL.Settle()
		s.K.Grow()
	}
	s.K.Lock()
	n := s.K.NewThread()
	if n == nil {
		s.K.Unlock()
		return -int64(syscall.EAGAIN)
	}
	n.Sig.Inherit(&t.Sig, false) // before anybody looks for a thread that does not block a signal
	s.K.Unlock()
	ext := n.Ctx.Ext
	n.Ctx = t.Ctx
	n.Ctx.Ext = ext
	n.Ctx.RAX = 0
	if a.stack != 0 {
		n.Ctx.RSP = a.stack
	}
	if a.flags&cloneSettls != 0 {
		n.Ctx.FSBase = a.tls
	}
	c.HAL.InheritVector(&n.Ctx)
	n.Allowed, n.Name = t.Allowed, t.Name
	if a.flags&cloneParentSettid != 0 {
		s.User.Store32(uintptr(a.parentTID), n.TID)
	}
	if a.flags&cloneChildSettid != 0 {
		s.User.Store32(uintptr(a.childTID), n.TID)
	}
	if a.flags&cloneChildCleart != 0 {
		n.ClearTID = uintptr(a.childTID)
	}
	tid := n.TID
	s.K.Lock()
	s.K.Make(n)
	s.K.Unlock()
	return int64(tid)
}

func exit(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	if s.K.Live() == 1 {
		c.HAL.Settle()
	}
	s.exitThread(t, int(t.Args[0]&0xff))
	return 0
}

// exitThread ends the running thread, and with the last one the program.
func (s *Sys) exitThread(t *sched.Thread, status int) {
	s.K.ReleaseRobust(t)
	if s.K.Live() == 1 {
		s.exit(status)
	}
	if t.ClearTID != 0 {
		if s.User.Store32(t.ClearTID, 0) == 0 {
			s.K.FutexWake(t.ClearTID, 1, ^uint32(0))
		}
	}
	s.K.Lock()
	t.Sig.Release()
	s.K.FreeThread(t)
	s.K.Unlock()
	s.retarget(^signal.Set(0))
}

func exitGroup(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	s.exit(int(t.Args[0] & 0xff))
	return 0
}

// exit ends the program.
func (s *Sys) exit(status int) {
	s.abandon()
	s.ending()
	s.Plat.Exit(status)
}

// abandon marks what the program's threads hold as they end all at once: other processes may wait.
func (s *Sys) abandon() {
	if s.lent.busy {
		return // a child of vfork: the threads are its parent's
	}
	for i := uint32(0); ; i++ {
		t := s.K.ByIndex(i)
		if t == nil {
			return
		}
		if t.State != sched.Free && t.Robust != 0 {
			s.K.ReleaseRobust(t)
		}
	}
}

// die ends the program as an uncaught signal does.
func (s *Sys) die(sig int) {
	s.abandon()
	s.ending()
	s.Plat.Die(sig)
}

func getpid(s *Sys, _ *sched.Core, _ *sched.Thread) int64 { return int64(s.Proc.PID) }

func gettid(_ *Sys, _ *sched.Core, t *sched.Thread) int64 { return int64(t.TID) }

func setTidAddress(_ *Sys, _ *sched.Core, t *sched.Thread) int64 {
	t.ClearTID = uintptr(t.Args[0])
	return int64(t.TID)
}

func setRobustList(_ *Sys, _ *sched.Core, t *sched.Thread) int64 {
	if t.Args[1] != 24 {
		return -int64(syscall.EINVAL)
	}
	t.Robust = uintptr(t.Args[0])
	return 0
}

func getRobustList(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	o := t
	if tid := uint32(t.Args[0]); tid != 0 && tid != t.TID {
		s.K.Lock()
		o = s.K.ByTID(tid)
		s.K.Unlock()
		if o == nil {
			return s.again(c, t)
		}
	}
	if err := s.User.Store64(uintptr(t.Args[1]), uint64(o.Robust)); err != 0 {
		return errno(err)
	}
	return errno(s.User.Store64(uintptr(t.Args[2]), 24))
}

func archPrctl(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	const setFS, getFS, getCPUID, setCPUID = 0x1002, 0x1003, 0x1011, 0x1012
	switch t.Args[0] {
	case setFS:
		if t.Args[1] >= 1<<47-4096 {
			return -int64(syscall.EPERM)
		}
		t.Ctx.FSBase = t.Args[1]
		return 0
	case getFS:
		return errno(s.User.Store64(uintptr(t.Args[1]), t.Ctx.FSBase))
	case getCPUID:
		return s.inline(syscall.SYS_ARCH_PRCTL, getCPUID, 0, 0, 0)
	case setCPUID:
		if t.Args[1] != 0 {
			return s.inline(syscall.SYS_ARCH_PRCTL, setCPUID, 1, 0, 0)
		}
		return -int64(syscall.ENODEV) // the LWK itself asks the processor
	}
	return -int64(syscall.EINVAL)
}

func getcpu(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	if p := uintptr(t.Args[0]); p != 0 {
		if err := s.User.Store32(p, uint32(s.Proc.CPUs[c.Index])); err != 0 {
			return errno(err)
		}
	}
	if p := uintptr(t.Args[1]); p != 0 {
		return errno(s.User.Store32(p, 0))
	}
	return 0
}

// membarrier: Linux knows all threads that run the program, which are the cores' own, and orders their
// memory. What the program has registered for is noted here, as the LWK's own registration hides it.
func membarrier(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	const (
		query, global, globalExpedited, registerGlobal = 0, 1, 2, 4
		private, registerPrivate                       = 8, 16
		syncCore, registerSyncCore                     = 32, 64
		known                                          = 127
	)
	cmd := t.Args[0]
	if t.Args[1] != 0 {
		return -int64(syscall.EINVAL)
	}
	switch cmd {
	case query:
		return known
	case global, globalExpedited, registerGlobal:
		return s.inline(sysMembarrier, cmd, 0, 0, 0)
	case registerPrivate, registerSyncCore:
		s.registered |= cmd
		return 0
	case private, syncCore:
		if s.registered&(cmd<<1) == 0 {
			return -int64(syscall.EPERM)
		}
		return s.inline(sysMembarrier, private, 0, 0, 0)
	}
	return -int64(syscall.EINVAL)
}

const sysMembarrier = 324
