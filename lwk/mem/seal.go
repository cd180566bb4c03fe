package mem

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
)

// mapSealed marks an area that mseal(2) has sealed. It is no flag of mmap's, and the platform is not told:
// the LWK is the only one to change mappings.
const mapSealed = 1 << 23

// Mseal is mseal(2): what is mapped in [addr, addr+length) cannot be unmapped, moved, replaced or protected
// otherwise any more. ENOMEM when there is a hole.
func (s *Space) Mseal(addr, length uintptr, flags uint64) hal.Errno {
	if flags != 0 || !aligned(addr) {
		return syscall.EINVAL
	}
	end := addr + pageUp(length)
	if end < addr || length != 0 && pageUp(length) == 0 {
		return syscall.EINVAL
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	for lo := addr; lo < end; {
		i := s.t.at(lo)
		if i == 0 {
			return syscall.ENOMEM
		}
		lo = s.t.nodes[i].end
	}
	for lo := addr; lo < end; {
		i := s.t.at(lo)
		to := s.t.nodes[i]
		hi := min(to.end, end)
		if to.flags&mapSealed == 0 {
			if !s.t.room(2) {
				return syscall.ENOMEM
			}
			to.flags |= mapSealed
			s.change(i, lo, hi, to)
			s.sealed = true
		}
		lo = hi
	}
	return 0
}

// sealedIn tells whether anything in [lo, hi) is sealed.
func (s *Space) sealedIn(lo, hi uintptr) bool {
	if !s.sealed {
		return false
	}
	for i := s.t.above(lo); i != 0 && s.t.nodes[i].start < hi; i = s.t.nodes[i].next {
		if s.t.nodes[i].flags&mapSealed != 0 {
			return true
		}
	}
	return false
}

// keeps tells whether a sealed area refuses an advice: one that would change what it reads, and that who
// may not write must not give.
func (n *node) keeps(advice int32) bool {
	if n.flags&mapSealed == 0 || n.hasFile() || n.prot&syscall.PROT_WRITE != 0 {
		return false
	}
	switch advice {
	case madvDontNeed, madvDontNeedLocked, madvFree, madvRemove, madvDontFork, madvWipeOnFork, madvGuardInstall:
		return true
	}
	return false
}

const (
	madvRemove       = 9
	madvDontFork     = 10
	madvWipeOnFork   = 18
	madvGuardInstall = 102
)
