package sys

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/sched"
)

// Calls on ranges of memory that are Linux's to do, where it and the LWK's map may differ: Linux has
// memory of the LWK's where the program has none.

// ranged ships a call on [args[0], args[0]+args[1]) if the program has all of that.
func ranged(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	const page = 4095
	lo, n := uintptr(t.Args[0]), uintptr(t.Args[1])
	hi := (lo + n + page) &^ page
	if lo &^= page; t.Nr == sysMincore && t.Args[0]&page != 0 || hi < lo {
		return s.again(c, t) // an error, and Linux's to name
	}
	if !s.Space.Covers(lo, hi) {
		return -int64(syscall.ENOMEM)
	}
	if t.Nr == syscall.SYS_MLOCK || t.Nr == sysMlock2 {
		return s.sticks(c, t, lo, hi)
	}
	return s.again(c, t)
}

// policed is mbind(2) and set_mempolicy_home_node(2).
func policed(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	const page = 4095
	lo := uintptr(t.Args[0])
	return s.sticks(c, t, lo&^page, (lo+uintptr(t.Args[1])+page)&^page)
}

// sticks ships a call on [lo, hi) whose effect stays with the memory.
func (s *Sys) sticks(c *sched.Core, t *sched.Thread, lo, hi uintptr) int64 {
	if err := s.Space.Mark(lo, hi); err != 0 {
		return errno(err)
	}
	return s.again(c, t)
}

const sysMincore = 27

// remapFilePages has Linux map a part of a shared mapping anew, and keeps the map right.
func remapFilePages(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	const page, shared = 4095, 1
	lo, n := uintptr(t.Args[0])&^page, uintptr(t.Args[1])&^page
	if t.Args[2] != 0 || n == 0 || lo+n < lo {
		return -int64(syscall.EINVAL)
	}
	a, ok := s.Space.Find(lo)
	if !ok || a.Flags&shared == 0 || !s.Space.Covers(lo, lo+n) {
		return -int64(syscall.EINVAL)
	}
	args := t.Args
	r := s.inlineArgs(syscall.SYS_REMAP_FILE_PAGES, &args)
	if r == 0 {
		s.Space.Offset(lo, lo+n, int64(t.Args[3])<<12)
	}
	return r
}

// Memory protection keys: programs see a machine that has none, because the register that holds a
// thread's rights is not switched with the LWK's threads.

func pkeyMprotect(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	if int32(t.Args[3]) != -1 {
		return -int64(syscall.EINVAL)
	}
	return mprotect(s, c, t)
}

func pkeyAlloc(_ *Sys, _ *sched.Core, t *sched.Thread) int64 {
	if t.Args[0] != 0 || t.Args[1]&^3 != 0 {
		return -int64(syscall.EINVAL)
	}
	return -int64(syscall.ENOSPC)
}
