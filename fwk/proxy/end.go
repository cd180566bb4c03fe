package proxy

import (
	"runtime"
	"sync/atomic"
	"syscall"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/fwk/rawcall"
	"github.com/skerry-os/skerry/ikc"
)

// ending is how the process ends: by a signal, or with a status; what is said before, if anything.
type ending struct {
	status, signal int
	line           string
}

// statusFailure is the exit status of a failure of skerry's own.
const statusFailure = 125

// Fail ends the program because it cannot go on: it says so on standard error, and the process's exit
// status is 125. It does not return.
func (p *Proxy) Fail(text string) {
	p.finish(ending{status: statusFailure, line: "skerry: " + text + "\n"})
	runtime.Goexit()
}

// broken is what becomes of an enclave that says what it cannot mean.
func (p *Proxy) broken(what string) {
	p.finish(ending{status: statusFailure, line: "skerry: the enclave broke the protocol: " + what + ": it is ended\n"})
}

// notRun is MsgFailed.
func (p *Proxy) notRun(m *ikc.Slot) ending {
	s := p.boot.Bounce
	line := ""
	if at, n := m.Args[1], m.Args[2]; at <= s.Len && n <= s.Len-at {
		line = printable(p.space.mem[s.Off+at : s.Off+at+min(n, 4096)])
	}
	e := syscall.Errno(m.Args[0] & 0xfff)
	if p.cfg.NotRun != nil {
		return ending{status: p.cfg.NotRun(e, line)}
	}
	status := 126
	if e == syscall.ENOENT {
		status = 127
	}
	return ending{status: status, line: "skerry: " + line + "\n"}
}

// printable copies text that the enclave wrote, without what could command a terminal.
func printable(b []byte) string {
	out := make([]byte, 0, len(b))
	for _, c := range b {
		if c < ' ' || c == 0x7f {
			c = ' '
		}
		out = append(out, c)
	}
	return string(out)
}

// finish ends the process; the first caller decides how. The cores have parked by then, or have had the
// time to.
func (p *Proxy) finish(how ending) {
	if p.ending.Swap(true) {
		return
	}
	if how.line != "" {
		syscall.Write(2, []byte(how.line))
	}
	p.awaitCores()
	if p.cfg.Ended != nil {
		p.cfg.Ended()
	}
	p.exit(how)
}

func (p *Proxy) coreBlock(i int) *abi.CoreBlock { return enclave.Core(p.space.mem, &p.boot, i) }

func (p *Proxy) awaitCores() {
	var never uint32
	for waited := int64(0); waited < p.patience.parking; waited += 1e5 {
		if atomic.LoadUint32(&p.coreBlock(0).Left) != 0 {
			return // others go on
		}
		running := false
		for i := range int(p.boot.NCores) {
			switch atomic.LoadUint32(&enclave.Core(p.space.mem, &p.boot, i).State) {
			case abi.CoreBoot, abi.CoreRunning:
				running = true
			}
		}
		if !running {
			return
		}
		rawcall.FutexWait(&never, 0, 1e5)
	}
}

// end is the real exit.
func (p *Proxy) end(how ending) {
	if how.signal > 0 && how.signal <= 64 {
		p.raise(how.signal)
		how.status = 128 + how.signal
	}
	for {
		syscall.RawSyscall(syscall.SYS_EXIT_GROUP, uintptr(how.status), 0, 0)
	}
}
