package process

import (
	"sync/atomic"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/fwk/rawcall"
	"github.com/skerry-os/skerry/ikc"
)

// A proxy executes shipped calls on the Linux cores, with the program's own pointers: it is a
// thread of the same process, made by clone(2) and unknown to the Go runtime. Everything from
// proxyMain down is nosplit and allocates nothing; it must not panic (no bounds checks that can
// fail), for there is no g to panic on.
//
// Proxies are interchangeable. Some poll for calls; a proxy that takes a call stops polling for as
// long as it executes, so that a call that blocks holds up nobody. Whoever makes the last poller
// disappear while calls wait wakes a sleeping proxy, or has the monitor make another one.
type proxy struct {
	tid   uint32
	index uint32
	_     [56]byte
}

//go:nosplit
func proxyMain(arg uintptr) {
	p := at[proxy](arg)
	e := enc
	setAffinity(0, &e.linux)
	beOrdinary()
	setSigmask(kickMask) // so that a call can be interrupted, and for turns (Everywhere)
	tid, _ := raw(sysGettid, 0, 0, 0, 0, 0, 0)
	atomic.StoreUint32(&p.tid, uint32(tid))
	recording.named(p)
	var m ikc.Slot
	idle := uint32(0)
	e.pollers.Add(1)
	for {
		if e.requests.Take(&e.takeAt, &m) {
			seen := recording.seen()
			e.pollers.Add(-1)
			e.callProxies()
			c := e.execute(p, &m, seen)
			e.pollers.Add(1) // a barrier as well: see reply
			if c != nil {
				e.answered(c)
			}
			idle = 0
			continue
		}
		idle++
		if idle <= e.spin && e.pollers.Load() <= e.npollers {
			pause()
			continue
		}
		idle = 0
		e.proxySleep()
	}
}

// callProxies sees to it that somebody polls while calls wait. The LWK calls it after a message,
// a proxy after it stopped polling; between the two, whatever their order, one sees the other.
//
//go:nosplit
func (e *enclave) callProxies() {
	if e.pollers.Load() > 0 || !e.requests.Pending(&e.takeAt) {
		return
	}
	if e.asleep.Load() > 0 {
		atomic.AddUint32(&e.bell, 1)
		futexRouse(&e.bell, 1)
		return
	}
	e.monitor.want(wantProxy)
}

//go:nosplit
func (e *enclave) proxySleep() {
	e.asleep.Add(1)
	bell := atomic.LoadUint32(&e.bell)
	e.pollers.Add(-1)
	// What came before this point may have counted on us.
	if !e.requests.Pending(&e.takeAt) {
		futexSleep(&e.bell, bell, -1)
	}
	e.pollers.Add(1)
	e.asleep.Add(-1)
}

//go:nosplit
func (e *enclave) execute(p *proxy, m *ikc.Slot, seen uint64) *core {
	thread := m.Thread
	if m.Kind&0xff != abi.MsgCall || thread >= abi.MaxThreads {
		return nil
	}
	c := &e.calls[thread%abi.MaxThreads]
	// Plain stores: whoever interrupts makes all threads of the process pass a barrier between
	// setting cancel and reading proxy (Platform.Interrupt), so that no call pays for one.
	c.proxy = p.tid
	var x execution
	x.begin(p, m, seen)
	ret := rawcall.Call(&c.cancel, uintptr(m.Aux), &m.Args)
	x.end(uintptr(ret))
	c.proxy = 0
	m.Args[0], m.Args[1] = uint64(ret), rawcall.Raised(ret)
	m.Kind = m.Kind&^0xff | abi.MsgDone
	core := e.post(m)
	x.answered()
	return core
}

// reply sends a message to the core named in it and wakes the core if it sleeps.
//
//go:nosplit
func (e *enclave) reply(m *ikc.Slot) {
	c := e.post(m)
	fence() // the message, then the question whether anybody looks: Idle does it the other way round
	e.answered(c)
}

// post puts the message into the core's ring.
//
//go:nosplit
func (e *enclave) post(m *ikc.Slot) *core {
	c := &e.cores[m.Kind>>8%maxCores]
	kind := m.Kind & 0xff
	for {
		s, pos, ok := c.replies.Claim(&c.replySend)
		if !ok {
			c.rouse() // full of what the core has not looked at yet
			briefly()
			continue
		}
		s.Kind, s.Thread, s.Aux, s.Args = kind, m.Thread, m.Aux, m.Args
		c.replies.Publish(s, pos)
		return c
	}
}

// answered is what comes after a message and a barrier.
//
//go:nosplit
func (e *enclave) answered(c *core) {
	c.rouse()
	if atomic.LoadUint32(&c.absent) != 0 {
		// The core runs somebody else. Whom this wakes waits for the end of a time slice.
		e.monitor.attend()
	}
}
