package signal

import (
	"encoding/binary"
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
)

// A frame in the program's memory, lowest address first, offsets in bytes from its start, which is the
// handler's first stack pointer: struct rt_sigframe with ucontext, sigcontext and siginfo in it.
const (
	offRestorer = 0
	offUC       = 8 // struct ucontext
	offUCFlags  = offUC
	offUCLink   = offUC + 8
	offUCStack  = offUC + 16 // stack_t: base, flags, size
	offRegs     = offUC + 40 // struct sigcontext
	offSegs     = offRegs + 144
	offErr      = offRegs + 152
	offTrapNo   = offRegs + 160
	offOldMask  = offRegs + 168
	offCR2      = offRegs + 176
	offFPState  = offRegs + 184 // address; 64 bytes reserved follow
	offMask     = offUC + 296
	offInfo     = offUC + 304 // siginfo_t
	frameSize   = offInfo + InfoSize

	// The floating-point state is on a multiple of 64, and the frame 8 below a multiple of 16, so
	// the one is always this far above the other.
	fpAbove = (frameSize+15)/16*16 + 8

	redZone = 128 // bytes below the stack pointer that are the program's

	ucXState    = 1               // fpstate is in XSAVE format
	ucSS        = 2               // ss is saved
	ucStrictSS  = 4               // and to be restored as it is
	segments    = 0x33 | 0x2b<<48 // cs, gs, fs, ss, 16 bits each
	flagTF      = 0x100
	flagDF      = 0x400
	flagRF      = 0x10000
	flagsUser   = 0x40dd5 &^ flagTF // AC OF DF SF ZF AF PF CF
	flagsAlways = 0x202             // IF, and a bit that is always one
)

// MaxFPSize is the most that Init takes, in bytes: everything that XSAVE has today, AMX tiles included.
const MaxFPSize = 12 << 10

// fpAt is where the floating-point state starts in a Scratch; the frame ends before it.
const fpAt = 512

// Scratch is where frames are put together before they are copied, and checked after. One per core
// is enough; it is about 12.5 KiB.
type Scratch struct {
	raw [64 + fpAt + MaxFPSize]byte // from the first multiple of 64 on
}

// Push makes ctx, stopped where the program would go on, enter the handler of act (see Actions.Take)
// for info: it writes a frame to the program's stack or alternate stack, clears the floating-point
// state, sets the registers and the mask, and ends SwapMask's effect. EFAULT, with nothing changed, is
// a stack without room, an act without SA_RESTORER or a handler at no user address: ForceSegv.
//
// For a system call that is to be made again (RestartAfter), the caller sets ctx.RIP and RAX so before.
func Push(core hal.Core, user hal.User, ctx *hal.Context, st *State, act *Action, info *Info, s *Scratch) hal.Errno {
	if act.Flags&FlagRestorer == 0 || act.Handler >= userEnd {
		return syscall.EFAULT
	}
	sp := ctx.RSP - redZone
	onAlt := st.Alt.on(ctx.RSP)
	if act.Flags&FlagOnStack != 0 && st.Alt.mode(sp) == 0 {
		sp = st.Alt.Base + st.Alt.Size
		onAlt = true
	}
	fp := (sp - uint64(fpSize)) &^ 63
	frame := fp - fpAbove
	switch {
	case onAlt && !st.Alt.holds(frame): // it would run over the alternate stack's end
		return syscall.EFAULT
	case frame >= userEnd || fp < frame || fp+uint64(fpSize) > userEnd:
		return syscall.EFAULT
	}

	b := s.aligned()
	f := b[fpAt-fpAbove : fpAt : fpAt]
	clear(f)
	put := binary.LittleEndian.PutUint64
	put(f[offRestorer:], act.Restorer)
	put(f[offUCFlags:], ucFlags())
	put(f[offUCStack:], st.Alt.Base)
	put(f[offUCStack+8:], uint64(st.Alt.Flags))
	put(f[offUCStack+16:], st.Alt.Size)
	rip := core.ProgramPC(ctx.RIP)
	saveRegs(f[offRegs:offSegs], ctx, rip)
	mask := st.Mask
	if st.Saved {
		mask = st.SavedMask
	}
	put(f[offSegs:], segments)
	put(f[offErr:], ctx.TrapErr)
	put(f[offTrapNo:], ctx.TrapNo)
	put(f[offOldMask:], uint64(mask))
	put(f[offCR2:], ctx.CR2)
	put(f[offFPState:], fp)
	put(f[offMask:], uint64(mask))
	info.Encode((*[InfoSize]byte)(f[offInfo:]))
	core.SaveSignalFP(ctx, b[fpAt:fpAt+fpSize:fpAt+fpSize])
	if user.CopyOut(uintptr(frame), b[fpAt-fpAbove:fpAt+fpSize]) != 0 {
		return syscall.EFAULT
	}

	core.ResetFP(ctx)
	ctx.RDI = uint64(uint32(info.Signo))
	ctx.RSI = frame + offInfo
	ctx.RDX = frame + offUC
	ctx.RAX = 0
	ctx.RSP = frame
	ctx.RIP = act.Handler
	ctx.RFLAGS &^= flagDF | flagRF | flagTF

	st.Saved = false // the frame restores it now
	blocked := st.Mask | act.Mask
	if act.Flags&FlagNoDefer == 0 {
		blocked = blocked.Add(int(info.Signo))
	}
	st.SetMask(blocked)
	if st.Alt.Flags&stackAutoDisarm != 0 {
		st.Alt.reset()
	}
	return 0
}

// ucFlags returns a frame's uc_flags.
func ucFlags() uint64 {
	if fpSize > minFPSize {
		return ucXState | ucSS | ucStrictSS
	}
	return ucSS | ucStrictSS
}

// saveRegs writes the registers in struct sigcontext's order.
func saveRegs(b []byte, c *hal.Context, rip uint64) {
	for i, v := range [18]uint64{
		c.R8, c.R9, c.R10, c.R11, c.R12, c.R13, c.R14, c.R15,
		c.RDI, c.RSI, c.RBP, c.RBX, c.RDX, c.RAX, c.RCX, c.RSP, rip, c.RFLAGS,
	} {
		binary.LittleEndian.PutUint64(b[8*i:], v)
	}
}

// Indexes of what Return treats in a special way, in saveRegs's order.
const (
	regRSP    = 15
	regRIP    = 16
	regRFLAGS = 17
)

// loadRegs is saveRegs's inverse without RIP and RFLAGS.
func loadRegs(b []byte, c *hal.Context) {
	for i, p := range [16]*uint64{
		&c.R8, &c.R9, &c.R10, &c.R11, &c.R12, &c.R13, &c.R14, &c.R15,
		&c.RDI, &c.RSI, &c.RBP, &c.RBX, &c.RDX, &c.RAX, &c.RCX, &c.RSP,
	} {
		*p = binary.LittleEndian.Uint64(b[8*i:])
	}
}
