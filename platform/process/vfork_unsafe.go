package process

import "runtime"

// stackRoom is how much of a core's Go stack a vfork can keep, and how large that stack is made at the
// start: the child works on it, light code (light_unsafe.go) and buffers that Linux knows by address
// count on it, and none of them may make it grow.
const stackRoom = 128 << 10

// lentStack is where the parent's stack is kept; one vfork at a time.
var (
	lentStack uintptr
	execArea  struct{ base, size uintptr } // what the child's Exec mapped, for the parent to unmap
	execBytes uintptr                      // Go memory that children have used, roughly
)

// Vfork implements hal.Platform.
func (p *Platform) Vfork(core int, flags uint64, alone bool) int64 {
	c := &enc.cores[core]
	if lentStack == 0 {
		a, err := mapAnonymous(stackRoom)
		if err != nil {
			return -12
		}
		lentStack = a
	}
	pid, tid, noted, own := c.pid, c.tid, c.noted, c.own
	c.close() // the child's signals are not the parent's
	c.own = 0
	ret := vforkClone(uintptr(flags), lentStack, stackRoom)
	if ret != 0 {
		c.pid, c.tid, c.noted, c.curfs = pid, tid, noted, c.gofs
		c.own, c.open = own, 0
		setGS(c.self)
		if ret > 0 && alone {
			enc.ownLeft = 0
			p.enterOwn(c)
		}
		return ret
	}
	self, _ := raw(sysGetpid, 0, 0, 0, 0, 0, 0)
	c.pid, c.tid = uint32(self), uint32(self)
	p.dispatch()
	return 0
}

// collectAfter is how much Go memory children may leave behind before it is collected. They allocate
// when they execute a program (its arguments as strings); nothing else in a running enclave does.
const collectAfter = 32 << 20

// Vforked implements hal.Platform.
func (p *Platform) Vforked(core int) {
	if execArea.base != 0 {
		raw(sysMunmap, execArea.base, execArea.size, 0, 0, 0, 0)
		execBytes += execArea.size + 16<<10
		execArea.base = 0
	}
	if execBytes < collectAfter || enc.ncores > 1 || enc.family != 0 {
		return
	}
	execBytes = 0
	procUnpin()
	runtime.GC()
	procPin()
}

// growStack makes the goroutine's stack large enough for good, without touching it: stackRoom is the
// function's frame.
func growStack()
