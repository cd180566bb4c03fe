package process

import (
	"sync/atomic"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/ikc"
)

// The monitor is one raw thread on the Linux cores that does for the cores what they must not spend
// time on: ending time slices, watching deadlines of threads that sleep while their core computes,
// making proxies, watching the memory limit. It sleeps unless somebody wants it.
type monitor struct {
	word  uint32 // futex word: what is wanted, as bits
	until int64  // when it will look at the cores next by itself; 0: not before it is called
}

const (
	wantProxy = 1 << iota
	wantLook
)

// Time slice: how long a thread may keep a core for which another waits.
const slice = 4e6

// want asks the monitor for something.
//
//go:nosplit
func (m *monitor) want(bit uint32) {
	if enc.monitored == 0 {
		return // there is one thread, and nobody to do anything for
	}
	for {
		old := atomic.LoadUint32(&m.word)
		if old&bit != 0 {
			return
		}
		if atomic.CompareAndSwapUint32(&m.word, old, old|bit) {
			break
		}
	}
	futexRouse(&m.word, 1)
}

// attend has the monitor look at the cores within a time slice. It costs one load when it does so
// anyway.
//
//go:nosplit
func (m *monitor) attend() {
	if atomic.LoadInt64(&m.until) == 0 {
		m.want(wantLook)
	}
}

// attendBy has it look no later than at a point of time.
//
//go:nosplit
func (m *monitor) attendBy(deadline int64) {
	if u := atomic.LoadInt64(&m.until); u == 0 || u > deadline {
		m.want(wantLook)
	}
}

//go:nosplit
func monitorMain(arg uintptr) {
	e := enc
	m := &e.monitor
	setAffinity(0, &e.linux)
	beOrdinary()
	setSigmask(kickMask) // for its turn, see Everywhere
	tid, _ := raw(sysGettid, 0, 0, 0, 0, 0, 0)
	atomic.StoreUint32(&e.monitorTID, uint32(tid))
	quiet := 0
	for {
		w := atomic.SwapUint32(&m.word, 0)
		if w&wantProxy != 0 {
			e.spawnProxy()
		}
		if w != 0 {
			quiet = 0
		}
		recording.copyLevels()
		busy, next := e.look()
		if !busy {
			quiet++
		} else {
			quiet = 0
		}
		wait := int64(-1)
		if quiet < 4 {
			wait = slice / 2
		}
		if next != 0 {
			if d := next - monotonic(); wait < 0 || d < wait {
				wait = max(d, 20e3)
			}
		}
		if wait < 0 {
			// Nothing to watch on the cores; memory is looked at now and then.
			if e.limit != 0 {
				wait = 50e6
				if e.overLimit() {
					continue
				}
			}
			atomic.StoreInt64(&m.until, 0)
			futexSleep(&m.word, 0, wait)
			continue
		}
		atomic.StoreInt64(&m.until, monotonic()+wait)
		futexSleep(&m.word, 0, wait)
	}
}

// look ends the time slices that are over. busy: some core has a thread waiting for it, so look
// again soon; next: the earliest deadline of a core that computes.
//
//go:nosplit
func (e *enclave) look() (busy bool, next int64) {
	now := monotonic()
	for i := range e.ncores {
		c := &e.cores[i%maxCores]
		if atomic.LoadUint32(&c.user) == 0 && atomic.LoadUint32(&c.waiting) == 0 {
			continue
		}
		e.watch(c, now)
		waiting := atomic.LoadUint32(&c.waiting) != 0 || c.replies.Pending(&c.replyTake)
		if d := atomic.LoadInt64(&c.deadline); d != 0 {
			if now >= d {
				waiting = true
				c.sliceSeen = now - slice
			} else if next == 0 || d < next {
				next = d
			}
		}
		if !waiting {
			c.sliceRun = 0
			continue
		}
		busy = true
		run := atomic.LoadUint64(&c.runs)
		if c.sliceRun != run {
			c.sliceRun, c.sliceSeen = run, now
			if d := atomic.LoadInt64(&c.deadline); d != 0 && now >= d {
				c.sliceSeen = now - slice
			}
		}
		if now-c.sliceSeen >= slice/2 {
			c.Kick()
			c.sliceSeen = now
		}
	}
	return busy, next
}

