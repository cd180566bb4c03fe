package proxy

import (
	"encoding/binary"
	"syscall"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/triage"
)

// guard decides whether a call that an enclave asks for may be made, and makes its arguments what Linux
// may be given. Each proxy has one. It allocates nothing.
//
// What holds when admit says make: every address among the arguments, and every address in memory that
// they lead to, is 0, or lies in the window or the LWK's memory with all that Linux may touch from there,
// or is the guard's own buffer. Memory that Linux reads addresses or their lengths from is always a copy in
// the buffer, so that nobody changes it between the check and its use. All else may change at any time, as
// on Linux itself; lengths that Linux reads from the program's own memory (socket addresses, options)
// it bounds by less than the window's guard.
type guard struct {
	s    *space
	ours func(pid int32) bool // is it a thread of this process?

	buf   []byte // copies
	used  int
	back  [maxBack]back
	nback int
	given [6]uint64 // arguments as they came

	call   *triage.Call
	again  bool
	linear bool // addresses of the LWK's memory may be meant: not in what the program wrote
	v      verdict
}

const (
	bufSize = 256 << 10
	maxBack = 4
	// mostIO is as much as Linux moves in one call.
	mostIO  = 0x7ffff000
	mostIov = 1024
)

// back is a copy that is to be written back after the call: count structures of one layout.
type back struct {
	layout    *triage.Layout
	to        uint64
	from      int
	count     int
	countable bool // the call's result is how many of them Linux filled
}

type what uint8

const (
	makeIt    what = iota
	makeFirst      // on the process's first thread
	makeEvery      // on every thread of the process
	refuse         // errno: the call is not made for enclaves
	answer         // errno: as Linux would, 0 included
	populate       // n bytes from at are not there yet
)

type verdict struct {
	what  what
	errno syscall.Errno
	at, n uint64
	write bool
}

func (g *guard) init(p *Proxy) {
	g.s, g.buf = p.space, make([]byte, bufSize)
	g.ours = func(pid int32) bool {
		return pid == p.pid || syscall.Tgkill(int(p.pid), int(pid), 0) == nil
	}
}

// admit judges a call and translates its arguments in place. lwk: for the LWK itself. again: the LWK has
// been asked for what is not there; what still is not is Linux's to complain about.
func (g *guard) admit(nr uint32, args *[6]uint64, lwk, again bool) verdict {
	g.used, g.nback, g.given, g.again, g.linear = 0, 0, *args, again, true
	g.v = verdict{}
	r, e := triage.RemoteOf(nr)
	switch {
	case r == triage.RemoteRefuse, r == triage.RemoteLWK && !lwk:
		if e == 0 {
			e = syscall.ENOSYS
		}
		return verdict{what: refuse, errno: e}
	case r == triage.RemoteTrue:
		return verdict{what: answer}
	case r == triage.RemoteEvery, nr == syscall.SYS_PRCTL && triage.PrctlEvery(uint32(args[0])):
		g.v.what = makeEvery
	case r == triage.RemoteMain:
		g.v.what = makeFirst
	}
	g.call = triage.Lookup(int(nr))
	c := g.call
	if e := g.special(nr, args); e != 0 {
		return verdict{what: refuse, errno: e}
	}
	for i := len(c.Args); i < 6; i++ {
		args[i] = 0
	}
	regs := *args // lengths and selectors as they came
	for i := range c.Args {
		if !g.argument(i, &regs, args) {
			return g.v
		}
	}
	return g.v
}

// end is the way out of a check that fails.
func (g *guard) end(w what, e syscall.Errno) bool {
	g.v = verdict{what: w, errno: e}
	return false
}

// argument checks argument i; regs are all of them as they came, args what Linux gets.
func (g *guard) argument(i int, regs, args *[6]uint64) bool {
	a, ok := g.call.Resolve(i, regs)
	if !ok {
		return g.end(refuse, g.call.Undescribed())
	}
	if !a.Kind.Pointer() {
		return true
	}
	p := &args[i]
	if a.Kind == triage.SigSetPtr || a.Kind == triage.PtrArray || a.Kind == triage.SigSetIn && g.call.Nr != 282 && g.call.Nr != 289 && g.call.Nr != 128 {
		if *p != 0 { // the LWK keeps masks; one here would be the proxy's
			return g.end(refuse, syscall.EINVAL)
		}
		return true
	}
	if *p == 0 {
		return true // Linux's to judge
	}
	switch a.Kind {
	case triage.Path, triage.String:
		return g.text(p, uint64(a.Size))
	case triage.Options:
		return g.copyText(p, int(a.Size))
	case triage.SockaddrOut:
		return g.counted(p, regs[a.Len], 128)
	case triage.BufOutPtr:
		return g.counted(p, regs[a.Len], guardSize/2)
	case triage.AtMost, triage.SizedIn, triage.FileHandleIn, triage.FileHandleInOut:
		return g.start(p, 1, true)
	case triage.IovecIn, triage.IovecOut, triage.IovecInOut:
		return g.iovec(p, regs[a.Len], a.Kind != triage.IovecIn)
	}
	if a.Kind.Nested() {
		return g.nested(i, &a, regs, args)
	}
	n, ok := g.call.ExtentOf(&a, regs)
	if !ok {
		return g.end(refuse, syscall.ENOSYS)
	}
	switch a.Kind {
	case triage.BufIn, triage.BufOut, triage.BufInOut:
		if n > mostIO {
			n, args[a.Len] = mostIO, mostIO
		}
	}
	return g.memory(p, n, a.Kind.Out())
}

