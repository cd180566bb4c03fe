package native

import (
	"sync/atomic"
	"syscall"
	"unsafe"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/lwk/hal"
)

// user implements hal.User. The LWK does not use the program's addresses: it looks up, in the page
// tables, where the page is in the enclave's memory and what the program may do with it, and uses its
// own mapping of that. The lock keeps the page where it is meanwhile.
type user struct{}

// place returns where the LWK sees the program's byte addr, and how many bytes there are to the end of
// its page; 0: the program may not read (or write) it. Under mem.lock.
func (m *memory) place(addr uintptr, write bool) (uintptr, uintptr) {
	for range 2 {
		table := topTable()
		for shift := uintptr(39); addr < abi.UserEnd; shift -= 9 {
			e := *entryAt(table, addr>>shift&511)
			leaf := shift == 12 || shift == 21 && e&pteLarge != 0
			if e == 0 {
				break
			}
			if leaf {
				if e&pteP == 0 || write && e&pteW == 0 {
					return 0, 0
				}
				size := uintptr(1) << shift
				return abi.LinearBase + offsetOf(e)&^(size-1) + addr&(size-1), size - addr&(size-1)
			}
			table = offsetOf(e)
		}
		i := m.find(addr)
		if addr >= abi.UserEnd || i == m.n || m.areas[i].lo > addr || !permits(m.areas[i].prot, write, false) {
			return 0, 0
		}
		if !m.populate(addr &^ (region - 1)) {
			atomic.StoreUint32(&m.oom, 1)
			return 0, 0
		}
	}
	return 0, 0
}

// permits tells whether a protection allows an access. Write and execute imply read, as the processor
// has it.
func permits(prot int32, write, exec bool) bool {
	return prot&(protRead|protWrite|protExec) != 0 && (!write || prot&protWrite != 0) && (!exec || prot&protExec != 0)
}

// fault handles the program's page fault; false: it is the program's mistake. mapped tells whether
// anything is there at all.
func (m *memory) fault(addr uintptr, write, exec bool) (ok, mapped bool) {
	if addr >= abi.UserEnd {
		return false, false
	}
	m.lock.Lock()
	defer m.lock.Unlock()
	i := m.find(addr)
	if i == m.n || m.areas[i].lo > addr {
		return false, false
	}
	if !permits(m.areas[i].prot, write, exec) {
		return false, true
	}
	// Either nothing was touched in the region yet, or this core's TLB is older than the page table.
	if e := m.directory(addr, false); e != nil && *e != 0 {
		invalidate(addr)
		return true, true
	}
	if !m.populate(addr &^ (region - 1)) {
		atomic.StoreUint32(&m.oom, 1)
	}
	return true, true
}

// ensure sees to it that Linux can reach [addr, addr+n), which is the program's, as far as it is mapped
// and permits it. It returns how many bytes that is.
func (m *memory) ensure(addr, n uintptr, write bool) uintptr {
	if addr >= abi.UserEnd {
		return 0
	}
	end := addr + min(n, abi.UserEnd-addr)
	m.lock.Lock()
	defer m.lock.Unlock()
	for a := addr; a < end; {
		p, k := m.place(a, write)
		if p == 0 {
			return a - addr
		}
		a += k
	}
	return end - addr
}

// access does something with each piece of [addr, addr+n).
func access(addr, n uintptr, write bool, do func(at, done, k uintptr)) hal.Errno {
	if addr >= abi.UserEnd || n > abi.UserEnd-addr {
		return syscall.EFAULT
	}
	mem.lock.Lock()
	for done := uintptr(0); done < n; {
		p, k := mem.place(addr+done, write)
		if p == 0 {
			mem.lock.Unlock()
			return syscall.EFAULT
		}
		k = min(k, n-done)
		do(p, done, k)
		done += k
	}
	mem.lock.Unlock()
	return 0
}

