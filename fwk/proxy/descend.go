package proxy

import (
	"fmt"
	"sync/atomic"
	"syscall"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/fwk/rawcall"
	"github.com/skerry-os/skerry/ikc"
)

// Children of the process, and the process itself after an execve, are made by the thread that has the mapped files'
// descriptors, as its table of descriptors is the one that is handed on: the program's are copied into it, at their
// numbers, beside the proxy's own. The child executes skerry at once: nothing of the Go runtime's is used in a
// forked process. It is a child of this process all the same, with its directory, rights, limits and groups.

// Flags of clone(2) that a child may be made with.
const (
	cloneFS, clonePidfd, cloneParent, cloneIO = 0x200, 0x1000, 0x8000, 0x80000000
	cloneNew                                  = 0x80 | 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x10000000 | 0x20000000 | 0x40000000
)

// traits are what Linux keeps for each thread and hands on to what the thread makes. The program's are those of the
// process's first thread.
type traits struct{ death, slack, personality, nice, io uintptr }

const (
	getDeath, setDeath, getSlack, setSlack = 2, 1, 30, 29
	sysIOGet, sysIOSet                     = 252, 251
)

func readTraits() (t traits) {
	var sig int32
	prctlInto(getDeath, &sig)
	t.death = uintptr(sig)
	t.slack, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, getSlack, 0, 0)
	t.personality, _, _ = syscall.RawSyscall(syscall.SYS_PERSONALITY, 0xffffffff, 0, 0)
	t.nice, _, _ = syscall.RawSyscall(syscall.SYS_GETPRIORITY, 0, 0, 0)
	t.io, _, _ = syscall.RawSyscall(sysIOGet, 1, 0, 0)
	return t
}

// take makes them the calling thread's. death: the signal at the parent's death as well, which a child does not get.
func (t traits) take(death bool) {
	if death {
		syscall.RawSyscall(syscall.SYS_PRCTL, setDeath, t.death, 0)
	}
	syscall.RawSyscall(syscall.SYS_PRCTL, setSlack, t.slack, 0)
	syscall.RawSyscall(syscall.SYS_PERSONALITY, t.personality, 0, 0)
	if now, _, _ := syscall.RawSyscall(syscall.SYS_GETPRIORITY, 0, 0, 0); now != t.nice {
		syscall.RawSyscall(syscall.SYS_SETPRIORITY, 0, 0, 20-t.nice)
	}
	if now, _, _ := syscall.RawSyscall(sysIOGet, 1, 0, 0); now != t.io {
		syscall.RawSyscall(sysIOSet, 1, 0, t.io)
	}
}

// fork is MsgFork, on the process's first thread.
func (p *Proxy) fork(m *ikc.Slot) {
	home, instance, flags := m.Args[0], m.Args[1], m.Args[2]
	t := readTraits()
	ret := -int64(syscall.ENOSYS)
	switch {
	case p.cfg.Member == nil:
	case !enclave.IsHome(&p.boot, home) || instance == 0 || instance >= abi.MaxInstances:
		p.broken(fmt.Sprintf("a process %d at %#x", instance, home))
		return
	case flags&^uint64(cloneFS|clonePidfd|cloneParent|cloneIO|cloneNew) != 0:
		ret = -int64(syscall.EINVAL)
	default:
		fds, e := p.descriptors()
		if ret = -int64(e); e == 0 {
			p.files.do(func() { ret = p.descend(fds, int(instance), home, flags&^clonePidfd, t) })
		}
	}
	m.Args[0], m.Args[1] = uint64(ret), 0
	if ret > 0 && flags&clonePidfd != 0 {
		fd, _, e := syscall.RawSyscall(sysPidfdOpen, uintptr(ret), 0, 0)
		if m.Args[1] = uint64(fd); e != 0 {
			m.Args[1] = ^uint64(0)
		}
	}
	m.Kind = m.Kind&^0xff | abi.MsgDone
	p.post(m, false)
}

// descend makes a child and waits until it serves.
func (p *Proxy) descend(fds []owned, instance int, home, flags uint64, t traits) int64 {
	b := enclave.Member(&p.boot, instance, home)
	block := enclave.Proxy(p.space.mem, &b)
	h := p.heir(instance, home)
	if e := p.gather(fds, h, true); e != 0 {
		return -int64(e)
	}
	t.take(false)
	path, argv, env := p.cfg.Member(h, nil)
	pid := rawcall.Spawn(flags, path, argv, env)
	p.scatter()
	if pid < 0 {
		return pid
	}
	var never uint32
	for wait := int64(50e3); atomic.LoadUint32(&block.Ready) == 0; wait = min(2*wait, 1e6) {
		// A child that is dead is left for the program to wait for, unless it never was one.
		if gone(int(pid)) {
			if flags&cloneParent == 0 {
				syscall.Wait4(int(pid), nil, 0, nil)
			}
			return -int64(syscall.EAGAIN)
		}
		rawcall.FutexWait(&never, 0, wait)
	}
	return pid
}

// gone reports whether a process is dead, waited for or not.
func gone(pid int) bool {
	fd, _, e := syscall.RawSyscall(sysPidfdOpen, uintptr(pid), 0, 0)
	if e != 0 {
		return e == syscall.ESRCH
	}
	defer syscall.Close(int(fd))
	return readable(int(fd))
}

// heir begins what the next process is told.
func (p *Proxy) heir(instance int, home uint64) *Heir {
	return &Heir{Instance: instance, Home: home, CoresOf: p.boot.Machine.Len / coreBlockSize, MemoryOf: p.boot.Memory, ImageOf: p.boot.Image.Len}
}

const coreBlockSize = 128

// executeHere is MsgExec of a program that stays in this enclave, on the process's first thread. It returns only on
// failure.
func (p *Proxy) executeHere(next *enclave.Program, home uint64) error {
	if p.cfg.Member == nil || !enclave.IsHome(&p.boot, home) {
		return syscall.ENOSYS
	}
	t := readTraits()
	fds, e := p.descriptors()
	if e != 0 {
		return e
	}
	var err error
	p.leaveLife()
	p.files.do(func() {
		h := p.heir(int(p.boot.Instance), home)
		h.Exec = true
		if e := p.gather(fds, h, false); e != 0 {
			err = e
			return
		}
		t.take(true)
		path, argv, env := p.cfg.Member(h, next)
		rawcall.Block(^uint64(0))
		// What this thread alone was sent, to have it block signals, would outlast the execve.
		var info [16]uint64
		for rawcall.Take(1<<(rawcall.Quiet-1), &info) != 0 {
		}
		err = syscall.Exec(path, argv, env)
		rawcall.Block(rawcall.Mask)
		p.scatter()
	})
	p.live()
	return err
}