// memory checks that Linux may touch n bytes from *p on, and makes *p the address where they are here.
func (g *guard) memory(p *uint64, n uint64, write bool) bool {
	at := *p
	if at >= abi.LinearBase {
		off := at - abi.LinearBase
		if !g.linear || off >= g.s.size || n > g.s.size-off {
			return g.end(answer, syscall.EFAULT)
		}
		*p = uint64(g.s.at(off))
		return true
	}
	if n == 0 {
		return true // Linux touches nothing, and may say what it likes of the address
	}
	if !g.s.window.holds(at, n) {
		return g.end(answer, syscall.EFAULT)
	}
	return g.present(at, n, write)
}

// present asks for what is not there yet.
func (g *guard) present(at, n uint64, write bool) bool {
	if g.again {
		return true
	}
	if from, gap := g.s.missing(at, n); gap {
		g.v = verdict{what: populate, at: from, n: at + n - from, write: write}
		return false
	}
	return true
}

// start is memory for what is shorter than the window's guard: how much Linux touches only Linux knows, n
// bytes at least.
func (g *guard) start(p *uint64, n uint64, write bool) bool {
	if *p >= abi.LinearBase {
		return g.memory(p, 1, write) // there is a guard after the enclave's memory as well
	}
	if !g.s.window.starts(*p) {
		return g.end(answer, syscall.EFAULT)
	}
	return g.present(*p, n, write)
}

// text is start for text with a NUL: it asks for all of it.
func (g *guard) text(p *uint64, most uint64) bool {
	if *p >= abi.LinearBase || g.again {
		return g.start(p, 1, false)
	}
	if !g.s.window.starts(*p) {
		return g.end(answer, syscall.EFAULT)
	}
	for n := uint64(0); n < most; {
		b := g.s.piece(*p + n)
		if b == nil {
			if !g.s.window.starts(*p + n) {
				return true // Linux reaches the guard
			}
			return g.present(*p+n, 1, false)
		}
		b = b[:min(uint64(len(b)), most-n)]
		for _, ch := range b {
			if ch == 0 {
				return true
			}
		}
		n += uint64(len(b))
	}
	return true
}

// copyText gives Linux a copy, of which it may read as much as it likes.
func (g *guard) copyText(p *uint64, most int) bool {
	b := g.take(most)
	if b == nil {
		return g.end(answer, syscall.ENOMEM)
	}
	at := *p
	if !g.start(&at, 1, false) {
		return false
	}
	n := g.s.read(b[:most-1], *p)
	for i := range n {
		if b[i] == 0 {
			n = i
			break
		}
	}
	clear(b[n:])
	*p = address(b)
	return true
}

// counted is memory whose length Linux reads from a word at another address, at most most.
func (g *guard) counted(p *uint64, lengthAt, most uint64) bool {
	var b [4]byte
	n := uint64(1)
	if g.s.read(b[:], lengthAt) == len(b) {
		n = max(1, min(uint64(binary.LittleEndian.Uint32(b[:])), most))
	}
	return g.start(p, n, true)
}

// take returns n bytes of the buffer, nil when it is full.
func (g *guard) take(n int) []byte {
	from := (g.used + 15) &^ 15
	if n > len(g.buf)-from {
		return nil
	}
	g.used = from + n
	return g.buf[from:g.used]
}

// fetch copies n bytes from the enclave's memory at at.
func (g *guard) fetch(at uint64, n int) []byte {
	b := g.take(n)
	if b == nil {
		g.end(answer, syscall.ENOMEM)
		return nil
	}
	p := at
	if !g.memory(&p, uint64(n), false) {
		return nil
	}
	if g.s.read(b, at) != n {
		g.end(answer, syscall.EFAULT)
		return nil
	}
	return b
}

// inside is for what was read from memory at at: addresses there may be of the LWK's memory only if that
// was, too. It returns what was in force.
func (g *guard) inside(at uint64) bool {
	was := g.linear
	g.linear = was && at >= abi.LinearBase
	return was
}

// iovec gives Linux a copy of an array of buffers, each checked.
func (g *guard) iovec(p *uint64, count uint64, write bool) bool {
	if count > mostIov {
		return g.end(answer, syscall.EINVAL)
	}
	if count == 0 {
		*p = 0
		return true
	}
	b := g.fetch(*p, int(count)*16)
	if b == nil {
		return false
	}
	was := g.inside(*p)
	defer func() { g.linear = was }()
	left := uint64(mostIO)
	for ; len(b) >= 16; b = b[16:] {
		base, n := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
		if int64(n) < 0 {
			return g.end(answer, syscall.EINVAL)
		}
		n = min(n, left) // as Linux does
		left -= n
		if n == 0 {
			base = 0
		}
		if base != 0 && !g.memory(&base, n, write) {
			return false
		}
		binary.LittleEndian.PutUint64(b, base)
		binary.LittleEndian.PutUint64(b[8:], n)
	}
	*p = address(g.buf[g.used-int(count)*16 : g.used])
	return true
}
