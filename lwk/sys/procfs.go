package sys

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/sched"
)

// Files of /proc that the LWK makes up, as files of memory: what they say is as of their opening. What
// the LWK does not know better than Linux is read there, so that new lines of new kernels show.

// openMade answers an open of such a file; ours is false when Linux should.
func (s *Sys) openMade(t *sched.Thread, r *procPath, flags uint64) (fd int64, ours bool) {
	of := t
	if r.tid != 0 {
		s.K.Lock()
		of = s.K.ByTID(r.tid)
		s.K.Unlock()
	} else if s.foreign(t.TID) {
		s.K.Lock()
		of = s.K.Main(s.Proc.PID)
		s.K.Unlock()
	}
	if of == nil {
		return 0, false
	}
	if (r.file == procCmdline || r.file == procEnviron || r.file == procAuxv) && s.Proc.Told {
		return 0, false
	}
	if r.file == procComm {
		return s.openComm(of, flags), true
	}
	if flags&oWrites != 0 {
		return -int64(syscall.EACCES), true
	}
	fd = s.memoryFile("proc\x00", flags)
	if fd < 0 {
		return fd, true
	}
	var b [4096]byte
	w := text{s: s, fd: fd, b: b[:]}
	s.makeUp(&w, r, of)
	w.flush()
	s.readOnly(fd, flags)
	return fd, true
}

// readOnly makes a descriptor of a file of memory one that was opened to read.
func (s *Sys) readOnly(fd int64, flags uint64) {
	const mode = 0o444
	s.inline(syscall.SYS_FCHMOD, uint64(fd), mode, 0, 0)
	var link [32]byte
	w := text{b: link[:]}
	w.str("/proc/self/fd/")
	w.dec(uint64(fd))
	again := s.inlineArgs(syscall.SYS_OPENAT, &[6]uint64{^uint64(99), address(link[:]), oCloexec, 0})
	if again < 0 {
		s.inline(syscall.SYS_LSEEK, uint64(fd), 0, 0, 0) // it can be written, to no effect
		return
	}
	s.inline(syscall.SYS_DUP3, uint64(again), uint64(fd), flags&oCloexec, 0)
	s.inline(syscall.SYS_CLOSE, uint64(again), 0, 0, 0)
}

func (s *Sys) makeUp(w *text, r *procPath, of *sched.Thread) {
	foreign := r.tid != 0 && s.foreign(r.tid)
	switch r.file {
	case procMaps:
		s.writeMaps(w)
	case procSmaps:
		s.writeSmaps(w, false)
	case procRollup:
		s.writeSmaps(w, true)
	case procStatus:
		s.writeStatus(w, of, foreign)
	case procStat:
		s.writeStat(w, of, foreign)
	case procStatm:
		s.writeStatm(w)
	case procCmdline:
		w.bytes(s.cmdline)
	case procEnviron:
		w.bytes(s.environ)
	case procAuxv:
		w.bytes(s.Proc.Aux)
	case cpuOnline:
		s.writeCPUList(w, ^uint64(0))
		w.str("\n")
	case cpuInfo:
		s.writeCPUInfo(w)
	case cpuStat:
		s.writeCPUStat(w)
	}
}

// memoryFile makes an empty file of memory with a name, for an open with these flags.
func (s *Sys) memoryFile(name string, flags uint64) int64 {
	mfd := uint64(0)
	if flags&oCloexec != 0 {
		mfd = 1
	}
	return s.inline(319, addressOf(name), mfd, 0, 0) // memfd_create
}

// Describe is called once, when the program is in memory, before it runs.
func (s *Sys) Describe() {
	s.own = s.ownMemory()
	s.tellLinux()
}

// tellLinux makes Linux show the program's arguments, environment, auxiliary vector and bounds as the
// process's (prctl(2), PR_SET_MM_MAP; kernels with CONFIG_CHECKPOINT_RESTORE). Without it others see
// those of skerry, and the program what it was started with.
func (s *Sys) tellLinux() {
	const setMM, setMMMap = 35, 14
	p := &s.Proc
	if p.Stack[1] == 0 || len(p.Aux) == 0 {
		return
	}
	heap, end := s.Space.Break()
	m := [13]uint64{p.Code[0], p.Code[1], p.Data[0], p.Data[1], uint64(heap), uint64(end), p.SP,
		p.ArgBytes[0], p.ArgBytes[1], p.EnvBytes[0], p.EnvBytes[1], address(p.Aux), uint64(len(p.Aux)) | 0xffffffff<<32}
	size := len(m) * 8
	p.Told = s.inlineArgs(syscall.SYS_PRCTL, &[6]uint64{setMM, setMMMap, addressWords(m[:]), uint64(size)}) == 0
}
