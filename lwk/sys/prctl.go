package sys

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/sched"
)

// prctl: the thread's name is the LWK's; what would change how system calls are made is refused; the
// rest is about the process and made on the core, whose thread is the process to Linux (fork and
// execve are made there too), and by all of Linux's threads if it concerns what shipped calls may do.
func prctl(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	const (
		setName, getName     = 15, 16
		setSeccomp           = 22
		setSyscallDispatch   = 59
		getTidAddress        = 40
		setMM                = 35
		setVMA               = 0x53564d41
		setTSC, setUnalign   = 26, 6
		setMDWE, shadowStack = 65, 74

		setKeepCaps, dropBounding, setSecurebits = 8, 24, 28
		setNoNewPrivs, capAmbient, setIOFlusher  = 38, 47, 57
	)
	a := &t.Args
	switch a[0] {
	case setName:
		var b [16]byte
		for i := range 15 {
			var ch [1]byte
			if err := s.copyIn(ch[:], uintptr(a[1])+uintptr(i)); err != 0 {
				return errno(err)
			}
			if b[i] = ch[0]; ch[0] == 0 {
				break
			}
		}
		t.Name = b
		if t.TID == s.Proc.PID {
			s.nameProcess(b[:])
		}
		return 0
	case getName:
		if t.TID == s.Proc.PID {
			s.processName(&t.Name)
		}
		return errno(s.copyOut(uintptr(a[1]), t.Name[:]))
	case getTidAddress:
		return errno(s.User.Store64(uintptr(a[1]), uint64(t.ClearTID)))
	case setSeccomp, setSyscallDispatch, setMM, setTSC, setUnalign, setMDWE, shadowStack:
		return -int64(syscall.EINVAL)
	case setKeepCaps, dropBounding, setSecurebits, setNoNewPrivs, capAmbient, setIOFlusher:
		args := *a
		return s.everywhere(c, t, syscall.SYS_PRCTL, &args)
	case setVMA:
		return 0 // a name for a mapping, which only shows in /proc/self/maps
	}
	args := *a
	return s.inlineArgs(syscall.SYS_PRCTL, &args)
}

// SetProcessName makes the thread's name the process's, which ps(1) shows.
func (s *Sys) SetProcessName(t *sched.Thread) { s.nameProcess(t.Name[:]) }
