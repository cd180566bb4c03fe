// Package spin owns the one lock of the lightweight kernel that never parks its caller.
//
// Cores of an enclave run one goroutine each, pinned and never preempted, so that a holder always
// makes progress and a waiter has nothing better to do. Hold it for short, bounded work; do not take
// it twice on one core; do not call what may block while holding it.
package spin

import "sync/atomic"

// Lock is a spin lock; its zero value is unlocked. Its methods do not allocate and do not enter the
// Go scheduler.
type Lock struct{ word uint32 }

// Lock spins until the lock is the caller's.
func (l *Lock) Lock() {
	for !atomic.CompareAndSwapUint32(&l.word, 0, 1) {
		// Waiting on a plain load leaves the cache line shared: only a release makes it bounce.
		for atomic.LoadUint32(&l.word) != 0 {
		}
	}
}

// TryLock takes the lock if it is free and tells whether it did.
func (l *Lock) TryLock() bool { return atomic.CompareAndSwapUint32(&l.word, 0, 1) }

// Unlock releases the lock. Only its holder may call it.
func (l *Lock) Unlock() { atomic.StoreUint32(&l.word, 0) }
