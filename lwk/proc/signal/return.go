package signal

import (
	"encoding/binary"
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
)

// Where the XSAVE image of a frame says what it is (struct _fpx_sw_bytes in the FXSAVE area, then
// the XSAVE header).
const (
	fpMagic1   = 464
	fpExtended = 468 // size with the second magic number
	fpFeatures = 472
	fpXState   = 480 // size without it
	fpHeader   = 512
	headerEnd  = 576
	magicSize  = 4

	magic1 uint32 = 0x46505853
	magic2 uint32 = 0x46505845

	featuresFPSSE = 3
)

// Return is rt_sigreturn(2): it takes registers, floating-point state, mask and alternate stack from
// the frame at ctx.RSP-8, which the program may have written itself. The caller then runs ctx as it is,
// RAX included. EFAULT, with nothing changed, is a frame that cannot be read or that the processor
// would not take: ForceSegv(a, st, 0).
//
// The alternate stack is set as seen from the restored stack pointer, as Linux did up to 6.11; 6.12
// and later look at the handler's, so that a handler on that stack cannot change it this way.
func Return(core hal.Core, user hal.User, ctx *hal.Context, st *State, s *Scratch) hal.Errno {
	frame := ctx.RSP - 8
	if frame >= userEnd-frameSize {
		return syscall.EFAULT
	}
	b := s.aligned()
	f := b[:offInfo:offInfo]
	if user.CopyIn(f, uintptr(frame)) != 0 {
		return syscall.EFAULT
	}
	get := binary.LittleEndian.Uint64
	rip := get(f[offRegs+8*regRIP:])
	if rip >= userEnd {
		return syscall.EFAULT
	}
	if fp := get(f[offFPState:]); fp == 0 {
		core.ResetFP(ctx)
	} else {
		image := b[fpAt : fpAt+fpSize : fpAt+fpSize]
		if e := readFP(user, fp, image); e != 0 {
			return e
		}
		if core.LoadSignalFP(ctx, image) != 0 {
			return syscall.EFAULT
		}
	}
	loadRegs(f[offRegs:], ctx)
	ctx.RFLAGS = get(f[offRegs+8*regRFLAGS:])&flagsUser | flagsAlways
	ctx.RIP = core.ResumePC(rip)
	st.SetMask(Set(get(f[offMask:])))
	// What is wrong with the stack's description is nobody's concern here, as in Linux.
	st.Alt.set(AltStack{get(f[offUCStack:]), get(f[offUCStack+16:]), uint32(get(f[offUCStack+8:]))}, ctx.RSP)
	return 0
}

// readFP reads the floating-point state at fp into b, fpSize bytes, and makes it one that says so: what
// a smaller image leaves out, or one without the marks of XSAVE, is in its initial state.
func readFP(user hal.User, fp uint64, b []byte) hal.Errno {
	if fp&15 != 0 || fp >= userEnd-MaxFPSize {
		return syscall.EFAULT
	}
	if e := user.CopyIn(b[:minFPSize], uintptr(fp)); e != 0 {
		return e
	}
	if len(b) < headerEnd+magicSize { // a machine without XSAVE
		return 0
	}
	n, e := imageSize(user, fp, b)
	if e != 0 {
		return e
	}
	put := binary.LittleEndian.PutUint32
	if n > minFPSize {
		if fp&63 != 0 { // XRSTOR would fault
			return syscall.EFAULT
		}
		if e := user.CopyIn(b[minFPSize:n], uintptr(fp)+minFPSize); e != 0 {
			return e
		}
		clear(b[n:])
	} else {
		clear(b[minFPSize:])
		binary.LittleEndian.PutUint64(b[fpFeatures:], featuresFPSSE)
		binary.LittleEndian.PutUint64(b[fpHeader:], featuresFPSSE)
	}
	put(b[fpMagic1:], magic1)
	put(b[fpExtended:], uint32(len(b)))
	put(b[fpXState:], uint32(len(b)-magicSize))
	put(b[len(b)-magicSize:], magic2)
	return 0
}

// imageSize returns the size of the image at fp, whose first 512 bytes are in b, without the second
// magic number: 512 if it is not one of XSAVE that fits.
func imageSize(user hal.User, fp uint64, b []byte) (int, hal.Errno) {
	get := binary.LittleEndian.Uint32
	size := get(b[fpXState:])
	if get(b[fpMagic1:]) != magic1 || size < headerEnd || size > uint32(len(b)-magicSize) || size > get(b[fpExtended:]) {
		return minFPSize, 0
	}
	// Not Load32: nothing says that the size is a multiple of 4.
	tail := b[minFPSize : minFPSize+magicSize]
	if e := user.CopyIn(tail, uintptr(fp)+uintptr(size)); e != 0 {
		return 0, e
	}
	if get(tail) != magic2 {
		return minFPSize, 0
	}
	return int(size), 0
}
