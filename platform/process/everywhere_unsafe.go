package process

import (
	"sync/atomic"
	"syscall"
	"unsafe"
)

// What Linux keeps for each thread (credentials, securebits, restrictions) and a program thinks of as
// the process's is changed in every thread of the process: cores, proxies, monitor, listener, and the
// Go runtime's own. A thread can only change itself, so each gets its turn in the handler of the kick
// (takeTurn, call_amd64.s), one after the other. No thread blocks the kick.

// turn is the call, and whose turn it is. Known to takeTurn: the offsets.
var turn struct {
	state  uint32 // 1: target is to make the call; 2: it has
	target uint32
	nr     uint64
	args   [6]uint64
	ret    int64
}

var (
	_ [0]byte = [unsafe.Offsetof(turn.args) - 16]byte{}
	_ [0]byte = [unsafe.Offsetof(turn.ret) - 64]byte{}
)

func takeTurn() // in assembly; for the listener, which takes signals without a handler

const (
	maxRuntime = 256 // threads of the Go runtime
	maxTurns   = maxProxies + maxCores + maxRuntime
)

// turns says who has had a turn, and is guarded by its own lock.
var turns struct {
	lock    uint32
	done    [maxTurns]uint32
	n       int
	runtime [maxRuntime]uint32 // the Go runtime's threads, as last seen
	known   int
	names   [4096]byte // directory entries
}

// Everywhere implements hal.Platform. The first to make the call is the core, on which it may fail. The
// others are in the same state, so that it does the same to them; if not, the process cannot go on.
func (p *Platform) Everywhere(nr uintptr, args *[6]uint64) int64 {
	for !atomic.CompareAndSwapUint32(&turns.lock, 0, 1) {
		briefly() // the kick's handler gives this core its turn meanwhile
	}
	ret := p.Inline(nr, args)
	if ret >= 0 {
		p.others(nr, args, ret)
	}
	atomic.StoreUint32(&turns.lock, 0)
	return ret
}

func (p *Platform) others(nr uintptr, args *[6]uint64, want int64) {
	self, _ := raw(sysGettid, 0, 0, 0, 0, 0, 0)
	enc.awaitRaw()
	turns.done[0], turns.n = uint32(self), 1
	turn.nr, turn.args = uint64(nr), *args
	// Threads that are made meanwhile by one that had its turn are right already; by one that had not,
	// they are found by the next look.
	for again := true; again; {
		again = false
		if !scanThreads() {
			for i := range turns.known {
				again = p.giveTurn(turns.runtime[i], want) || again
			}
		}
		e := enc
		again = p.giveTurn(atomic.LoadUint32(&e.listener), want) || again
		again = p.giveTurn(atomic.LoadUint32(&e.monitorTID), want) || again
		for i := range e.ncores {
			again = p.giveTurn(uint32(e.cores[i].thread), want) || again
		}
		for i := range min(int(e.nproxies.Load()), maxProxies) {
			again = p.giveTurn(atomic.LoadUint32(&e.proxies[i].tid), want) || again
		}
		for i := range turns.known {
			again = p.giveTurn(turns.runtime[i], want) || again
		}
	}
}

// awaitRaw returns when the raw threads that were made have said who they are: one that says so between
// two looks (scanThreads, ours) would be seen by neither.
func (e *enclave) awaitRaw() {
	yet := func(tid *uint32) {
		for atomic.LoadUint32(tid) == 0 {
			briefly()
		}
	}
	if e.monitored != 0 {
		yet(&e.monitorTID)
	}
	if e.crew != 0 {
		yet(&e.listener)
	}
	for i := range e.ncores {
		for atomic.LoadUintptr(&e.cores[i].thread) == 0 {
			briefly()
		}
	}
	if e.crew != 0 {
		for i := range min(int(e.nproxies.Load()), maxProxies) {
			yet(&e.proxies[i].tid)
		}
	}
}

// awaitListener returns the listener's thread id when it has one.
func (e *enclave) awaitListener() uint32 {
	for atomic.LoadUint32(&e.listener) == 0 {
		briefly()
	}
	return e.listener
}

// giveTurn has one thread make the call, unless it has, and reports whether it had not.
func (p *Platform) giveTurn(tid uint32, want int64) bool {
	if tid == 0 {
		return false
	}
	for _, d := range turns.done[:turns.n] {
		if d == tid {
			return false
		}
	}
	if turns.n == maxTurns {
		return false
	}
	turns.done[turns.n] = tid
	turns.n++
	turn.target, turn.ret = tid, want
	atomic.StoreUint32(&turn.state, 1)
	for atomic.LoadUint32(&turn.state) == 1 {
		if _, err := raw(sysTgkill, enc.pid, uintptr(tid), sigKick, 0, 0, 0); err == syscall.ESRCH {
			break
		}
		futexSleep(&turn.state, 1, 50e6)
	}
	atomic.StoreUint32(&turn.state, 0)
	if turn.ret != want {
		p.fail("a thread could not follow a change of credentials: out of memory?")
	}
	return true
}

// ours reports whether a thread is known as a core's or a raw one.
func (e *enclave) ours(tid uint32) bool {
	if tid == e.listener || tid == e.monitorTID {
		return true
	}
	for i := range e.ncores {
		if uint32(e.cores[i].thread) == tid {
			return true
		}
	}
	for i := range min(int(e.nproxies.Load()), maxProxies) {
		if e.proxies[i].tid == tid {
			return true
		}
	}
	return false
}

// scanThreads notes the Go runtime's threads, by /proc. Without one that can be read (a chroot, no
// descriptor left) those seen before count: the runtime makes none once the program runs, but for a
// collection, after which they are noted again.
func scanThreads() bool {
	path := [...]byte{'/', 'p', 'r', 'o', 'c', '/', 's', 'e', 'l', 'f', '/', 't', 'a', 's', 'k', 0}
	const directory = syscall.O_RDONLY | syscall.O_DIRECTORY | syscall.O_CLOEXEC
	fd, err := raw(syscall.SYS_OPEN, uintptr(unsafe.Pointer(&path)), directory, 0, 0, 0, 0)
	if err != 0 {
		return false
	}
	turns.known = 0
	for {
		n, err := raw(syscall.SYS_GETDENTS64, fd, uintptr(unsafe.Pointer(&turns.names)), uintptr(len(turns.names)), 0, 0, 0)
		if err != 0 || n == 0 || n > uintptr(len(turns.names)) {
			break
		}
		// struct linux_dirent64: inode, offset, length of the record at 16, type, name at 19.
		for at := 0; at+19 < int(n); {
			size := int(turns.names[at+16]) | int(turns.names[at+17])<<8
			tid := uint32(0)
			for i := at + 19; i < int(n) && turns.names[i] >= '0' && turns.names[i] <= '9'; i++ {
				tid = tid*10 + uint32(turns.names[i]-'0')
			}
			if tid != 0 && !enc.ours(tid) && turns.known < maxRuntime {
				turns.runtime[turns.known] = tid
				turns.known++
			}
			if size == 0 {
				break
			}
			at += size
		}
	}
	raw(syscall.SYS_CLOSE, fd, 0, 0, 0, 0, 0)
	return true
}