// spawnProxy makes one more proxy; when it cannot (a process limit), calls wait until one is free.
//
//go:nosplit
func (e *enclave) spawnProxy() {
	n := e.nproxies.Load()
	if n >= maxProxies {
		e.tooFew()
		return
	}
	p := &e.proxies[n%maxProxies]
	stack, err := raw(sysMmap, 0, proxyStack, 3, 0x20022, ^uintptr(0), 0) // RW, PRIVATE|ANONYMOUS|STACK
	if err != 0 {
		return
	}
	p.index, p.tid = uint32(n), 0
	tid := rawThread(cloneThreadFlags, stack+proxyStack, symbols[symProxy], addressOf(p), e.tls, 0)
	if int64(tid) > 0 {
		e.sendAway(tid)
	}
	if int64(tid) < 0 {
		raw(sysMunmap, stack, proxyStack, 0, 0, 0, 0)
		e.tooFew()
		return
	}
	e.nproxies.Add(1)
}

// listenerMain takes the signals that Linux has for the process, all of which every other thread
// blocks, and sends them to the home core, which gives them to the program.
//
//go:nosplit
func listenerMain(arg uintptr) {
	e := enc
	setAffinity(0, &e.linux)
	beOrdinary()
	tid, _ := raw(sysGettid, 0, 0, 0, 0, 0, 0)
	atomic.StoreUint32(&e.listener, uint32(tid))
	var info [16]uint64
	var now timespec
	for {
		want := atomic.LoadUint32(&e.collect)
		collecting := want != e.collected
		set := e.taken()
		wait := uintptr(0)
		if collecting {
			set &^= 1 << (sigKick - 1)
			wait = addressOf(&now)
		}
		r, err := raw(sysSigtimedwait, addr64(&set), addr64(&info[0]), wait, 8, 0, 0)
		const user, tkill = 0, -6 // si_code; as in sighandler: not the program's own signal 16
		kick := r == sigKick && (int32(info[1]) == tkill || int32(info[1]) == user && uint32(info[2]) == 0)
		if kick && atomic.LoadUint32(&turn.state) == 1 && turn.target == e.listener {
			takeTurn()
			continue
		}
		if err != 0 || int64(r) <= 0 || kick { // the kick: e.left or e.collect has changed
			if collecting {
				atomic.StoreUint32(&e.collected, want) // nothing more is there
				futexRouse(&e.collected, maxCores)
			}
			continue
		}
		forwardSignal(addr64(&info[0]))
	}
}

// Collect implements hal.Platform. The kick is the listener's own and would overtake what waits for the
// process, so that it is only the call to look.
func (p *Platform) Collect() {
	e := enc
	if c := &e.cores[e.home]; c.own != 0 {
		if c.open == 0 {
			c.attune() // what is pending comes now
		}
		return
	}
	want := atomic.AddUint32(&e.collect, 1)
	raw(sysTgkill, e.pid, uintptr(atomic.LoadUint32(&e.listener)), sigKick, 0, 0, 0)
	for {
		have := atomic.LoadUint32(&e.collected)
		if int32(have-want) >= 0 {
			return
		}
		futexSleep(&e.collected, have, 10e6)
	}
}

// signalMessage tells the home core of the signal with the siginfo at info.
//
//go:nosplit
func signalMessage(info uintptr) ikc.Slot {
	m := ikc.Slot{Kind: abi.MsgSignal | enc.home<<8}
	for i := range m.Args {
		m.Args[i] = *at[uint64](info + uintptr(i)*8)
	}
	return m
}

// forwardSignal sends the signal with the siginfo at info to the home core. It is the listener's work,
// and runs in the handler for a signal that came to a thread of the Go runtime.
//
//go:nosplit
func forwardSignal(info uintptr) {
	e := enc
	m := signalMessage(info)
	e.reply(&m)
	c := &e.cores[e.home%maxCores]
	if atomic.LoadUint32(&c.user) != 0 {
		c.Kick()
	}
}
