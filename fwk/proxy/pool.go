package proxy

import (
	"runtime"
	"sync/atomic"
	"syscall"

	"github.com/skerry-os/skerry/fwk/rawcall"
	"github.com/skerry-os/skerry/ikc"
)

// Proxies are interchangeable. Some look for calls; one that takes a call stops looking for as long as
// it executes, so that a call that blocks holds up nobody. While a request is in the ring, some proxy looks,
// or is being woken, or the LWK is told that nobody looks (ProxyBlock.Asleep) and rings.
type pool struct {
	lookers atomic.Int32 // proxies that look for calls now
	asleep  atomic.Int32 // those that sleep, or are about to
	bell    uint32       // futex word: changes when a sleeping one should look
	total   atomic.Int32
	spin    int
	most    int32 // how many may look at once
}

// worker is a proxy: a goroutine locked to its thread.
type worker struct {
	p     *Proxy
	tid   uint32
	guard guard
}

func (p *Proxy) newWorker() *worker {
	w := &worker{p: p, tid: uint32(syscall.Gettid())}
	w.guard.init(p)
	rawcall.Block(rawcall.KickMask)
	return w
}

// addProxy makes one more proxy, up to the most there may be: then calls wait until one is free.
func (p *Proxy) addProxy() {
	if p.pool.total.Add(1) > maxProxies {
		p.pool.total.Add(-1)
		return
	}
	go func() {
		runtime.LockOSThread() // for good: the thread's signal mask is its own
		p.newWorker().run()
	}()
}

func (w *worker) run() {
	p := w.p
	l := &p.pool
	var m ikc.Slot
	p.look()
	for idle := 0; !p.ending.Load(); {
		if p.requests.Take(&p.takeAt, &m) {
			p.lookAway()
			w.message(&m)
			p.look()
			idle = 0
			continue
		}
		if idle++; idle <= l.spin && l.lookers.Load() <= l.most {
			rawcall.Pause()
			continue
		}
		idle = 0
		p.sleep()
	}
}

// look counts the caller as one that looks for calls.
func (p *Proxy) look() {
	if p.pool.lookers.Add(1) == 1 {
		atomic.StoreUint32(&p.block.Asleep, 0)
	}
}

// lookAway takes that back. If nobody looks any more, the LWK rings from now on; what it sent before it
// could see that is somebody's to take.
func (p *Proxy) lookAway() {
	if p.pool.lookers.Add(-1) > 0 {
		return
	}
	atomic.StoreUint32(&p.block.Asleep, 1) // an exchange: a barrier as well
	if p.requests.Pending(&p.takeAt) {
		p.rouse()
	}
}

// rouse wakes a sleeping proxy, or makes one.
func (p *Proxy) rouse() {
	if p.pool.asleep.Load() > 0 {
		atomic.AddUint32(&p.pool.bell, 1)
		rawcall.FutexWake(&p.pool.bell, 1)
		return
	}
	p.addProxy()
}

func (p *Proxy) sleep() {
	l := &p.pool
	l.asleep.Add(1)
	bell := atomic.LoadUint32(&l.bell)
	if l.lookers.Add(-1) == 0 {
		atomic.StoreUint32(&p.block.Asleep, 1)
	}
	if l.lookers.Load() > 0 || !p.requests.Pending(&p.takeAt) {
		rawcall.FutexWait(&l.bell, bell, -1)
	}
	p.look()
	l.asleep.Add(-1)
}

// watch sees to it that a call is taken when nobody looked as it came: the LWK rings then, or, where it
// cannot, watch looks now and then itself.
func (p *Proxy) watch() {
	runtime.LockOSThread()
	rawcall.Block(rawcall.Mask)
	var never uint32
	pause := int64(20e3)
	for !p.ending.Load() {
		if p.cfg.Wait != nil {
			p.waiter.do(p.cfg.Wait)
		} else {
			rawcall.FutexWait(&never, 0, pause)
			pause = min(pause*2, 1e6)
		}
		if p.pool.lookers.Load() == 0 && p.requests.Pending(&p.takeAt) {
			pause = 20e3
			p.rouse()
		}
	}
}