func addressOf(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

func (user) CopyIn(dst []byte, src uintptr) hal.Errno {
	to := addressOf(dst)
	return access(src, uintptr(len(dst)), false, func(at, done, k uintptr) { move(to+done, at, k) })
}

func (user) CopyOut(dst uintptr, src []byte) hal.Errno {
	from := addressOf(src)
	return access(dst, uintptr(len(src)), true, func(at, done, k uintptr) { move(at, from+done, k) })
}

func (user) Zero(dst, n uintptr) hal.Errno {
	return access(dst, n, true, func(at, _, k uintptr) { clear(unsafe.Slice((*byte)(pointerTo(at)), k)) })
}

// bytesAt views n bytes.
func bytesAt(addr, n uintptr) []byte { return unsafe.Slice((*byte)(pointerTo(addr)), n) }

// pointerTo is safe as at is.
func pointerTo(addr uintptr) unsafe.Pointer { return unsafe.Add(unsafe.Pointer(nil), addr) }

// word finds an aligned word of n bytes. The lock is held if e is 0.
func word(addr, n uintptr, write bool) (p uintptr, e hal.Errno) {
	if addr >= abi.UserEnd-n || addr%n != 0 {
		return 0, syscall.EFAULT
	}
	mem.lock.Lock()
	if p, _ = mem.place(addr, write); p == 0 {
		mem.lock.Unlock()
		return 0, syscall.EFAULT
	}
	return p, 0
}

func (user) Load32(addr uintptr) (uint32, hal.Errno) {
	p, e := word(addr, 4, false)
	if e != 0 {
		return 0, e
	}
	v := atomic.LoadUint32(at[uint32](p))
	mem.lock.Unlock()
	return v, 0
}

func (user) Store32(addr uintptr, v uint32) hal.Errno {
	p, e := word(addr, 4, true)
	if e != 0 {
		return e
	}
	atomic.StoreUint32(at[uint32](p), v)
	mem.lock.Unlock()
	return 0
}

func (user) CAS32(addr uintptr, old, new uint32) (uint32, hal.Errno) {
	p, e := word(addr, 4, true)
	if e != 0 {
		return 0, e
	}
	v := old
	for !atomic.CompareAndSwapUint32(at[uint32](p), old, new) {
		if v = atomic.LoadUint32(at[uint32](p)); v != old {
			break
		}
	}
	mem.lock.Unlock()
	return v, 0
}

// Load64 and Store64 take any alignment.
func (u user) Load64(addr uintptr) (uint64, hal.Errno) {
	if addr%8 != 0 {
		var v uint64
		e := u.CopyIn(hidden(&v), addr)
		return v, e
	}
	p, e := word(addr, 8, false)
	if e != 0 {
		return 0, e
	}
	v := atomic.LoadUint64(at[uint64](p))
	mem.lock.Unlock()
	return v, 0
}

func (u user) Store64(addr uintptr, v uint64) hal.Errno {
	if addr%8 != 0 {
		return u.CopyOut(addr, hidden(&v))
	}
	p, e := word(addr, 8, true)
	if e != 0 {
		return e
	}
	atomic.StoreUint64(at[uint64](p), v)
	mem.lock.Unlock()
	return 0
}

// hidden views a word on the stack without making it escape: nobody keeps it.
func hidden(v *uint64) []byte {
	return unsafe.Slice((*byte)(pointerTo(uintptr(unsafe.Pointer(v)))), 8)
}

// Clear and Copy are for lwk/mem (mem.Config): memory of the pool, which is mapped. Clear leaves what was
// never touched as it is: it reads as zero.
func Clear(addr, n uintptr) {
	mem.lock.Lock()
	for a := addr; a < addr+n; {
		reg := a &^ (region - 1)
		if next := mem.nextFrame(reg, addr+n); next > reg {
			a = next
			continue
		}
		k := min(reg+region, addr+n) - a
		zero(abi.LinearBase+mem.frame(reg)+a-reg, k)
		a += k
	}
	mem.lock.Unlock()
}

func Copy(dst, src, n uintptr) {
	var room [512]byte
	b := unsafe.Slice((*byte)(pointerTo(uintptr(unsafe.Pointer(&room)))), len(room))
	for done := uintptr(0); done < n; done += uintptr(len(b)) {
		k := min(n-done, uintptr(len(b)))
		(user{}).CopyIn(b[:k], src+done)
		(user{}).CopyOut(dst+done, b[:k])
	}
}
