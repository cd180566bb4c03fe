package process

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
)

const (
	mapFixed          = 0x10
	mapFixedNoReplace = 0x100000
	sysMmap           = 9
	sysMprotect       = 10
	sysMunmap         = 11
	sysMremap         = 25
	sysMadvise        = 28
)

// memory implements hal.Memory: the program's address space is this process's. The calls are made
// on the core itself; rewritten text in a range that goes away is forgotten.
type memory struct{}

func (memory) Map(addr, length uintptr, prot, flags int32, fd int32, off int64, replace bool) hal.Errno {
	f := uintptr(uint32(flags)) | mapFixedNoReplace
	if replace {
		f = f&^mapFixedNoReplace | mapFixed
		text.forget(addr, length)
	}
	r, err := raw(sysMmap, addr, length, uintptr(uint32(prot)), f, uintptr(int(fd)), uintptr(off))
	if err == 0 && r != addr {
		raw(sysMunmap, r, length, 0, 0, 0, 0)
		return syscall.EEXIST
	}
	return err
}

func (memory) Unmap(addr, length uintptr) hal.Errno {
	text.forget(addr, length)
	_, err := raw(sysMunmap, addr, length, 0, 0, 0, 0)
	return err
}

func (memory) Protect(addr, length uintptr, prot int32) hal.Errno {
	_, err := raw(sysMprotect, addr, length, uintptr(uint32(prot)), 0, 0, 0)
	return err
}

func (memory) Remap(addr, oldLength, newAddr, newLength uintptr, flags int32) hal.Errno {
	const mayMove, fixed = 1, 2
	f := uintptr(uint32(flags))
	if newAddr != addr {
		f |= mayMove | fixed
		text.forget(addr, oldLength)
		text.forget(newAddr, newLength)
	}
	r, err := raw(sysMremap, addr, oldLength, newLength, f, newAddr, 0)
	if err == 0 && r != newAddr {
		return syscall.ENOMEM
	}
	return err
}

func (memory) Advise(addr, length uintptr, advice int32) hal.Errno {
	_, err := raw(sysMadvise, addr, length, uintptr(uint32(advice)), 0, 0, 0)
	return err
}
