// Package strace owns what `skerry run --strace` writes: each system call with its arguments, signals
// and ends, for all threads and processes of an enclave, in the format that strace(1) with -f has, so
// that eyes and tools that know one know the other. Names, kinds of arguments and their lengths come
// from abi/triage; what it knows besides is symbols (flags.go), structures (structs.go) and the names
// of errors and signals (names.go).
//
// Rules:
//   - It runs on the core that handles the call and may make system calls, but allocates nothing as long
//     as a line fits the core's buffer. It is not light (hal.Core.Settle).
//   - Program memory is read through hal.User; what cannot be read is shown as its address.
//   - A call that does not block is one line, written when it is over. One that may block is begun
//     before, and whoever writes next ends the line with "<unfinished ...>". Which line is open is in
//     memory that all processes of the enclave share (record.Switches).
package strace

import (
	"strconv"
	"sync/atomic"

	"github.com/skerry-os/skerry/abi/triage"
	"github.com/skerry-os/skerry/lwk/hal"
	"github.com/skerry-os/skerry/lwk/record"
)

// Tracer writes the trace of one process; its copy in a forked one writes that one's.
type Tracer struct {
	// Write writes to the output, all of it. Yield lets others run; Alive says whether a process lives.
	Write func(b []byte)
	Yield func()
	Alive func(pid uint32) bool
	// User is the program's memory, Shared what the enclave's processes share.
	User   hal.User
	Shared *record.Switches
	// ToFile: lines begin with the number of their thread, as with strace -f -o.
	ToFile bool
	PID    uint32

	cores []scratch
}

// Call is a system call: whose, and its registers.
type Call struct {
	Who  uint32 // the thread's id
	Nr   uint32
	Args [6]uint64
}

// scratch is a core's.
type scratch struct {
	line []byte    // what is being put together
	out  []byte    // with what comes before it
	mem  [512]byte // from the program
	one  [8]byte
}

// lineSize holds two paths at their longest, each byte of them escaped.
const lineSize = 48 << 10

// Init makes the buffers of n cores.
func (t *Tracer) Init(n int) {
	t.cores = make([]scratch, n)
	for i := range t.cores {
		t.cores[i].line = make([]byte, 0, lineSize)
		t.cores[i].out = make([]byte, 0, lineSize+256)
	}
}

// printer puts one line together.
type printer struct {
	*scratch
	t    *Tracer
	c    *triage.Call
	call Call
	ret  int64
	over bool // the call is: results may be shown
}

func (t *Tracer) printer(core int, call *Call) printer {
	s := &t.cores[core]
	s.line = s.line[:0]
	return printer{scratch: s, t: t, c: triage.Lookup(int(call.Nr)), call: *call}
}

// Begin writes a call that has not ended, up to the first argument that only Linux will fill.
func (t *Tracer) Begin(core int, call *Call) {
	p := t.printer(core, call)
	p.name()
	p.args(0, p.firstResult())
	t.emit(&p, false, "")
}

// Whole writes a call that is over.
func (t *Tracer) Whole(core int, call *Call, ret int64) {
	p := t.printer(core, call)
	p.over, p.ret = true, ret
	p.name()
	p.args(0, p.count())
	t.emit(&p, true, "")
}

// Resume writes the rest of a call that Begin wrote.
func (t *Tracer) Resume(core int, call *Call, ret int64) {
	p := t.printer(core, call)
	p.over, p.ret = true, ret
	p.args(p.firstResult(), p.count())
	t.emit(&p, true, p.word())
}

// Never writes a call that does not return, begun or not.
func (t *Tracer) Never(core int, call *Call) {
	p := t.printer(core, call)
	p.name()
	p.args(0, p.count())
	p.ret, p.over = never, true
	t.emit(&p, true, "")
}

// never stands for no result.
const never = -1 << 63

// Returned writes rt_sigreturn, whose result is what the interrupted code had in its register, with the
// mask that it brought back.
func (t *Tracer) Returned(core int, call *Call, mask uint64, ret int64) {
	p := t.printer(core, call)
	p.over, p.ret = true, ret
	p.name()
	p.str("{mask=")
	p.line = appendSigset(p.line, mask)
	p.str("}")
	t.emit(&p, true, "")
}

// Attached, Exited and Killed tell of threads and processes; Alive counts them.
func (t *Tracer) Attached(core int, who uint32) {
	atomic.AddUint32(&t.Shared.Alive, 1)
	s := &t.cores[core]
	s.line = append(s.line[:0], "strace: Process "...)
	s.line = append(strconv.AppendUint(s.line, uint64(who), 10), " attached"...)
	t.note(s, 0)
}

