// Package sched is the LWK's scheduler: one loop per core, cooperative threads, futexes and timers.
//
// Rules:
//   - A core runs one thread at a time; a thread keeps its core until it blocks, yields, or, while
//     another thread waits for that core, its time slice ends. A lone thread is never interrupted.
//   - All state here (run queues, futex table, timer heaps, thread states) is under one lock,
//     Kernel.Lock, which is free of charge on an enclave of one core.
//   - A thread that is not Running is touched only under the lock.
//   - Nothing here allocates after New, and nothing blocks in Go.
package sched

import (
	"fmt"
	"math/bits"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/ikc"
	"github.com/skerry-os/skerry/lwk/hal"
	"github.com/skerry-os/skerry/lwk/proc/signal"
	"github.com/skerry-os/skerry/lwk/record"
	"github.com/skerry-os/skerry/lwk/spin"
)

// Hooks are what the scheduler calls above itself (package sys): it knows nothing of system calls
// and signals but when they are due.
type Hooks struct {
	// Syscall handles the call in t's context. Fault handles an exception.
	Syscall func(c *Core, t *Thread)
	Fault   func(c *Core, t *Thread)
	// Signals delivers what is pending for t, which is about to return to the program.
	Signals func(c *Core, t *Thread)
	// Done completes a shipped call, with Linux's answer. It returns the program's.
	Done func(c *Core, t *Thread, ret int64) int64
	// Woken completes a wait that has something to do when its thread runs again (Thread.Wake).
	Woken func(c *Core, t *Thread)
	// OwnerDied wakes, at Linux, a waiter for a word that a dying thread held, if other processes may
	// wait for it. Under Lock.
	OwnerDied func(addr uintptr)
	// Message handles the other messages from Linux.
	Message func(c *Core, m *ikc.Slot)
	// Told, if set, completes what was written of the call in progress (Thread.Told). Asked, if set, is
	// called when the core was kicked or was idle: an observer may want something.
	Told  func(c *Core, t *Thread)
	Asked func(c *Core)
	// Joins, if set, is told of a core that is about to run in a process that began with one.
	Joins func(c *Core)
}

// Kernel is one program's scheduler.
type Kernel struct {
	Plat  hal.Platform
	Hooks Hooks

	// Pending are the signals of the process as a whole.
	Pending signal.Shared

	lock  spin.Lock
	multi bool
	cores []*Core // those that run: all, but in a forked process
	all   []*Core

	threads []Thread // off-heap
	fresh   uint32   // threads[fresh:] were never used
	free    *Thread
	live    int

	futexes [futexBuckets]bucket
	tids    uint32
}

// firstTID is where the numbers of threads begin that Linux does not know: above the largest pid
// that Linux gives (PID_MAX_LIMIT, 4194304), so that they are never mistaken for a process.
const firstTID = 1<<22 + 1

// New makes the scheduler for a platform. Core 0 belongs to the caller.
func New(p hal.Platform) (*Kernel, error) {
	k := &Kernel{Plat: p, multi: p.Cores() > 1, tids: firstTID, fresh: 0}
	var err error
	if k.threads, err = offHeap[Thread](abi.MaxThreads); err != nil {
		return nil, fmt.Errorf("no memory for the thread table: %w", err)
	}
	for i := range p.Cores() {
		c := &Core{k: k, Index: i, HAL: p.Core(i), Stats: &record.Counters{}, Every: ^uint64(0)}
		if c.heap, err = offHeap[*Thread](abi.MaxThreads); err != nil {
			return nil, fmt.Errorf("no memory for the timers: %w", err)
		}
		k.cores = append(k.cores, c)
	}
	k.all = k.cores
	return k, nil
}

// Cores returns the cores.
func (k *Kernel) Cores() []*Core { return k.cores }

// Lock takes the scheduler's lock. See the package's rules.
func (k *Kernel) Lock() {
	if k.multi {
		k.lock.Lock()
	}
}

// Unlock releases it.
func (k *Kernel) Unlock() {
	if k.multi {
		k.lock.Unlock()
	}
}

// NewThread takes a thread, zeroed but for its vector area, allowed on every core, which nobody runs or
// wakes until Make. nil: the table is full. Under Lock.
func (k *Kernel) NewThread() *Thread {
	t := k.free
	if t != nil {
		k.free = t.next
		i, ext := t.Index, t.Ctx.Ext
		*t = Thread{Index: i}
		t.Ctx.Ext = ext
	} else {
		if k.fresh == uint32(len(k.threads)) {
			return nil
		}
		t = &k.threads[k.fresh]
		t.Index = k.fresh
		t.Ctx.Ext = k.Plat.NewExt(k.fresh)
		k.fresh++
	}
	t.TID = k.tids
	if k.tids++; k.tids >= 1<<30 {
		k.tids = firstTID // futex words hold 30 bits
	}
	t.Allowed = 1<<len(k.all) - 1
	t.State = Nascent
	k.live++
	return t
}

