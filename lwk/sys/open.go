package sys

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/sched"
)

// Calls on paths, see paths.go: opened files that the LWK makes up, and the program's own file and
// threads in place of the LWK's.

func open(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	return s.open(c, t, atFDCWD, 0, t.Args[1])
}

func openat(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	return s.open(c, t, int32(t.Args[0]), 1, t.Args[2])
}

func openat2(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	flags, e1 := s.User.Load64(uintptr(t.Args[2]))
	resolve, e2 := s.User.Load64(uintptr(t.Args[2]) + 16)
	if e1 != 0 || e2 != 0 || t.Args[3] < 24 || resolve != 0 {
		return s.again(c, t) // an error, or with conditions that only Linux can tell
	}
	return s.open(c, t, int32(t.Args[0]), 1, flags)
}

const (
	oWrites    = 3
	oDirectory = 0x10000
	oNoFollow  = 0x20000
	oCloexec   = 0x80000
	oPath      = 0x200000
)

// open ships an open, unless the file is one that the LWK makes up. at is the index of the path
// argument, which may be replaced.
func (s *Sys) open(c *sched.Core, t *sched.Thread, dir int32, at int, flags uint64) int64 {
	var b pathBuf
	r := s.ourPath(t, dir, uintptr(t.Args[at]), &b)
	switch r.file {
	case procNone:
		return s.again(c, t)
	case procTask:
		s.tasksOpen = true
		return s.again(c, t)
	case procExe, procThread, procSelf:
		return s.onFile(c, t, &r, &b, at, flags&(oPath|oNoFollow) == oPath|oNoFollow)
	}
	if flags&(oPath|oDirectory) != 0 {
		if r.tid != 0 && s.foreign(r.tid) {
			r.file, r.rest, r.end = procThread, 0, 0
			return s.onFile(c, t, &r, &b, at, false)
		}
		return s.again(c, t)
	}
	if r.file == procComm && (r.tid == 0 || !s.foreign(r.tid)) {
		return s.again(c, t) // Linux has the first thread's, with the process's
	}
	if fd, ours := s.openMade(t, &r, flags); ours {
		return fd
	}
	return s.again(c, t)
}

// foreign tells whether Linux does not know a thread of the program.
func (s *Sys) foreign(tid uint32) bool { return tid != s.Proc.PID }

// onFile ships a call with the path replaced: by the program's file, or by the same of the first
// thread's. link: the call is about a link itself.
func (s *Sys) onFile(c *sched.Core, t *sched.Thread, r *procPath, b *pathBuf, at int, link bool) int64 {
	args := t.Args
	switch {
	case r.file == procExe && !link:
		args[at] = address(s.exe)
	case r.tid != 0:
		if r.file != procThread && r.file != procSelf {
			r.rest, r.end = 0, copy(b[:], selfName(r.file))
		}
		if !s.threadsPath(t, r, b) {
			return s.again(c, t)
		}
		args[at] = address(t.Buf[:])
	default:
		return s.again(c, t)
	}
	return s.ship(c, t, t.Nr, &args)
}

func selfName(f procFile) string {
	for i := range selfFiles {
		if selfFiles[i].file == f {
			return selfFiles[i].name
		}
	}
	return ""
}

// path0 and path1 ship a call on a file by its path, which is argument 0 or 1.
func path0(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	return s.onPath(c, t, atFDCWD, 0, t.Nr == syscall.SYS_LSTAT)
}

func path1(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	const noFollow = 0x100 // AT_SYMLINK_NOFOLLOW: the link itself, which is as any other
	link := t.Nr == sysNewfstatat && t.Args[3]&noFollow != 0 || t.Nr == sysStatx && t.Args[2]&noFollow != 0
	return s.onPath(c, t, int32(t.Args[0]), 1, link)
}

func (s *Sys) onPath(c *sched.Core, t *sched.Thread, dir int32, at int, link bool) int64 {
	var b pathBuf
	r := s.ourPath(t, dir, uintptr(t.Args[at]), &b)
	if r.file != procExe && r.tid == 0 {
		return s.again(c, t)
	}
	return s.onFile(c, t, &r, &b, at, link)
}

const (
	sysNewfstatat = 262
	sysStatx      = 332
)

func readlink(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	a := &t.Args
	return s.readlink(c, t, atFDCWD, 0, uintptr(a[1]), a[2])
}

func readlinkat(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	a := &t.Args
	return s.readlink(c, t, int32(a[0]), 1, uintptr(a[2]), a[3])
}

func (s *Sys) readlink(c *sched.Core, t *sched.Thread, dir int32, at int, out uintptr, size uint64) int64 {
	var b pathBuf
	r := s.ourPath(t, dir, uintptr(t.Args[at]), &b)
	var link []byte
	switch {
	case r.file == procExe:
		link = s.exe[:len(s.exe)-1]
	case r.file == procSelf:
		w := text{b: b[:]}
		w.dec(uint64(s.Proc.PID))
		w.str("/task/")
		w.dec(uint64(t.TID))
		link = b[:w.n]
	case r.tid != 0:
		return s.onFile(c, t, &r, &b, at, true)
	default:
		return s.again(c, t)
	}
	if int32(size) <= 0 {
		return -int64(syscall.EINVAL)
	}
	n := min(uint64(len(link)), size)
	if err := s.copyOut(out, link[:n]); err != 0 {
		return errno(err)
	}
	return int64(n)
}
