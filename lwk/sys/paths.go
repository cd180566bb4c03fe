package sys

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/sched"
)

// Paths under /proc that mean the program and would show the LWK. Everything else goes to Linux as it
// is; telling the two apart costs one look at the path's first bytes.

// selfPath reports which file of /proc/self (or /proc/PID, or of a thread) a path names; "" for any
// other path. The result aliases buf.
func (s *Sys) selfPath(p uintptr, buf *[64]byte) string {
	const proc = 0x2f636f72702f // "/proc/" as it lies in memory
	head, err := s.User.Load64(p)
	if err != 0 || head&(1<<48-1) != proc {
		return ""
	}
	n := 0
	for n < len(buf) {
		if s.copyIn(buf[n:n+1], p+uintptr(n)) != 0 {
			return ""
		}
		if buf[n] == 0 {
			break
		}
		n++
	}
	rest := buf[6:min(n, len(buf))]
	i := 0
	for i < len(rest) && rest[i] != '/' {
		i++
	}
	if !s.meansUs(rest[:i]) || i == len(rest) {
		return ""
	}
	return bytesString(rest[i+1:])
}

func (s *Sys) meansUs(who []byte) bool {
	if string(who) == "self" || string(who) == "thread-self" {
		return true
	}
	pid := uint32(0)
	for _, d := range who {
		if d < '0' || d > '9' || pid > 1<<23 {
			return false
		}
		pid = pid*10 + uint32(d-'0')
	}
	return pid == s.Proc.PID
}

func open(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	return s.open(c, t, uintptr(t.Args[0]), t.Args[1], 0)
}

func openat(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	return s.open(c, t, uintptr(t.Args[1]), t.Args[2], 1)
}

func openat2(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	return s.open(c, t, uintptr(t.Args[1]), 0, 1)
}

// open ships an open, unless the file is one that the LWK makes up. at is the index of the path
// argument, which may be replaced.
func (s *Sys) open(c *sched.Core, t *sched.Thread, path uintptr, flags uint64, at int) int64 {
	var buf [64]byte
	switch s.selfPath(path, &buf) {
	case "exe":
		args := t.Args
		args[at] = address(s.exe)
		return s.ship(c, t, t.Nr, &args)
	case "maps":
		return s.openMaps(flags)
	case "cmdline":
		return s.openBytes(s.cmdline, flags)
	case "environ":
		return s.openBytes(s.environ, flags)
	}
	return s.again(c, t)
}

// path0 and path1 ship a call on a file by its path, which is argument 0 or 1: the program's own file
// instead of the LWK's.
func path0(s *Sys, c *sched.Core, t *sched.Thread) int64 { return s.onPath(c, t, 0) }
func path1(s *Sys, c *sched.Core, t *sched.Thread) int64 { return s.onPath(c, t, 1) }

func (s *Sys) onPath(c *sched.Core, t *sched.Thread, at int) int64 {
	const noFollow = 0x100 // AT_SYMLINK_NOFOLLOW: the link itself, which is as any other
	var buf [64]byte
	if s.selfPath(uintptr(t.Args[at]), &buf) != "exe" ||
		t.Nr == sysNewfstatat && t.Args[3]&noFollow != 0 || t.Nr == sysStatx && t.Args[2]&noFollow != 0 {
		return s.again(c, t)
	}
	args := t.Args
	args[at] = address(s.exe)
	return s.ship(c, t, t.Nr, &args)
}

const (
	sysNewfstatat = 262
	sysStatx      = 332
)

func readlink(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	a := &t.Args
	return s.readlink(c, t, uintptr(a[0]), uintptr(a[1]), a[2])
}

func readlinkat(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	a := &t.Args
	return s.readlink(c, t, uintptr(a[1]), uintptr(a[2]), a[3])
}

func (s *Sys) readlink(c *sched.Core, t *sched.Thread, path, out uintptr, size uint64) int64 {
	var buf [64]byte
	if s.selfPath(path, &buf) != "exe" {
		return s.again(c, t)
	}
	if int32(size) <= 0 {
		return -int64(syscall.EINVAL)
	}
	n := min(uint64(len(s.exe)-1), size)
	if err := s.copyOut(out, s.exe[:n]); err != 0 {
		return errno(err)
	}
	return int64(n)
}
