// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/ikc"
)

// Rings between two CPUs of Linux, by the very code that enclaves use. They
// are run in this process, on two threads that are bound to their CPUs and
// make no system call while they are timed.

// A link is two rings and their cursors, in memory of its own as the enclave's
// are: there and back.
type link struct {
	memory      []byte
	there, back ikc.Ring
	cursors     [4]ikc.Cursor // sender and receiver of there, then of back
	stop        atomic.Bool
}

const ringSlots = 256

func newLink() (*link, error) {
	memory, err := unix.Mmap(-1, 0, 2*ringSlots*ikc.SlotSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("memory for a channel: %w", err)
	}
	l := &link{memory: memory}
	start := uintptr(unsafe.Pointer(&memory[0])) // mapped, so it does not move
	if l.there, err = ikc.At(start, ringSlots); err == nil {
		l.back, err = ikc.At(start+ringSlots*ikc.SlotSize, ringSlots)
	}
	if err != nil {
		_ = unix.Munmap(memory)
		return nil, err
	}
	l.there.Reset()
	l.back.Reset()
	return l, nil
}

// send puts a message into r, waiting while it is full. False: the link stops.
func (l *link) send(r *ikc.Ring, c *ikc.Cursor, value uint64) bool {
	for {
		if s, pos, ok := r.ClaimAlone(c); ok {
			s.Kind, s.Args[0] = 1, value
			r.Publish(s, pos)
			return true
		}
		if l.stop.Load() {
			return false
		}
	}
}

// take gets the next message of r, waiting for it. False: the link stops.
func (l *link) take(r *ikc.Ring, c *ikc.Cursor, m *ikc.Slot) bool {
	for !r.TakeAlone(c, m) {
		if l.stop.Load() {
			return false
		}
	}
	return true
}

// between runs far on one CPU for as long as near runs on the other, and
// returns what near returns.
func between(d *Drive, far func(*link), near func(*link) ([]float64, error)) ([]float64, error) {
	cpus := d.CPUs
	if len(cpus) < 2 {
		return nil, errors.New("needs two CPUs")
	}
	l, err := newLink()
	if err != nil {
		return nil, err
	}
	defer unix.Munmap(l.memory)
	// Both ends wait for each other without a system call: on a machine that is
	// busy, or when the user has had enough, they are told to stop.
	ctx, cancel := context.WithTimeoutCause(d.Ctx, d.Limit, fmt.Errorf("still running after %v", d.Limit))
	defer cancel()
	defer context.AfterFunc(ctx, func() { l.stop.Store(true) })()
	ready := make(chan error, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		err := onCPU(cpus[1], func() {
			ready <- nil
			far(l)
		})
		if err != nil {
			ready <- err
		}
	}()
	if err := <-ready; err != nil {
		<-done
		return nil, err
	}
	var costs []float64
	pinErr := onCPU(cpus[0], func() { costs, err = near(l) })
	l.stop.Store(true)
	<-done
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause // what was measured since is nothing
	}
	return costs, errors.Join(pinErr, err)
}

// onCPU calls f on a thread bound to cpu. The thread is not used again if it
// cannot be freed.
func onCPU(cpu int, f func()) error {
	return startOn([]int{cpu}, false, func() error { f(); return nil })
}

const ringMessages = 10000 // in a batch

// timed returns the ns that each of n operations of f took, for each batch; a
// batch before them only warms up.
func timed(batches, n int, f func() bool) ([]float64, error) {
	runtime.GC() // none while the clock runs: it stops both threads
	costs := make([]float64, 0, batches)
	for b := -1; b < batches; b++ {
		start := time.Now()
		if !f() {
			return nil, errors.New("the far side lost a message")
		}
		if b >= 0 {
			costs = append(costs, float64(time.Since(start).Nanoseconds())/float64(n))
		}
	}
	return costs, nil
}

// ringRoundTrip: a message there, its answer back.
func ringRoundTrip(d *Drive) (Outcome, error) {
	return answered(d, func(v uint64) uint64 { return v + 1 })
}

// ringProxy: the same, with Linux's own getppid before the answer.
func ringProxy(d *Drive) (Outcome, error) {
	return answered(d, func(v uint64) uint64 {
		_, _, _ = syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0)
		return v + 1
	})
}

func answered(d *Drive, answer func(uint64) uint64) (Outcome, error) {
	costs, err := between(d, func(l *link) {
		var m ikc.Slot
		for l.take(&l.there, &l.cursors[1], &m) && l.send(&l.back, &l.cursors[2], answer(m.Args[0])) {
		}
	}, func(l *link) ([]float64, error) {
		var m ikc.Slot
		return timed(d.Batches, ringMessages, func() bool {
			for i := range uint64(ringMessages) {
				l.send(&l.there, &l.cursors[0], i)
				l.take(&l.back, &l.cursors[3], &m)
				if m.Args[0] != i+1 {
					return false
				}
			}
			return true
		})
	})
	return Outcome{Costs: costs}, err
}

// ringOneWay: half of a round trip is no measurement of one way, since the two
// ways need not cost the same. Here the message is its time, and the receiver's
// clock, which is the sender's, says how old it is. One read of that clock is
// part of it.
func ringOneWay(d *Drive) (Outcome, error) {
	epoch := time.Now()
	costs, err := between(d, func(l *link) {
		var m ikc.Slot
		for l.take(&l.there, &l.cursors[1], &m) {
			age := uint64(time.Since(epoch).Nanoseconds()) - m.Args[0]
			if !l.send(&l.back, &l.cursors[2], age) {
				return
			}
		}
	}, func(l *link) ([]float64, error) {
		var m ikc.Slot
		costs := make([]float64, 0, d.Batches)
		for b := -1; b < d.Batches; b++ {
			sum := uint64(0)
			for range ringMessages {
				l.send(&l.there, &l.cursors[0], uint64(time.Since(epoch).Nanoseconds()))
				l.take(&l.back, &l.cursors[3], &m)
				sum += m.Args[0]
			}
			if b >= 0 {
				costs = append(costs, float64(sum)/ringMessages)
			}
		}
		return costs, nil
	})
	return Outcome{Costs: costs}, err
}

// ringThroughput: messages as fast as they are taken. The receiver says when it
// has got the last one.
func ringThroughput(d *Drive) (Outcome, error) {
	costs, err := between(d, func(l *link) {
		var m ikc.Slot
		for l.take(&l.there, &l.cursors[1], &m) {
			if m.Args[0] == 0 && !l.send(&l.back, &l.cursors[2], 1) {
				return
			}
		}
	}, func(l *link) ([]float64, error) {
		var m ikc.Slot
		return timed(d.Batches, ringMessages, func() bool {
			for i := ringMessages - 1; i >= 0; i-- {
				l.send(&l.there, &l.cursors[0], uint64(i))
			}
			return l.take(&l.back, &l.cursors[3], &m)
		})
	})
	return Outcome{Costs: costs}, err
}
