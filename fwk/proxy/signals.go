package proxy

import (
	"fmt"
	"runtime"
	"syscall"

	"github.com/skerry-os/skerry/fwk/rawcall"
)

// takeSignals makes all signals of the process the listener's: every thread of ours blocks them, and what
// comes to a thread of the Go runtime is sent on.
func (p *Proxy) takeSignals() error {
	for sig := 1; sig <= 64; sig++ {
		if sig == int(syscall.SIGKILL) || sig == int(syscall.SIGSTOP) {
			continue
		}
		if e := rawcall.Install(sig, 0); e != 0 && sig != 32 && sig != 33 {
			return fmt.Errorf("cannot handle signal %d: %w", sig, e)
		}
	}
	rawcall.Block(rawcall.KickMask)
	ready := make(chan struct{})
	go p.listen(ready)
	<-ready
	return nil
}

// listen is the listener: it waits for signals of the process and sends them to the LWK.
func (p *Proxy) listen(ready chan struct{}) {
	runtime.LockOSThread()
	rawcall.Block(^uint64(0))
	tid := syscall.Gettid()
	p.listener.Store(uint32(tid))
	rawcall.SetOwner(tid)
	close(ready)
	var info [16]uint64
	var passed [6]uint64
	for !p.ending.Load() {
		sig := rawcall.Wait(^p.left.Load()|1<<(rawcall.Kick-1), &info)
		for rawcall.TakePassed(&passed) {
			p.signalled(&passed)
		}
		if sig == 0 || sig == rawcall.Kick { // the kick: that, or left has changed
			continue
		}
		p.signalled((*[6]uint64)(info[:]))
	}
}

// kickListener has the listener look at left again.
func (p *Proxy) kickListener() {
	if tid := p.listener.Load(); tid != 0 {
		rawcall.Send(tid, rawcall.Kick)
	}
}

// childSignal tells Linux the program's action for SIGCHLD: zombies are kept or not.
func (p *Proxy) childSignal(ignored bool, flags uint64) int64 {
	const noStop, noWait = 1, 2 // SA_NOCLDSTOP, SA_NOCLDWAIT
	if ignored {
		return -int64(rawcall.Ignore(int(syscall.SIGCHLD)))
	}
	return -int64(rawcall.Install(int(syscall.SIGCHLD), uintptr(flags&(noStop|noWait))))
}

// stop stops the process as the default action of a stop signal does, and returns when it is continued.
func (p *Proxy) stop(sig int) {
	switch syscall.Signal(sig) {
	case syscall.SIGSTOP:
		rawcall.Send(uint32(syscall.Gettid()), sig) // to itself: it takes effect before the next instruction
	case syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU:
		p.raise(sig)
		rawcall.Block(rawcall.KickMask)
		rawcall.Install(sig, 0)
	}
}

// raise has Linux take the default action of a signal that everybody blocks.
func (p *Proxy) raise(sig int) {
	rawcall.Default(sig)
	rawcall.Block(^uint64(0) &^ (1 << (sig - 1)))
	rawcall.Send(uint32(syscall.Gettid()), sig)
}
