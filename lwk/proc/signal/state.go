package signal

import (
	"sync/atomic"

	"github.com/skerry-os/skerry/lwk/hal"
)

// State is a thread's own part in signals. Its zero value blocks nothing, has nothing pending and no
// alternate stack.
type State struct {
	// Mask is what the thread blocks. The owner reads it as it is and changes it with SetMask; other
	// cores use Blocked.
	Mask Set
	// SavedMask is what becomes the mask again after sigsuspend and its like, if Saved.
	SavedMask Set
	Saved     bool

	Alt     AltStack
	Private Queue // signals for this thread alone

	real Set     // what BeginWait took out of the mask
	word [8]byte // for copies of less than a word
}

// Shared is what a process's threads share: signals that any of them may take.
type Shared struct{ Queue Queue }

// SetMask makes m, without SIGKILL and SIGSTOP, the mask. If HasPending says so afterwards, the
// thread has something to take; what it no longer takes of Shared, another thread may have to.
func (st *State) SetMask(m Set) { atomic.StoreUint64((*uint64)(&st.Mask), uint64(m&^unmasked)) }

// Blocked returns the signals that the thread does not take now. Any core may call it.
func (st *State) Blocked() Set { return Set(atomic.LoadUint64((*uint64)(&st.Mask))) }

// held returns the signals that stay pending for the thread even if they are ignored.
func (st *State) held() Set {
	return st.Blocked() | Set(atomic.LoadUint64((*uint64)(&st.real)))
}

// SwapMask is the begin of sigsuspend, ppoll, pselect6 and epoll_pwait with a mask: m holds until
// a handler returns, or, if none ran, until RestoreMask.
func (st *State) SwapMask(m Set) {
	st.SavedMask, st.Saved = st.Mask, true
	st.SetMask(m)
}

// RestoreMask ends SwapMask's effect, if it is still on.
func (st *State) RestoreMask() {
	if st.Saved {
		st.Saved = false
		st.SetMask(st.SavedMask)
	}
}

// BeginWait is for a sigtimedwait that found nothing and parks: the signals of set wake the thread
// though it blocks them, and are kept though they may be ignored.
func (st *State) BeginWait(set Set) {
	atomic.StoreUint64((*uint64)(&st.real), uint64(st.Mask))
	st.SetMask(st.Mask &^ set)
}

// EndWait ends BeginWait. The caller then takes Next(st, sh, ^set).
func (st *State) EndWait() {
	st.SetMask(st.real)
	atomic.StoreUint64((*uint64)(&st.real), 0)
}

// Inherit makes st, a new thread's, what clone makes of its creator's: the same mask, nothing
// pending, and the alternate stack only if keepAlt (no CLONE_VM, or CLONE_VFORK with it).
func (st *State) Inherit(from *State, keepAlt bool) {
	st.Private.Flush(allOf)
	st.SetMask(from.Mask)
	st.Saved = false
	atomic.StoreUint64((*uint64)(&st.real), 0)
	if st.Alt = from.Alt; !keepAlt {
		st.Alt.reset()
	}
}

// Exec is what exec does to the thread that goes on: mask and pending signals stay.
func (st *State) Exec() {
	st.RestoreMask()
	st.Alt = AltStack{}
}

// Release drops what is pending when the thread ends.
func (st *State) Release() { st.Private.Flush(allOf) }

// HasPending tells whether the thread, whose owner calls, has a signal to take.
func HasPending(st *State, sh *Shared) bool {
	return Set(st.Private.pending.Load()|sh.Queue.pending.Load())&^st.Mask != 0
}

// Next takes the next pending signal that is not in mask: from the thread's own before the shared
// ones; on each SIGKILL first, then faults (SEGV BUS ILL TRAP FPE SYS), then the lowest number;
// equal ones in order of arrival. For delivery mask is st.Mask, for sigtimedwait the complement
// of what is waited for (with SIGKILL and SIGSTOP in it).
func Next(st *State, sh *Shared, mask Set) (Info, bool) {
	if i, ok := st.Private.next(mask); ok {
		return i, true
	}
	return sh.Queue.next(mask)
}

// SendThread sends a signal to one thread (tgkill, a fault, a thread's timer) with Linux's rules: one
// that is ignored is dropped unless the thread blocks it. added and e are as with Send; dropped is
// not added.
func SendThread(a *Actions, st *State, info *Info) (added bool, e hal.Errno) {
	if sig := int(info.Signo); Valid(sig) && !st.held().Has(sig) && a.Ignored(sig) {
		return false, 0
	}
	return Send(&st.Private, info)
}

// SendProcess sends a signal to the process. to is the thread whose id the sender named, for kill(2)
// the first one: its mask decides whether an ignored signal is dropped.
func SendProcess(a *Actions, sh *Shared, to *State, info *Info) (added bool, e hal.Errno) {
	if sig := int(info.Signo); Valid(sig) && !to.held().Has(sig) && a.Ignored(sig) {
		return false, 0
	}
	return Send(&sh.Queue, info)
}

// Force sends a thread a signal that it cannot escape, such as a fault's: if it is blocked or ignored,
// or fatal is set, its action becomes the default, and it is unblocked. Only st's owner calls it.
func Force(a *Actions, st *State, info *Info, fatal bool) {
	sig := int(info.Signo)
	if !Valid(sig) {
		return
	}
	blocked := st.Mask.Has(sig)
	a.setDefault(sig, fatal || blocked)
	if blocked {
		st.SetMask(st.Mask.Del(sig))
	}
	Send(&st.Private, info)
}

// ForceSegv is what follows a frame that could not be written for sig, or read (sig 0): SIGSEGV, which
// ends the program if sig was SIGSEGV itself.
func ForceSegv(a *Actions, st *State, sig int) {
	info := Kernel(sigSEGV)
	Force(a, st, &info, sig == sigSEGV)
}
