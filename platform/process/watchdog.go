package process

import (
	"sync/atomic"
	"syscall"
)

// The watchdog is the monitor's: it tells those who want to know (Config.Verbose) of what should not
// last, once each time. That threads wait for each other for ever is the program's affair, and no error.

// patience is how long a core may be in the LWK while threads wait for it. Nothing there takes that
// long but the child of a vfork that has not executed its program yet.
const patience = 5e9

// A watched is what the monitor last saw of a core.
type watched struct {
	runs  uint64
	since int64
	told  bool
}

var watchdog struct {
	on      bool
	cores   [maxCores]watched
	proxies bool // it was told that there are too few
}

// watch looks at a core for which threads wait.
//
//go:nosplit
func (e *enclave) watch(c *core, now int64) {
	if !watchdog.on {
		return
	}
	w := &watchdog.cores[c.index%maxCores]
	runs := atomic.LoadUint64(&c.runs)
	if w.runs != runs || atomic.LoadUint32(&c.user)|atomic.LoadUint32(&c.outside)|atomic.LoadUint32(&c.waiting)^1 != 0 {
		*w = watched{runs: runs, since: now}
		return
	}
	if w.since == 0 {
		w.since = now
	}
	if !w.told && now-w.since > patience {
		w.told = true
		l := &said
		l.n = 0
		l.text("skerry: core ")
		l.number(uint64(c.index))
		l.text(" has been in the kernel for 5 s while threads wait for it; see what it does: gdb -batch -ex bt -p ")
		l.number(uint64(c.thread))
		l.tell()
	}
}

// tooFew is for a call that waits because Linux has no thread for another proxy.
//
//go:nosplit
func (e *enclave) tooFew() {
	if !watchdog.on || watchdog.proxies {
		return
	}
	watchdog.proxies = true
	l := &said
	l.n = 0
	l.text("skerry: no thread for one more proxy: system calls wait until one of ")
	l.number(uint64(e.nproxies.Load()))
	l.text(" that block has ended; raise the limit on processes (ulimit -u)")
	l.tell()
}

// A line is made without Go memory, for threads that the runtime does not know. There is one, as there
// is one monitor, and its stack is small.
type line struct {
	b [256]byte
	n uint
}

var said line

//go:nosplit
func (l *line) text(s string) {
	for i := 0; i < len(s); i++ {
		l.b[l.n&255] = s[i]
		l.n++
	}
}

//go:nosplit
func (l *line) number(v uint64) {
	d := uint64(1)
	for v/d >= 10 {
		d *= 10
	}
	for ; d > 0; d /= 10 {
		l.b[l.n&255] = byte('0' + v/d%10)
		l.n++
	}
}

//go:nosplit
func (l *line) tell() {
	l.b[l.n&255] = '\n'
	raw(syscall.SYS_WRITE, 2, addressOf(&l.b), uintptr(min(l.n+1, 256)), 0, 0, 0)
}
