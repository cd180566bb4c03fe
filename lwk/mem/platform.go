package mem

import "github.com/skerry-os/skerry/lwk/hal"

// The calls to the platform, counted.

const madvHugePage = 14

func (s *Space) platMap(addr, length uintptr, prot, flags, fd int32, off int64, replace bool) hal.Errno {
	s.stats.calls++
	return s.plat.Map(addr, length, prot, flags, fd, off, replace)
}

// holdPlace maps inaccessible memory: nobody else can then come to be there.
func (s *Space) holdPlace(lo, hi uintptr, replace bool) hal.Errno {
	return s.platMap(lo, hi-lo, 0, mapPrivate|mapAnon|mapNoReserve, -1, 0, replace)
}

func (s *Space) platUnmap(addr, length uintptr) hal.Errno {
	s.stats.calls++
	return s.plat.Unmap(addr, length)
}

func (s *Space) platProtect(addr, length uintptr, prot int32) hal.Errno {
	s.stats.calls++
	return s.plat.Protect(addr, length, prot)
}

func (s *Space) platRemap(addr, oldLen, newAddr, newLen uintptr, flags int32) hal.Errno {
	s.stats.calls++
	return s.plat.Remap(addr, oldLen, newAddr, newLen, flags)
}

func (s *Space) platAdvise(addr, length uintptr, advice int32) hal.Errno {
	s.stats.calls++
	return s.plat.Advise(addr, length, advice)
}
