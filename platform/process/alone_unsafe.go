package process

import (
	"sync/atomic"
	"syscall"
)

// Alone implements hal.Platform: what is left of the process is what a fork's child begins with
// (reborn), but for its memory, which stays shared with nobody.
func (p *Platform) Alone(core int, nr uintptr, args *[6]uint64, threads int, late bool) (int64, bool) {
	var ret int64
	if !late {
		if ret = p.Inline(nr, args); ret < 0 {
			return ret, false
		}
	}
	setSigmask(^uint64(0))
	p.endOthers(core)
	if late {
		ret = p.Inline(nr, args)
	}
	p.reborn(core, threads)
	enc.cores[core].attune()
	enc.spin = min(enc.spin, spinShared)
	return ret, true
}

// endOthers ends all threads but the calling core's and returns when Linux has none of them any more.
func (p *Platform) endOthers(core int) {
	e := enc
	args := [6]uint64{}
	e.awaitRaw()
	turns.done[0], turns.n = uint32(e.cores[core].thread), 1
	turn.nr, turn.args = syscall.SYS_EXIT, args
	scanThreads()
	atomic.StoreUint32(&e.monitor.word, 0)
	// The monitor first: it makes proxies.
	p.endThread(atomic.LoadUint32(&e.monitorTID))
	p.endThread(atomic.LoadUint32(&e.listener))
	for i := range min(int(e.nproxies.Load()), maxProxies) {
		p.endThread(atomic.LoadUint32(&e.proxies[i].tid))
	}
	for i := range e.ncores {
		p.endThread(uint32(e.cores[i].thread))
	}
	for scanThreads() && turns.known > 0 {
		for i := range turns.known {
			if tid := turns.runtime[i]; tid != uint32(e.cores[core].thread) {
				p.endThread(tid)
			}
		}
	}
	for i := range e.ncores {
		if i != core {
			e.cores[i].thread = 0
		}
	}
}

// endThread has a thread end.
func (p *Platform) endThread(tid uint32) {
	if tid == 0 || tid == turns.done[0] {
		return
	}
	turn.target = tid
	atomic.StoreUint32(&turn.state, 1)
	for n := 0; ; n++ {
		how := uintptr(0) // does it live?
		if n%256 == 0 {
			how = sigKick
		}
		if _, err := raw(sysTgkill, enc.pid, uintptr(tid), how, 0, 0, 0); err == syscall.ESRCH {
			break
		}
		briefly()
	}
	atomic.StoreUint32(&turn.state, 0)
}