func (t *Tracer) Exited(core int, who uint32, status int) {
	s := &t.cores[core]
	s.line = append(s.line[:0], "+++ exited with "...)
	s.line = append(strconv.AppendInt(s.line, int64(status), 10), " +++"...)
	t.note(s, who)
	t.gone()
}

func (t *Tracer) Killed(core int, who uint32, sig int) {
	s := &t.cores[core]
	s.line = appendSignal(append(s.line[:0], "+++ killed by "...), sig)
	s.line = append(s.line, " +++"...)
	t.note(s, who)
	t.gone()
}

func (t *Tracer) gone() { atomic.AddUint32(&t.Shared.Alive, ^uint32(0)) }

// Signal writes that a thread takes a signal. info is the first 48 bytes of its siginfo.
func (t *Tracer) Signal(core int, who uint32, info *[6]uint64) {
	s := &t.cores[core]
	s.line = append(appendSigInfo(append(s.line[:0], "--- "...), info), " ---"...)
	t.note(s, who)
}

// Started writes the execve that made the program, which nobody has seen: what was executed, with how
// many variables.
func (t *Tracer) Started(core int, path string, args []string, envp uint64, vars int) {
	p := t.printer(core, &Call{Who: t.PID, Nr: 59})
	p.over = true
	p.str(`execve(`)
	p.quoted([]byte(path))
	p.str(", [")
	for i, a := range args {
		if i > 0 {
			p.str(", ")
		}
		if i == maxElements {
			p.str("...")
			break
		}
		p.quoted([]byte(a[:min(len(a), maxString)]))
		if len(a) > maxString {
			p.str("...")
		}
	}
	p.str("], ")
	p.hex(envp)
	p.str(" /* ")
	p.num(int64(vars))
	p.str(" vars */")
	t.emit(&p, true, "")
}

// note writes a line of its own; who 0 is nobody in particular.
func (t *Tracer) note(s *scratch, who uint32) {
	t.lock()
	s.out = t.interrupt(s.out[:0])
	if who != 0 {
		s.out = t.prefix(s.out, who)
	}
	s.out = append(append(s.out, s.line...), '\n')
	t.Write(s.out)
	t.unlock()
}

// emit writes what was put together: the line's beginning, the rest of one (resumed names its call), or
// a whole one.
func (t *Tracer) emit(p *printer, ends bool, resumed string) {
	sh := t.Shared
	t.lock()
	out, line := p.out[:0], p.line
	column := 0
	switch {
	case resumed != "" && atomic.LoadUint32(&sh.Open) == p.call.Who:
		atomic.StoreUint32(&sh.Open, 0)
		column = int(atomic.LoadUint32(&sh.Column))
	default:
		out = t.interrupt(out)
		start := len(out)
		out = t.prefix(out, p.call.Who)
		if resumed != "" {
			out = append(append(append(out, "<... "...), resumed...), " resumed>"...)
		}
		column = len(out) - start
	}
	out = append(out, line...)
	column += len(line)
	if ends {
		out = append(out, ')')
		for column++; column < align; column++ {
			out = append(out, ' ')
		}
		out = append(out, " = "...)
		p.line = out
		p.result()
		out = append(p.line, '\n')
		p.line = line
	} else {
		atomic.StoreUint32(&sh.Open, p.call.Who)
		atomic.StoreUint32(&sh.Column, uint32(column))
	}
	p.out = out
	t.Write(out)
	t.unlock()
}

// align is the column of a result, less one, as strace has it.
const align = 39

// interrupt ends somebody's open line.
func (t *Tracer) interrupt(b []byte) []byte {
	if atomic.SwapUint32(&t.Shared.Open, 0) != 0 {
		b = append(b, " <unfinished ...>\n"...)
	}
	return b
}

func (t *Tracer) prefix(b []byte, who uint32) []byte {
	if t.ToFile {
		n := len(b)
		b = strconv.AppendUint(b, uint64(who), 10)
		for len(b) < n+5 {
			b = append(b, ' ')
		}
		return append(b, ' ')
	}
	if atomic.LoadUint32(&t.Shared.Alive) < 2 {
		return b
	}
	b = append(b, "[pid "...)
	for n := uint32(10000); n > who && n > 1; n /= 10 {
		b = append(b, ' ')
	}
	return append(strconv.AppendUint(b, uint64(who), 10), "] "...)
}

// lock keeps the other cores and processes from writing. Its holder may have been killed.
func (t *Tracer) lock() {
	w := &t.Shared.Lock
	for i := 1; ; i++ {
		have := atomic.LoadUint32(w)
		if (have == 0 || i%4096 == 0 && have != t.PID && !t.Alive(have)) && atomic.CompareAndSwapUint32(w, have, t.PID) {
			return
		}
		t.Yield()
	}
}

func (t *Tracer) unlock() { atomic.StoreUint32(&t.Shared.Lock, 0) }
