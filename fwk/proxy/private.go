package proxy

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"syscall"

	"github.com/skerry-os/skerry/fwk/rawcall"
)

// private is a thread with a table of descriptors of its own, in which the proxy keeps what the program must
// neither see nor close: numbers are the program's in the process's own table, as on Linux. It does one
// job after the other.
type private struct {
	jobs chan job
	wake chan struct{} // asks for bell, without waiting for it
	bell func()
	err  chan error
}

type job struct {
	do   func()
	done chan struct{}
}

// finished has channels for waiting, which are used again: memory is not collected.
var finished = sync.Pool{New: func() any { return make(chan struct{}, 1) }}

// newPrivate starts one; only the descriptors in keep are open there, with the numbers they have.
func newPrivate(keep []int, bell func()) (*private, error) {
	t := &private{jobs: make(chan job), wake: make(chan struct{}, 1), bell: bell, err: make(chan error)}
	go t.run(keep)
	return t, <-t.err
}

func (t *private) run(keep []int) {
	runtime.LockOSThread() // for good: the runtime makes no thread from one that is locked, so none inherits the table
	rawcall.Block(rawcall.Mask)
	if _, _, e := syscall.RawSyscall(syscall.SYS_UNSHARE, syscall.CLONE_FILES, 0, 0); e != 0 {
		t.err <- fmt.Errorf("proxy: a table of descriptors of its own (unshare): %w", e)
		return
	}
	t.err <- closeAllBut(keep)
	t.serve()
}

func (t *private) serve() {
	for {
		select {
		case j := <-t.jobs:
			j.do()
			j.done <- struct{}{}
		case <-t.wake:
			t.bell()
		}
	}
}

// do runs f on the thread and waits for it.
func (t *private) do(f func()) {
	j := job{f, finished.Get().(chan struct{})}
	t.jobs <- j
	<-j.done
	finished.Put(j.done)
}

// ring has bell called on the thread, soon.
func (t *private) ring() {
	select {
	case t.wake <- struct{}{}:
	default: // it will be anyway
	}
}

// closeAllBut closes every descriptor of the calling thread's table but these.
func closeAllBut(keep []int) error {
	sorted := slices.Sorted(slices.Values(keep))
	from := uint(0)
	for _, fd := range append(sorted, 1<<31) {
		if uint(fd) > from {
			if _, _, e := syscall.RawSyscall(sysCloseRange, uintptr(from), uintptr(fd-1), 0); e != 0 {
				return fmt.Errorf("proxy: closing what is the program's (close_range): %w", e)
			}
		}
		from = uint(fd) + 1
	}
	return nil
}

const sysCloseRange = 436

// hide moves the proxy's own descriptors out of the program's table.
func (p *Proxy) hide() (err error) {
	// For MsgFile: descriptors of the process's main thread, which are the program's.
	pidfd, _, e := syscall.RawSyscall(sysPidfdOpen, uintptr(p.pid), 0, 0)
	if e != 0 {
		return fmt.Errorf("proxy: a descriptor of this process (pidfd_open): %w", e)
	}
	p.handles.pidfd, p.handles.memory = int(pidfd), p.cfg.FD
	mine := append(slices.Clone(p.cfg.Private), p.cfg.FD)
	files := []int{p.cfg.FD, int(pidfd)}
	if h := p.cfg.Heir; h != nil {
		p.handles.inherit(h.Files)
		for _, f := range h.Files {
			files = append(files, f.FD)
		}
	}
	if p.keeper, err = newPrivate(mine, p.ringAll); err != nil {
		return err
	}
	if p.files, err = newPrivate(files, nil); err != nil {
		return err
	}
	if p.cfg.Wait != nil {
		if p.waiter, err = newPrivate(p.cfg.Private, nil); err != nil {
			return err
		}
	}
	for _, fd := range append(files, p.cfg.Private...) {
		syscall.Close(fd)
	}
	if p.cfg.Heir != nil {
		for _, fd := range p.cfg.Heir.CloseOnExec {
			syscall.CloseOnExec(fd)
		}
	}
	return nil
}

const sysPidfdOpen = 434
