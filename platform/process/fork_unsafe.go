package process

import (
	"syscall"
	"unsafe"

	"github.com/skerry-os/skerry/ikc"
	"github.com/skerry-os/skerry/lwk/hal"
)

// Fork implements hal.Platform: clone3(2) of this process by the home core's thread. Memory of both
// the program and the LWK is Linux's copy on write; of the threads only the calling one is in the
// child. Why that is safe for the Go runtime stands in docs/process-platform.md, "Fork".
func (p *Platform) Fork(core int, a *hal.Clone, f *hal.Forking) int64 {
	c := &enc.cores[core]
	other := core
	if enc.all > 1 {
		if other = enc.next(core, f.Allowed); other != core {
			enc.spread(core, other)
		}
	}
	// A signal that hits the child before it is an enclave of its own waits.
	setSigmask(^uint64(0))
	c.open = 0
	r, err := raw(sysClone3, uintptr(unsafe.Pointer(a)), unsafe.Sizeof(*a), 0, 0, 0, 0)
	switch {
	case err == 0 && r == 0:
		if f.Took = other; other != core {
			enc.trade(core, other)
			enc.gather(core)
		}
		p.reborn(core, f.Threads)
		c.attune()
		return 0
	case err == 0 && f.Alone:
		enc.ownLeft = 0
		p.enterOwn(c)
	}
	if other != core {
		enc.gather(core)
	}
	c.attune()
	if err != 0 {
		return -int64(err)
	}
	// From now on several enclaves share the cores, so that polling for long takes time from them.
	enc.spin = min(enc.spin, spinShared)
	return int64(r)
}

// spinShared is the polling budget of processes that have forked: a few microseconds.
const spinShared = 500

// reborn makes the child's half of the process an enclave of its own, of one core for now (Revive), which
// makes its calls itself (own_unsafe.go). It writes little: each page that it writes to is copied.
func (p *Platform) reborn(core, threads int) {
	e, c := enc, &enc.cores[core]
	e.pid, _ = raw(sysGetpid, 0, 0, 0, 0, 0, 0)
	if e.home = uint32(core); still != 0 {
		still = 0
	}
	e.crew, e.monitored, e.ownLeft, e.limit, e.ship = 0, 0, 0, 0, false
	e.nproxies.Store(0)
	recording.stop()
	e.monitor = monitor{}
	e.monitorTID, e.listener, e.collect, e.collected = 0, 0, 0, 0
	if turns.known|int(turns.lock) != 0 {
		turns.known, turns.lock = 0, 0
	}
	e.family = 1
	for i := range min(threads, maxThreads) {
		if o := &e.calls[i]; o.proxy|o.cancel != 0 {
			o.proxy, o.cancel = 0, 0
		}
	}
	for i := range e.ncores {
		o := &e.cores[i]
		o.user, o.kick, o.inRun, o.waiting, o.sleeping, o.awaken, o.ringing = 0, 0, 0, 0, 0, 0, 0
		o.deadline, o.unrung, o.atSea, o.noted, o.absent, o.outside = 0, 0, 0, 0, 0, 0
		o.pid = uint32(e.pid)
	}
	e.resetReplies(c)
	e.ncores = 1
	c.tid = uint32(e.pid)
	c.thread = e.pid // the first thread's number is the process's
	c.own, c.rest, c.call.state = 1, 0, callNone
	if text.patching != 0 {
		text.patching = 0
	}
	if isolated.realTime {
		isolated.enter() // all else a child inherits
	}
	p.dispatch()
}

// resetReplies empties the rings of answers. The one of a core with own calls only its signal handler
// writes to, so that it is whole.
func (e *enclave) resetReplies(c *core) {
	if c.own != 0 && e.ncores == 1 {
		var m ikc.Slot
		for c.replies.TakeAlone(&c.replyTake, &m) {
		}
		return
	}
	for i := range e.ncores {
		o := &e.cores[i]
		o.replies.Reset()
		o.replySend.Reset()
		o.replyTake.Reset()
	}
}

const (
	sysClone3 = 435
	sysExecve = 59
)

// Exec implements hal.Platform: this process becomes another enclave, by executing its own image
// again. All signals are blocked meanwhile, so that none is lost.
func (p *Platform) Exec(argv, env []string) int64 {
	path := "/proc/self/exe"
	list := make([]string, 0, len(argv)+len(env)+3)
	list = append(append(append(list, path, ""), argv...), "")
	list = append(list, env...)
	p0, errno := pointers(list)
	if errno != 0 {
		return -int64(errno)
	}
	// Empty strings stand for the ends of the arrays.
	p0[1], p0[2+len(argv)] = 0, 0
	setSigmask(^uint64(0))
	e := enc
	home := int(e.home)
	moved := e.all > 1 && e.cores[home].pid != uint32(e.pid) // a child of vfork; a forked one has moved
	if moved {
		e.gather(e.next(home, ^uint64(0)))
	}
	_, err := raw(sysExecve, p0[0], uintptr(unsafe.Pointer(&p0[2])), uintptr(unsafe.Pointer(&p0[3+len(argv)])), 0, 0, 0)
	if moved {
		e.gather(home)
	}
	setSigmask(coreMask)
	return -int64(err)
}

// pointers makes an array of pointers to strings, with its end, and the strings, in one piece of memory
// outside the Go heap: execArea, which whoever survives unmaps.
func pointers(list []string) ([]uintptr, syscall.Errno) {
	size := uintptr(len(list)+1) * 8
	n := size
	for _, s := range list {
		n += uintptr(len(s)) + 1
	}
	if execArea.base != 0 {
		raw(sysMunmap, execArea.base, execArea.size, 0, 0, 0, 0) // of a call that failed
		execArea.base = 0
	}
	base, err := raw(sysMmap, 0, n, 3, 0x22, ^uintptr(0), 0)
	if err != 0 {
		return nil, err
	}
	execArea.base, execArea.size = base, n
	out := unsafe.Slice(at[uintptr](base), len(list)+1)
	p := base + size
	for i, s := range list {
		out[i] = p
		copy(bytesAt(p, len(s)), s)
		p += uintptr(len(s)) + 1
	}
	return out, 0
}