// FreeThread gives a thread back. Under Lock; it must not run or be queued.
func (k *Kernel) FreeThread(t *Thread) {
	for _, c := range k.cores {
		if c.current == t {
			c.gone = true
		}
		if c.vector == t {
			c.vector = nil
		}
	}
	t.State = Free
	t.TID = 0
	t.next = k.free
	k.free = t
	k.live--
}

// Live returns the number of threads.
func (k *Kernel) Live() int { return k.live }

// ByTID finds a thread; nil if there is none. Under Lock.
func (k *Kernel) ByTID(tid uint32) *Thread {
	for i := range k.threads[:k.fresh] {
		if t := &k.threads[i]; t.TID == tid && t.State != Free {
			return t
		}
	}
	return nil
}

// Main returns the thread that Linux knows as the process, or, when it has ended, any other.
func (k *Kernel) Main(pid uint32) *Thread {
	var any *Thread
	for i := range k.threads[:k.fresh] {
		t := &k.threads[i]
		if t.State == Free {
			continue
		}
		if t.TID == pid {
			return t
		}
		if any == nil {
			any = t
		}
	}
	return any
}

// ByIndex returns a thread of the table, nil if the index is not one's.
func (k *Kernel) ByIndex(i uint32) *Thread {
	if i >= k.fresh {
		return nil
	}
	return &k.threads[i]
}

// Each calls fn for every thread until it returns false. Under Lock.
func (k *Kernel) Each(fn func(t *Thread) bool) {
	for i := range k.threads[:k.fresh] {
		if t := &k.threads[i]; t.State != Free && !fn(t) {
			return
		}
	}
}

// Make makes a thread runnable: it goes to the queue of its core, or, when that is busy and another
// one that the thread is allowed on is idle, there. Under Lock.
func (k *Kernel) Make(t *Thread) {
	c := t.core
	if c == nil || t.Allowed>>c.Index&1 == 0 {
		c = k.choose(t)
	} else if k.multi && c.current != nil {
		for _, o := range k.cores {
			if o.current == nil && o.head == nil && t.Allowed>>o.Index&1 != 0 {
				c = o
				break
			}
		}
	}
	t.State = Runnable
	c.push(t)
}

// choose picks the core with the least to do.
func (k *Kernel) choose(t *Thread) *Core {
	best := k.cores[bits.TrailingZeros64(t.Allowed|1<<63)%len(k.cores)]
	for _, c := range k.cores {
		if t.Allowed>>c.Index&1 != 0 && c.load() < best.load() {
			best = c
		}
	}
	return best
}

// Ready ends a thread's wait: the call in progress returns r. Under Lock.
func (k *Kernel) Ready(t *Thread, r int64) {
	k.unwait(t)
	t.Return(r)
	k.Make(t)
}

// unwait takes a waiting thread out of whatever it waits in.
func (k *Kernel) unwait(t *Thread) {
	if t.waiting {
		k.dequeue(t)
	}
	if t.heapPos != 0 {
		t.core.cancel(t)
	}
}

// Cut ends the wait of a thread that has a signal to take: a wait in the LWK returns EINTR at once, a
// call at Linux as soon as Linux lets go. Under Lock. It reports whether the thread was waiting.
func (k *Kernel) Cut(t *Thread) bool {
	switch t.State {
	case Waiting:
		t.Cut = true
		k.Ready(t, -int64(eINTR))
	case Shipped:
		if !t.Cut {
			t.Cut = true
			k.Plat.Interrupt(t.Index)
		}
	case Running:
		if c := t.core; c != nil && c.k.multi {
			c.HAL.Kick()
		}
		return false
	default:
		return false
	}
	return true
}

const eINTR = 4

// SetAllowed changes the cores that a thread may run on. Under Lock. A thread that runs elsewhere
// moves at its next trap, which is soon; one that is queued elsewhere moves now.
func (k *Kernel) SetAllowed(t *Thread, allowed uint64) {
	t.Allowed = allowed
	c := t.core
	if c == nil || allowed>>c.Index&1 != 0 {
		return
	}
	switch t.State {
	case Runnable:
		c.remove(t)
		k.Make(t)
	case Running:
		if c.current == t && k.multi {
			c.HAL.Kick()
		}
	}
}
