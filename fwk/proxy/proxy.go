// Package proxy is the Linux side of a native enclave's system calls: the process that stands in for the
// enclave's program. Its pid, terminal, descriptors and rights are the program's; its threads on Linux's
// CPUs, the proxies, execute the calls that the LWK ships, with the program's own pointers.
//
// Rules.
//
//   - Nothing in the enclave's memory is trusted: neither what a slot or an entry of the map log says, nor
//     that anything stays as it was read. The boot page is a private copy. Every pointer that reaches
//     Linux lies in the window of program addresses, where there is never anything but the enclave's
//     memory or inaccessible reservation (space.go), or is a private copy (guard.go).
//   - A call is made only if abi/triage lists it for a proxy of another address space and describes all
//     of its pointers.
//   - The process's descriptor table is the program's. What the proxy itself holds (the enclave's file,
//     doorbells, mapped files) is in tables of threads of its own (private.go). So nothing here may use
//     the Go runtime's poller: no timers, no os.File that is pollable, no net.
//   - Memory is not collected (GOGC=off); nothing allocates for a call once a proxy runs.
//
// A mistake of the enclave's is answered with an error of the call where the call has one (EFAULT), and
// ends the program with a clear line where it breaks the protocol (Fail).
package proxy

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"syscall"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/fwk/rawcall"
	"github.com/skerry-os/skerry/ikc"
)

// Config says for which enclave.
type Config struct {
	FD   int       // the enclave's memory: a file that is exactly it
	Boot *abi.Boot // a private copy of the boot page

	// Private are more descriptors that are the caller's and not the program's. Together with FD they are
	// closed in the program's table by New; Ring and Wait find them open.
	Private []int
	// Ring wakes a core. It is called on one thread, which is no proxy. Nil: cores look by themselves.
	Ring func(core int)
	// Wait returns when the LWK has rung, or for no reason. It is called on one thread. Nil: nobody rings.
	Wait func()

	// Exec executes this process's image again for the program that the block describes, on the main
	// thread. It returns only on failure. Nil: execve is refused (ENOSYS).
	Exec func(*enclave.Program) error
	// Member says what to execute, with which arguments and environment, for a process that belongs to the enclave
	// as this one does, and is to be given h: a child, or, for the program next, this process. Nil: there is no fork.
	Member func(h *Heir, next *enclave.Program) (path string, argv, env []string)
	// Heir is what Member has handed on to this process; Boot is the page of its instance. Nil: the enclave is new.
	Heir *Heir
	// NotRun tells that the LWK could not start the program, and returns the exit status. Nil: a plain line.
	NotRun func(e syscall.Errno, line string) int
	// Ready is called when the LWK is up, Ended before the process ends or executes; either may be nil.
	Ready, Ended func()

	Verbose bool // say what is refused
	Spin    int  // how often a proxy looks for a call before it sleeps; 0: DefaultSpin, negative: not at all
}

// DefaultSpin is how often a proxy that has nothing to do looks for a call before it sleeps: some hundred
// microseconds.
const DefaultSpin = 20000

const maxProxies = 4096

// Proxy is one enclave's Linux side. One process has one.
type Proxy struct {
	cfg   Config
	boot  abi.Boot
	space *space
	pid   int32

	requests ikc.Ring
	takeAt   ikc.Cursor
	replies  []reply
	block    *abi.ProxyBlock
	cancel   []uint32

	pool  pool
	maps  mapLog
	calls [abi.ThreadWords]call

	keeper, files, waiter *private // threads with descriptors of their own
	handles               handles
	main                  chan ikc.Slot // what the main thread is to do

	listener  listener
	ringing   atomic.Uint64 // cores to be woken by the keeper
	attended  atomic.Bool
	attention uint32 // futex word of the attendant
	ending    atomic.Bool
	refused   [512]atomic.Bool

	// patience is how long, in nanoseconds, cores have to park once the program has ended, and how long a
	// core's ring of answers may stay full.
	patience struct{ parking, answers int64 }

	// What acts on the process and the machine; tests replace it.
	exit       func(how ending)
	halt       func(sig int)
	everywhere func(nr uint32, args *[6]uint64) int64
	make       func(cancel *uint32, nr uintptr, args *[6]uint64) int64
}

