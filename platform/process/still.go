package process

import "sync/atomic"

// Standing still: a fork copies all of the LWK's memory, so no other core may be in the middle of
// changing any of it, or hold a lock. A core is outside of the LWK when it is in the program (inRun), in
// Idle's sleep, or held at the gate; the gate is on the way back from both.

// still is a futex word: 1 while the other cores stay outside.
var still uint32

// Still implements hal.Platform.
func (p *Platform) Still(core int) {
	if enc.ncores == 1 {
		return
	}
	atomic.StoreUint32(&still, 1)
	for i := range enc.ncores {
		o := &enc.cores[i]
		if i == core {
			continue
		}
		for n := 0; atomic.LoadUint32(&o.inRun)|atomic.LoadUint32(&o.outside) == 0; n++ {
			if n < 1000 {
				pause()
			} else {
				briefly() // its CPU may be ours, or another enclave's for now
			}
		}
	}
}

// Stir implements hal.Platform.
func (p *Platform) Stir() {
	if atomic.SwapUint32(&still, 0) != 0 {
		futexRouse(&still, maxCores)
	}
}

// enterKernel is for a core that was outside and has not said so by inRun.
func (c *core) enterKernel() {
	for {
		atomic.StoreUint32(&c.outside, 0)
		if atomic.LoadUint32(&still) == 0 {
			return
		}
		c.waitStill()
	}
}

// waitStill lets another core have the LWK for itself.
func (c *core) waitStill() {
	c.Settle()
	atomic.StoreUint32(&c.outside, 1)
	for atomic.LoadUint32(&still) != 0 {
		futexSleep(&still, 1, -1)
	}
}
