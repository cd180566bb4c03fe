package native

import (
	"sync/atomic"
	"syscall"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/lwk/hal"
)

// Protect implements hal.Memory.
func (m *memory) Protect(addr, length uintptr, prot int32) hal.Errno {
	m.lock.Lock()
	defer m.lock.Unlock()
	if !m.room(2) {
		return syscall.ENOMEM
	}
	hi := addr + length
	m.split(addr)
	m.split(hi)
	i := m.find(addr)
	j := i
	for ; j < m.n && m.areas[j].lo < hi; j++ {
		if f := m.areas[j].file; f != 0 && prot&protWrite != 0 && m.files[f-1].frozen {
			m.merge(i, j)
			return syscall.EACCES
		}
		m.areas[j].prot = prot
	}
	m.merge(i, j)
	less := false
	for at := addr &^ (region - 1); at < hi; at += region {
		if at = m.nextFrame(at, hi); at >= hi {
			break
		}
		less = m.setPages(max(at, addr), min(at+region, hi), bitsOf(prot)) || less
	}
	if less {
		m.shoot()
	}
	return 0
}

// Remap implements hal.Memory. What moves is copied: frames stay with their addresses.
func (m *memory) Remap(addr, oldLength, newAddr, newLength uintptr, flags int32) hal.Errno {
	const dontUnmap = 4
	m.lock.Lock()
	defer m.lock.Unlock()
	if !m.room(8) {
		return syscall.ENOMEM
	}
	i := m.find(addr)
	if i == m.n || m.areas[i].lo > addr || m.areas[i].hi < addr+min(oldLength, newLength) {
		return syscall.EFAULT
	}
	v := m.areas[i]
	v.off += int64(addr - v.lo)
	if newAddr == addr {
		if newLength <= oldLength {
			m.remove(addr+newLength, addr+oldLength, false)
			return 0
		}
		lo, hi := addr+oldLength, addr+newLength
		more := vma{lo: lo, hi: hi, prot: v.prot, file: v.file, off: v.off + int64(oldLength), shared: v.shared}
		if m.over(lo, hi) || hi > m.window[1] || m.mixes(&more, false) {
			return syscall.ENOMEM
		}
		m.add(more)
		return 0
	}
	if newAddr < m.window[0] || newAddr+newLength > m.window[1] || v.shared {
		return syscall.ENOMEM // shared memory stays where it is: other processes see its frames
	}
	if to := (vma{lo: newAddr, hi: newAddr + newLength}); m.mixes(&to, true) {
		return syscall.ENOMEM
	}
	m.remove(newAddr, newAddr+newLength, true)
	m.add(vma{lo: newAddr, hi: newAddr + newLength, prot: v.prot, file: v.file, off: v.off})
	end := addr + min(oldLength, newLength)
	for from := addr; from < end; {
		at := from &^ (region - 1)
		if next := m.nextFrame(at, end); next > at {
			from = next // nothing was touched before
			continue
		}
		to := newAddr + from - addr
		n := min(region-from%region, region-to%region, end-from)
		if !m.populate(to &^ (region - 1)) {
			atomic.StoreUint32(&m.oom, 1)
			return syscall.ENOMEM
		}
		move(abi.LinearBase+m.frame(to&^(region-1))+to%region, abi.LinearBase+m.frame(at)+from%region, n)
		from += n
	}
	m.remove(addr, addr+oldLength, false)
	if flags&dontUnmap != 0 {
		m.add(vma{lo: addr, hi: addr + oldLength, prot: v.prot})
	}
	return 0
}

// add makes an area where none is.
func (m *memory) add(v vma) {
	m.use(v.file, 1)
	i := m.find(v.lo)
	m.insertAt(i, v)
	m.merge(i, i)
	m.renew(v.lo, v.hi)
}

const (
	madvDontNeed       = 4
	madvPopulateRead   = 22
	madvPopulateWrite  = 23
	madvDontNeedLocked = 24
	madvRemove         = 9
	madvPoison         = 100
)

// Advise implements hal.Memory.
func (m *memory) Advise(addr, length uintptr, advice int32) hal.Errno {
	m.lock.Lock()
	defer m.lock.Unlock()
	hi := addr + length
	switch advice {
	case madvDontNeed, madvDontNeedLocked:
		m.forget(addr, hi)
	case madvPopulateRead, madvPopulateWrite:
		for at := addr &^ (region - 1); at < hi; at += region {
			if m.over(max(at, addr), min(at+region, hi)) && !m.populate(at) {
				return syscall.ENOMEM
			}
		}
	case madvRemove:
		return syscall.EINVAL // of shared mappings of files, which there are none
	}
	if advice >= madvPoison {
		return syscall.EINVAL // guard pages, poison: not here
	}
	return 0
}

// forget makes [lo, hi) what it was when it was mapped.
func (m *memory) forget(lo, hi uintptr) {
	for at := lo &^ (region - 1); at < hi; at += region {
		if at = m.nextFrame(at, hi); at >= hi {
			break
		}
		if m.isShared(at) {
			continue // it keeps its content
		}
		if at >= lo && at+region <= hi {
			m.setPages(at, at+region, 0)
			m.shoot()
			m.dropFrame(at)
			continue
		}
		m.fill(at, max(at, lo), min(at+region, hi))
	}
}
