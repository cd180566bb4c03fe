package proxy

import (
	"syscall"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/triage"
	"github.com/skerry-os/skerry/fwk/rawcall"
	"github.com/skerry-os/skerry/ikc"
)

// call makes the system call that a message asks for, or says why not. first: on the process's first
// thread.
func (w *worker) call(m *ikc.Slot, first bool) {
	p := w.p
	state := &p.calls[m.Thread]
	nr, lwk := m.Aux, m.Thread >= abi.MaxThreads
	// Sent again right after MsgPopulate: all that can be there is there.
	again := state.absent.Load() == nr+1
	state.absent.Store(0)
	g := &w.guard
	v := g.admit(nr, &m.Args, lwk, again)
	switch v.what {
	case refuse:
		p.refuse(nr, v.errno)
		p.answer(m, -int64(v.errno))
		return
	case answer:
		p.answer(m, -int64(v.errno))
		return
	case populate:
		state.absent.Store(nr + 1)
		m.Args[0], m.Args[1], m.Args[2] = v.at, v.n, 0
		if v.write {
			m.Args[2] = 1
		}
		m.Kind = m.Kind&^0xff | abi.MsgPopulate
		p.post(m, false)
		return
	case makeFirst:
		if !first {
			m.Args = g.given // the first thread looks for itself
			if again {
				state.absent.Store(nr + 1)
			}
			p.main <- *m
			return
		}
	}
	if v.what == makeEvery {
		p.answer(m, p.everywhere(nr, &m.Args))
		return
	}
	state.proxy.Store(w.tid) // a barrier: whoever interrupts has set cancel before it reads this
	ret := p.make(&p.cancel[m.Thread], uintptr(nr), &m.Args)
	state.proxy.Store(0)
	if ret >= 0 {
		g.copyBack(ret)
	}
	m.Args[0], m.Args[1] = uint64(ret), rawcall.Raised(ret)
	m.Kind = m.Kind&^0xff | abi.MsgDone
	p.post(m, false)
}

// everyThread makes a call on every thread of the process: on this one first, and if it fails, on no
// other. Threads that block in Linux see an interruption that nobody asked for; the LWK sends their calls
// again.
func everyThread(nr uint32, a *[6]uint64) int64 {
	r, _, e := syscall.AllThreadsSyscall6(uintptr(nr), uintptr(a[0]), uintptr(a[1]), uintptr(a[2]), uintptr(a[3]), uintptr(a[4]), uintptr(a[5]))
	if e != 0 {
		return -int64(e)
	}
	return int64(r)
}

// refuse says, once for each call and to those who want to know, that it was refused.
func (p *Proxy) refuse(nr uint32, e syscall.Errno) {
	if !p.cfg.Verbose || nr >= uint32(len(p.refused)) || p.refused[nr].Swap(true) {
		return
	}
	name, why := "unknown", "an argument is not described"
	if c := triage.Lookup(int(nr)); c != nil {
		name = c.Name
	}
	if r, _ := triage.RemoteOf(nr); r == triage.RemoteRefuse {
		if why = triage.RemoteWhy(nr); why == "" {
			why = "not made for an enclave"
		}
	}
	syscall.Write(2, []byte("skerry: refused system call "+name+": "+why+" ("+e.Error()+")\n"))
}
