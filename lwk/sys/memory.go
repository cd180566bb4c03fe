package sys

import "github.com/skerry-os/skerry/lwk/sched"

// Memory: mmap(2) and its relatives, all answered by lwk/mem.

func mmap(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	const locked = 0x2000
	a := &t.Args
	flags := int32(a[3])
	if s.future == mclFuture {
		flags |= locked
	}
	addr, err := s.Space.Mmap(uintptr(a[0]), uintptr(a[1]), s.implied(int32(a[2])), flags, int32(a[4]), int64(a[5]))
	if err != 0 {
		return errno(err)
	}
	if s.future&mclOnFault != 0 {
		s.lockNew(c, addr, addr+(uintptr(a[1])+4095)&^4095)
	}
	return int64(addr)
}

func munmap(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	return errno(s.Space.Munmap(uintptr(t.Args[0]), uintptr(t.Args[1])))
}

func mprotect(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	return errno(s.Space.Mprotect(uintptr(t.Args[0]), uintptr(t.Args[1]), s.implied(int32(t.Args[2]))))
}

func mseal(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	return errno(s.Space.Mseal(uintptr(t.Args[0]), uintptr(t.Args[1]), t.Args[2]))
}

func mremap(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	a := &t.Args
	addr, err := s.Space.Mremap(uintptr(a[0]), uintptr(a[1]), uintptr(a[2]), int32(a[3]), uintptr(a[4]))
	if err != 0 {
		return errno(err)
	}
	return int64(addr)
}

func madvise(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	return errno(s.Space.Madvise(uintptr(t.Args[0]), uintptr(t.Args[1]), int32(t.Args[2])))
}

func brk(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	if s.future == 0 {
		return int64(s.Space.Brk(uintptr(t.Args[0])))
	}
	_, before := s.Space.Break()
	end := s.Space.Brk(uintptr(t.Args[0]))
	s.lockNew(c, before, end)
	return int64(end)
}
