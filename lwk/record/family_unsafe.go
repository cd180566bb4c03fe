package record

import (
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Blocks are an enclave's counters as its processes use them: those of its cores, then those for
// forked processes. Spare, the process's own, is used where there is none.
type Blocks struct {
	Family *Family
	Cores  []*Counters
	Kids   []*Counters
	Spare  *Counters
}

// Alone makes counters that nobody else sees.
func Alone(cores int) (*Blocks, error) {
	const size = unsafe.Sizeof(Counters{})
	a, err := mapMemory(uintptr(cores+1)*size, false)
	if err != nil {
		return nil, err
	}
	b := &Blocks{Family: &Family{}}
	for i := range cores {
		b.Cores = append(b.Cores, (*Counters)(unsafe.Add(unsafe.Pointer(nil), a+uintptr(i)*size)))
	}
	b.Spare = (*Counters)(unsafe.Add(unsafe.Pointer(nil), a+uintptr(cores)*size))
	return b, nil
}

// Claim takes a block for the forked process pid; Spare if there is none. It allocates nothing; it may
// make system calls.
func (b *Blocks) Claim(pid uint32) *Counters {
	f := b.Family
	for _, dead := range [...]bool{false, true} {
		for i := range b.Kids {
			old := atomic.LoadUint32(&f.Owners[i])
			if old != 0 && (!dead || alive(old)) {
				continue
			}
			if atomic.CompareAndSwapUint32(&f.Owners[i], old, pid) {
				return b.block(i)
			}
		}
	}
	atomic.AddUint64(&f.Missed, 1)
	return b.Spare
}

// block returns block i, with memory behind it: a page that the file system could not give would end
// the process with SIGBUS when it is touched.
func (b *Blocks) block(i int) *Counters {
	c := b.Kids[i]
	if atomic.LoadUint32(&b.Family.Touched[i]) != 0 {
		c.IdleFrom, c.Running = 0, 0 // another process's
		return c
	}
	const populateWrite = 23
	at := uintptr(unsafe.Pointer(c))
	lo := at &^ 4095
	_, _, err := syscall.RawSyscall(syscall.SYS_MADVISE, lo, (at+unsafe.Sizeof(*c)+4095)&^4095-lo, populateWrite)
	if err != 0 && err != syscall.EINVAL { // not there before Linux 5.14
		atomic.AddUint64(&b.Family.Missed, 1)
		return b.Spare
	}
	atomic.StoreUint32(&b.Family.Touched[i], 1)
	return c
}

// Owned returns n blocks for a forked process that has executed another program: those that it had
// already, and more.
func (b *Blocks) Owned(pid uint32, n int) (list []*Counters) {
	for i := range b.Kids {
		if len(list) < n && atomic.LoadUint32(&b.Family.Owners[i]) == pid {
			list = append(list, b.block(i))
		}
	}
	for len(list) < n {
		list = append(list, b.Claim(pid))
	}
	return list
}

// Release gives a forked process's blocks back.
func (b *Blocks) Release(pid uint32) {
	for i := range b.Kids {
		atomic.CompareAndSwapUint32(&b.Family.Owners[i], pid, 0)
	}
}

// Others reports whether any forked process of the enclave lives.
func (f *Family) Others() bool {
	for i := range f.Owners {
		if pid := atomic.LoadUint32(&f.Owners[i]); pid != 0 && alive(pid) {
			return true
		}
	}
	return false
}

func alive(pid uint32) bool {
	_, _, err := syscall.RawSyscall(syscall.SYS_KILL, uintptr(pid), 0, 0)
	return err != syscall.ESRCH
}
