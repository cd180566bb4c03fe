package sys

import (
	"encoding/binary"
	"syscall"

	"github.com/skerry-os/skerry/lwk/sched"
)

// Shared memory of System V: the segment is Linux's, its place in the address space the LWK's.

const maxAttached = 256 // segments at a time

type attached struct {
	n    int
	list [maxAttached]struct{ addr, size uintptr }
}

func shmat(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	const (
		sysShmctl, ipcStat         = 31, 2
		readOnly, round, remap     = 0o10000, 0o20000, 0o40000
		segmentSize, page          = 48, 4096 // shm_segsz in struct shmid_ds; SHMLBA
		shared, fixed, anon        = 1, 0x10, 0x20
		noReserve, fixedNotReplace = 0x4000, 0x100000
	)
	var ds [112]byte
	if r := s.inline(sysShmctl, t.Args[0], ipcStat, address(ds[:]), 0); r < 0 {
		return r
	}
	size := uintptr(binary.LittleEndian.Uint64(ds[segmentSize:]))
	size = (size + page - 1) &^ (page - 1)
	addr, flags := uintptr(t.Args[1]), t.Args[2]
	how := int32(shared | anon | noReserve)
	switch {
	case addr&(page-1) != 0 && flags&round == 0 || addr == 0 && flags&remap != 0:
		return -int64(syscall.EINVAL)
	case addr != 0 && flags&remap != 0:
		how |= fixed
	case addr != 0:
		how |= fixedNotReplace
	}
	if s.shm.n == maxAttached {
		return -int64(syscall.ENOMEM)
	}
	prot := int32(syscall.PROT_READ | syscall.PROT_WRITE)
	if flags&readOnly != 0 {
		prot = syscall.PROT_READ
	}
	at, err := s.Space.Mmap(addr&^(page-1), size, prot, how, -1, 0)
	if err == syscall.EEXIST {
		err = syscall.EINVAL
	}
	if err != 0 {
		return errno(err)
	}
	r := s.inline(syscall.SYS_SHMAT, t.Args[0], uint64(at), flags|remap, 0)
	if r < 0 {
		s.Space.Munmap(at, size)
		return r
	}
	s.K.Lock()
	if a := &s.shm; a.n < maxAttached {
		a.list[a.n].addr, a.list[a.n].size = at, size
		a.n++
	}
	s.K.Unlock()
	return r
}

// shmdt unmaps the segment, which is how Linux detaches as well.
func shmdt(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	size := uintptr(0)
	s.K.Lock()
	a := &s.shm
	for i := range a.list[:a.n] {
		if a.list[i].addr == uintptr(t.Args[0]) {
			size = a.list[i].size
			a.n--
			a.list[i] = a.list[a.n]
			break
		}
	}
	s.K.Unlock()
	if size == 0 {
		return -int64(syscall.EINVAL)
	}
	return errno(s.Space.Munmap(uintptr(t.Args[0]), size))
}