// call is what is known of a thread's call besides its message: the Linux thread that executes it, 0
// for none, and the number of the call, plus one, that was answered with MsgPopulate last.
type call struct {
	proxy  atomic.Uint32
	absent atomic.Uint32
}

// reply is the Linux side of a core's ring of answers.
type reply struct {
	ring ikc.Ring
	send ikc.Cursor
	last atomic.Uint32 // position of the last message
	sent atomic.Bool
}

// New makes this process an enclave's: it maps the enclave's memory, reserves the window of program
// addresses, and moves the proxy's descriptors to tables of their own. Serve is next, once the cores have
// been started with the boot page that has Reserved in it.
func New(c Config) (*Proxy, error) {
	debug.SetGCPercent(-1)
	s, err := newSpace(c.FD, c.Boot.Memory, c.Boot.Free, wholeWindow)
	if err != nil {
		return nil, err
	}
	p, err := newProxy(c, s)
	if err != nil {
		return nil, err
	}
	if c.Heir != nil {
		p.Reset()
		enclave.BootAt(s.mem, c.Boot.Home).Reserved = s.reserved()
	}
	return p, p.hide()
}

func newProxy(c Config, s *space) (*Proxy, error) {
	if err := enclave.Check(c.Boot, c.Boot.Memory); err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	p := &Proxy{cfg: c, boot: *c.Boot, space: s, pid: int32(syscall.Getpid()), main: make(chan ikc.Slot, 64)}
	p.everywhere = everyThread
	p.exit, p.halt, p.make, p.maps.apply = p.end, p.stop, rawcall.Blocking, p.applyLog
	p.patience.parking, p.patience.answers = 2e9, 60e9
	var err error
	if p.requests, err = ikc.At(s.at(p.boot.Requests.Off), enclave.RequestSlots); err != nil {
		return nil, err
	}
	if p.maps.ring, err = ikc.At(s.at(p.boot.MapLog.Off), enclave.MapSlots); err != nil {
		return nil, err
	}
	p.replies = make([]reply, p.boot.NCores)
	for i := range p.replies {
		at := p.boot.Replies.Off + uint64(i)*enclave.ReplySlots*ikc.SlotSize
		if p.replies[i].ring, err = ikc.At(s.at(at), enclave.ReplySlots); err != nil {
			return nil, err
		}
	}
	p.block = enclave.Proxy(s.mem, &p.boot)
	p.cancel = words(s.mem, p.boot.Cancel.Off, abi.ThreadWords)
	p.pool.spin = DefaultSpin
	if c.Spin != 0 {
		p.pool.spin = max(c.Spin, 0)
	}
	p.pool.most = int32(max(1, min(2, runtime.NumCPU()-1)))
	return p, nil
}

// Reset makes the rings empty. Whoever writes the boot page calls it, before the cores start.
func (p *Proxy) Reset() {
	p.requests.Reset()
	p.maps.ring.Reset()
	for i := range p.replies {
		p.replies[i].ring.Reset()
	}
}

// Reserved returns the addresses that a program cannot have, for the boot page.
func (p *Proxy) Reserved() [64][2]uint64 { return p.space.reserved() }

// Give writes the program block of an instance that waits for it (Heir.Exec), before Serve.
func (p *Proxy) Give(next *enclave.Program) error {
	raw, s := next.Append(nil), p.boot.Program
	if uint64(len(raw)) > s.Len {
		return fmt.Errorf("proxy: arguments and environment of %d bytes: %w", len(raw), syscall.E2BIG)
	}
	copy(p.space.mem[s.Off:s.Off+s.Len], raw)
	return nil
}

