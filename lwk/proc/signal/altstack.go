package signal

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
)

// Flags of an alternate stack (uapi/linux/signal.h).
const (
	stackOn         uint32 = 1
	stackDisable    uint32 = 2
	stackAutoDisarm uint32 = 1 << 31
)

// MinStack is the smallest alternate stack in bytes that Linux takes (MINSIGSTKSZ). A frame may well
// need more (AT_MINSIGSTKSZ): then its Push fails.
const MinStack = 2048

// AltStack is a thread's alternate signal stack, as sigaltstack(2) set it. Size 0 is none; what Flags
// then are shows only in frames, and is as in Linux: 0 after exec, SS_DISABLE after a reset.
type AltStack struct {
	Base, Size uint64 // bytes
	Flags      uint32
}

// reset takes the stack away: for a new thread, and on SS_AUTODISARM.
func (a *AltStack) reset() { *a = AltStack{Flags: stackDisable} }

// holds tells whether sp is in the stack's memory.
func (a *AltStack) holds(sp uint64) bool { return sp > a.Base && sp-a.Base <= a.Size }

// on tells whether a thread with this stack pointer is on the stack. With SS_AUTODISARM it never is:
// the stack is no longer set while it is in use.
func (a *AltStack) on(sp uint64) bool { return a.Flags&stackAutoDisarm == 0 && a.holds(sp) }

// mode returns SS_DISABLE, SS_ONSTACK or, for a stack that is ready, 0.
func (a *AltStack) mode(sp uint64) uint32 {
	switch {
	case a.Size == 0:
		return stackDisable
	case a.on(sp):
		return stackOn
	}
	return 0
}

// set is sigaltstack's setting half for a thread with stack pointer sp.
func (a *AltStack) set(n AltStack, sp uint64) hal.Errno {
	if a.on(sp) {
		return syscall.EPERM
	}
	switch n.Flags &^ stackAutoDisarm {
	case stackDisable:
		n.Base, n.Size = 0, 0
	case 0, stackOn:
		if n != *a && n.Size < MinStack {
			return syscall.ENOMEM
		}
	default:
		return syscall.EINVAL
	}
	*a = n
	return 0
}

// Sigaltstack is sigaltstack(2) with the thread's registers ctx: newPtr and oldPtr are the program's
// addresses of a stack_t each, or 0. EFAULT, EPERM (on the stack now), EINVAL (flags), ENOMEM (too small).
func Sigaltstack(st *State, user hal.User, ctx *hal.Context, newPtr, oldPtr uintptr) hal.Errno {
	old := st.Alt
	flags := old.mode(ctx.RSP) | old.Flags&stackAutoDisarm
	if newPtr != 0 {
		n, e := loadStack(user, newPtr)
		if e != 0 {
			return e
		}
		if e := st.Alt.set(n, ctx.RSP); e != 0 {
			return e
		}
	}
	if oldPtr == 0 {
		return 0
	}
	if e := user.Store64(oldPtr, old.Base); e != 0 {
		return e
	}
	if e := user.Store64(oldPtr+8, uint64(flags)); e != 0 {
		return e
	}
	return user.Store64(oldPtr+16, old.Size)
}

// loadStack reads a stack_t.
func loadStack(user hal.User, p uintptr) (AltStack, hal.Errno) {
	base, e := user.Load64(p)
	if e != 0 {
		return AltStack{}, e
	}
	flags, e := user.Load64(p + 8)
	if e != 0 {
		return AltStack{}, e
	}
	size, e := user.Load64(p + 16)
	return AltStack{base, size, uint32(flags)}, e
}
