package proxy

import (
	"fmt"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"

	"github.com/skerry-os/skerry/fwk/procfs"
	"github.com/skerry-os/skerry/fwk/rawcall"
)

// takeSignals makes all signals of the process the listener's: every thread of ours blocks them, and what
// comes to a thread of the Go runtime is sent on.
func (p *Proxy) takeSignals() error {
	for sig := 1; sig <= 64; sig++ {
		if sig == int(syscall.SIGKILL) || sig == int(syscall.SIGSTOP) || sig == rawcall.Turn {
			continue
		}
		if e := rawcall.Install(sig, 0); e != 0 {
			return fmt.Errorf("cannot handle signal %d: %w", sig, e)
		}
	}
	rawcall.Block(rawcall.KickMask)
	ready := make(chan struct{})
	go p.listen(ready)
	<-ready
	return p.quiet()
}

// quiet has the threads that the Go runtime has by now block what it unblocks there. One that it makes later
// does so at the first signal that comes to it.
func (p *Proxy) quiet() error {
	tasks, err := procfs.List("/proc/self/task")
	if err != nil {
		return fmt.Errorf("cannot see the process's threads: %w; is /proc mounted?", err)
	}
	for _, name := range tasks {
		if tid, err := strconv.Atoi(name); err == nil && tid != int(p.pid) && uint32(tid) != p.listener.tid.Load() {
			rawcall.Send(uint32(tid), rawcall.Quiet)
		}
	}
	return nil
}

// listener is the thread that waits for signals of the process and sends them to the LWK.
type listener struct {
	tid  atomic.Uint32
	left atomic.Uint64 // signals that stay pending at Linux

	// asked counts requests to look at left and at what is pending; done those that it has followed, a
	// futex word.
	asked atomic.Uint32
	done  uint32
}

func (p *Proxy) listen(ready chan struct{}) {
	runtime.LockOSThread()
	rawcall.Block(rawcall.Mask)
	l := &p.listener
	tid := syscall.Gettid()
	l.tid.Store(uint32(tid))
	rawcall.SetOwner(tid)
	close(ready)
	const kick, turn = 1 << (rawcall.Kick - 1), 1 << (rawcall.Turn - 1)
	var info [16]uint64
	var passed [6]uint64
	for !p.ending.Load() {
		sig := rawcall.Wait((^l.left.Load()|kick)&^turn, &info)
		asked := l.asked.Load()
		if sig == 0 { // interrupted; somebody may have asked meanwhile
			sig = rawcall.Take((^l.left.Load()|kick)&^turn, &info)
		}
		for sig != 0 {
			if sig == rawcall.Kick {
				asked = l.asked.Load()
			} else if !p.runtimes(&info) {
				p.signalled((*[6]uint64)(info[:]))
			}
			sig = rawcall.Take((^l.left.Load()|kick)&^turn, &info)
		}
		for rawcall.TakePassed(&passed) {
			p.signalled(&passed)
		}
		if atomic.LoadUint32(&l.done) != asked {
			atomic.StoreUint32(&l.done, asked)
			rawcall.FutexWake(&l.done, 1<<30)
		}
	}
}

// runtimes reports whether a signal is the Go runtime's, which asks its own threads to yield: it is nobody
// else's affair.
func (p *Proxy) runtimes(info *[16]uint64) bool {
	const tkill = -6 // SI_TKILL
	return uint32(info[0]) == uint32(syscall.SIGURG) && int32(info[1]) == tkill && int32(info[2]) == p.pid
}

// collect returns when the signals that Linux has for the process by now are messages to the LWK, but for
// those that left leaves there.
func (p *Proxy) collect() {
	l := &p.listener
	if l.tid.Load() == 0 {
		return
	}
	want := l.asked.Add(1)
	rawcall.Send(l.tid.Load(), rawcall.Kick)
	for !p.ending.Load() {
		done := atomic.LoadUint32(&l.done)
		if int32(done-want) >= 0 {
			return
		}
		rawcall.FutexWait(&l.done, done, 1e9)
	}
}

// leave makes set what stays pending at Linux, and returns what was before.
func (p *Proxy) leave(set uint64) uint64 {
	old := p.listener.left.Swap(set)
	p.collect()
	return old
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
	rawcall.Block(rawcall.Mask &^ (1 << (sig - 1)))
	rawcall.Send(uint32(syscall.Gettid()), sig)
}