// Serve executes what the LWK ships until the program ends, and the process with it. The caller is the
// main goroutine, locked to the process's first thread since init. It does not return.
func (p *Proxy) Serve() {
	runtime.GOMAXPROCS(max(runtime.NumCPU(), 2) + 4)
	if err := p.takeSignals(); err != nil {
		p.Fail(err.Error())
	}
	p.live()
	go p.watch()
	go p.attendant()
	p.addProxy()
	p.serves()
	p.serveMain()
}

// serveMain does what only the process's first thread can do for it.
func (p *Proxy) serveMain() {
	w := p.newWorker()
	for m := range p.main {
		switch m.Kind & 0xff {
		case abi.MsgExec:
			p.answer(&m, p.execute(&m))
		case abi.MsgFork:
			p.fork(&m)
		default:
			w.call(&m, true)
		}
	}
}

// execute is MsgExec: the block that the LWK has written is copied before it is read.
func (p *Proxy) execute(m *ikc.Slot) int64 {
	if p.cfg.Exec == nil && m.Args[1] == 0 {
		return -int64(syscall.ENOSYS)
	}
	s := p.boot.Program
	if m.Args[0] > s.Len {
		return -int64(syscall.E2BIG)
	}
	prog, err := enclave.ParseProgram(append([]byte(nil), p.space.mem[s.Off:s.Off+m.Args[0]]...))
	if err != nil {
		return -int64(syscall.EINVAL)
	}
	left := p.leave(^uint64(0)) // signals stay pending for the next program
	if m.Args[1] != 0 {
		err = p.executeHere(prog, m.Args[1])
	} else {
		err = p.cfg.Exec(prog)
	}
	p.leave(left)
	if e, ok := err.(syscall.Errno); ok {
		return -int64(e)
	}
	return -int64(syscall.ENOEXEC)
}

// message does what a message asks for. It runs on a proxy.
func (w *worker) message(m *ikc.Slot) {
	p := w.p
	if core := m.Kind >> 8; core >= p.boot.NCores || m.Thread >= abi.ThreadWords {
		p.broken(fmt.Sprintf("a message for core %d, thread %d", core, m.Thread))
		return
	}
	p.maps.settle(p)
	switch kind := m.Kind & 0xff; kind {
	case abi.MsgCall:
		w.call(m, false)
	case abi.MsgInterrupt:
		if tid := p.calls[m.Thread].proxy.Load(); tid != 0 {
			rawcall.Send(tid, rawcall.Kick)
		}
	case abi.MsgExit:
		p.finish(ending{status: int(m.Args[0] & 0xff)})
	case abi.MsgDie:
		p.finish(ending{signal: int(m.Args[0] & 0x7f)})
	case abi.MsgStop:
		p.halt(int(m.Args[0] & 0x7f))
		p.answer(m, 0)
	case abi.MsgLeave:
		p.leave(m.Args[0])
		p.answer(m, 0)
	case abi.MsgChild:
		p.answer(m, p.childSignal(m.Args[0] == 1, m.Args[1]))
	case abi.MsgExec, abi.MsgFork:
		p.main <- *m
	case abi.MsgFile, abi.MsgFill, abi.MsgDrop:
		slot := *m
		p.files.do(func() { p.file(&slot) })
	case abi.MsgSync:
		p.collect()
		p.answer(m, 0)
	case abi.MsgFailed:
		p.finish(p.notRun(m))
	case abi.MsgReady:
		if p.cfg.Ready != nil {
			p.cfg.Ready()
		}
	default:
		p.broken(fmt.Sprintf("a message of kind %d", kind))
	}
}

// answer completes a message.
func (p *Proxy) answer(m *ikc.Slot, ret int64) {
	m.Args[0], m.Args[1] = uint64(ret), 0
	m.Kind = m.Kind&^0xff | abi.MsgDone
	p.post(m, false)
}
