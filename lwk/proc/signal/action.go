package signal

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
	"github.com/skerry-os/skerry/lwk/spin"
)

// Handlers that are not addresses.
const (
	HandlerDefault uint64 = 0
	HandlerIgnore  uint64 = 1
)

// Flags of an action (uapi/asm/signal.h). Those not named in flagsKnown are dropped when set, so that
// a program can find out what is supported.
const (
	FlagNoCldStop  uint64 = 1
	FlagNoCldWait  uint64 = 2
	FlagSiginfo    uint64 = 4
	FlagExposeTags uint64 = 0x800
	FlagRestorer   uint64 = 0x04000000
	FlagOnStack    uint64 = 0x08000000
	FlagRestart    uint64 = 0x10000000
	FlagNoDefer    uint64 = 0x40000000
	FlagResetHand  uint64 = 0x80000000

	flagsKnown = FlagNoCldStop | FlagNoCldWait | FlagSiginfo | FlagExposeTags | FlagRestorer |
		FlagOnStack | FlagRestart | FlagNoDefer | FlagResetHand
)

// Action is what a program wants done on a signal: the kernel's struct sigaction, 32 bytes.
type Action struct {
	Handler, Flags, Restorer uint64
	Mask                     Set
}

// Actions is a process's table of actions. Its zero value has all at their defaults. Any core may
// call its methods.
type Actions struct {
	lock  spin.Lock
	table [Max]Action
}

// Get returns the action of sig, which is valid.
func (a *Actions) Get(sig int) Action {
	a.lock.Lock()
	act := a.table[sig-1]
	a.lock.Unlock()
	return act
}

// Set replaces the action of sig by *act, unless act is nil, and returns the one before. It is EINVAL
// for what is no signal, and for SIGKILL and SIGSTOP with an act. If the signal is Ignored
// afterwards, the caller flushes it from all queues of the process.
func (a *Actions) Set(sig int, act *Action) (old Action, e hal.Errno) {
	if !Valid(sig) || act != nil && unmasked.Has(sig) {
		return Action{}, syscall.EINVAL
	}
	a.lock.Lock()
	old = a.table[sig-1]
	if act != nil {
		n := *act
		n.Flags &= flagsKnown
		n.Mask &^= unmasked
		a.table[sig-1] = n
	}
	a.lock.Unlock()
	return old, 0
}

// Take returns the action of a signal that is being delivered and what is to be done with it. For
// Handle, act is a copy for Push; with SA_RESETHAND the table is back at the default already.
func (a *Actions) Take(sig int) (act Action, d Disposition) {
	a.lock.Lock()
	p := &a.table[sig-1]
	act = *p
	if act.Handler > HandlerIgnore && act.Flags&FlagResetHand != 0 {
		p.Handler = HandlerDefault
	}
	a.lock.Unlock()
	switch act.Handler {
	case HandlerDefault:
		return act, Default(sig)
	case HandlerIgnore:
		return act, Ignore
	}
	return act, Handle
}

// Ignored tells whether sig would be thrown away if it were delivered now.
func (a *Actions) Ignored(sig int) bool {
	if !Valid(sig) {
		return true
	}
	h := a.Get(sig).Handler
	return h == HandlerIgnore || h == HandlerDefault && mild.Has(sig)
}

// Reset is what exec does: handlers become defaults, what is ignored stays so, flags and masks go.
func (a *Actions) Reset() {
	a.lock.Lock()
	for i := range a.table {
		h := HandlerDefault
		if a.table[i].Handler == HandlerIgnore {
			h = HandlerIgnore
		}
		a.table[i] = Action{Handler: h}
	}
	a.lock.Unlock()
}

// CopyTo makes dst, which nobody else uses yet, the same table: what clone without CLONE_SIGHAND does.
func (a *Actions) CopyTo(dst *Actions) {
	a.lock.Lock()
	dst.table = a.table
	a.lock.Unlock()
}

// setDefault makes the action of sig the default if force says so or it is ignored.
func (a *Actions) setDefault(sig int, force bool) {
	a.lock.Lock()
	if p := &a.table[sig-1]; force || p.Handler == HandlerIgnore {
		p.Handler = HandlerDefault
	}
	a.lock.Unlock()
}

// RestartAfter tells whether an interrupted system call is to be made again rather than to end with
// EINTR: act is the action of the handler that runs, nil if none does. restartable is whether the call
// restarts under SA_RESTART (signal(7) lists which); without a handler every interrupted call does.
func RestartAfter(act *Action, restartable bool) bool {
	return act == nil || restartable && act.Flags&FlagRestart != 0
}
