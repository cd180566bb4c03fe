package process

import (
	"encoding/binary"
	"syscall"
	"unsafe"

	"github.com/skerry-os/skerry/lwk/hal"
)

// Vector state. The LWK's own code (Go with AVX switched off, see start_amd64.s) changes only the
// low halves of vector registers 0 to 15, which every trap saves in the context; all the rest stays
// in the registers while the LWK works, and moves only when another thread gets the core.
//
// glibc's string functions leave the opmask and the registers 16 to 31 in use all the time, so that
// XSAVE would always have something to do (160 ns a switch); these are moved by plain instructions
// instead, and XSAVE is for threads that have more than that in use at the switch (AVX upper halves,
// x87), which a thread that calls the kernel through a library function has not.

// A thread's vector area: the state's kind, MXCSR, then either form at offset 64.
const (
	extStride = 4096
	extKind   = 0
	extMXCSR  = 4
	extArea   = 64

	kindPlain = 0 // opmask and registers 16-31 (where there are any) by saveHigh
	kindFull  = 1 // XSAVE

	compSSE   = 1 << 1
	compHigh  = 1<<5 | 1<<7 // opmask, Hi16_ZMM
	compLegal = 0xe7        // x87, SSE, AVX, opmask, ZMM_Hi256, Hi16_ZMM: what we save
)

type vectorUnit struct {
	mask    uint64 // components that exist here and that we save
	high    bool   // there is an AVX-512 state
	size    uintptr
	ext     uintptr // base of the threads' areas
	initial uintptr // an image that makes everything initial
	check   uintptr // scratch for images that a program supplies, extStride for each core
}

var vector vectorUnit

func (v *vectorUnit) setup() error {
	v.mask = xcr0() & compLegal
	v.high = v.mask&compHigh == compHigh
	base, err := mapAnonymous((1 + maxCores + uintptr(maxThreads)) * extStride)
	if err != nil {
		return err
	}
	v.ext = base + (1+maxCores)*extStride
	v.initial = base
	v.check = base + extStride
	binary.LittleEndian.PutUint16(bytesAt(v.initial, 2), 0x37f)     // FCW
	binary.LittleEndian.PutUint32(bytesAt(v.initial+24, 4), 0x1f80) // MXCSR
	v.size = 512 + 64
	switch {
	case v.high:
		v.size = 2688
	case v.mask&4 != 0:
		v.size = 832
	}
	return nil
}

// SwitchVector implements hal.Core.
func (c *core) SwitchVector(from, to *hal.Context) {
	v := &vector
	if from != nil && switchPlain(from.Ext, to.Ext, v.mask) == 0 {
		return
	}
	used := inUse() & v.mask &^ compSSE
	if from != nil {
		v.save(c, from.Ext, used)
	}
	v.load(c, to.Ext, used)
}

func (v *vectorUnit) save(c *core, ext uintptr, used uint64) {
	kind, mxcsr := at[uint32](ext+extKind), at[uint32](ext+extMXCSR)
	*mxcsr = getMXCSR()
	if used&^compHigh == 0 {
		*kind = kindPlain
		if v.high {
			saveHigh(ext + extArea)
		}
		return
	}
	c.Settle()
	if *kind == kindPlain {
		// XSAVE keeps what it does not save in its header, and XRSTOR faults on what the plain form left there.
		clear(bytesAt(ext+extArea+headerAt, headerSize))
	}
	*kind = kindFull
	xsave(ext+extArea, v.mask)
}

func (v *vectorUnit) load(c *core, ext uintptr, used uint64) {
	if *at[uint32](ext + extKind) == kindFull {
		c.Settle()
		xrstor(ext+extArea, v.mask)
	} else {
		if used&^compHigh != 0 {
			c.Settle()
			xrstor(v.initial, v.mask&^compSSE)
		}
		if v.high {
			loadHigh(ext + extArea)
		}
	}
	if m := *at[uint32](ext + extMXCSR); m != getMXCSR() {
		setMXCSR(m)
	}
}

// InheritVector implements hal.Core.
func (c *core) InheritVector(child *hal.Context) {
	vector.save(c, child.Ext, inUse()&vector.mask&^compSSE)
}

// ResetFP implements hal.Core.
func (c *core) ResetFP(ctx *hal.Context) {
	xrstor(vector.initial, vector.mask)
	ctx.Xmm = [32]uint64{}
}

// Offsets and marks in a signal frame's fpstate (arch/x86 uapi sigcontext.h: struct _fpx_sw_bytes).
const (
	swReserved = 464
	magic1     = 0x46505853
	magic2     = 0x46505845
	mxcsrAt    = 24
	headerAt   = 512
	headerSize = 64
)

// SignalFPSize implements hal.Core: the XSAVE image and the second magic number.
func (c *core) SignalFPSize() int { return int(vector.size) + 4 }

// SaveSignalFP implements hal.Core.
func (c *core) SaveSignalFP(ctx *hal.Context, buf []byte) {
	v := &vector
	if uintptr(len(buf)) < v.size+4 {
		return
	}
	clear(buf[:v.size+4])
	xsaveWith(ctx, uintptr(unsafe.Pointer(&buf[0])), v.mask)
	le := binary.LittleEndian
	le.PutUint32(buf[swReserved:], magic1)
	le.PutUint32(buf[swReserved+4:], uint32(v.size+4))
	le.PutUint64(buf[swReserved+8:], v.mask)
	le.PutUint32(buf[swReserved+16:], uint32(v.size))
	le.PutUint32(buf[v.size:], magic2)
}

// LoadSignalFP implements hal.Core. The image is checked because XRSTOR faults on one that is not
// well formed, and it would fault in the LWK.
func (c *core) LoadSignalFP(ctx *hal.Context, buf []byte) hal.Errno {
	v := &vector
	if uintptr(len(buf)) < v.size {
		return syscall.EINVAL
	}
	check := v.check + uintptr(c.index)*extStride
	img := bytesAt(check, int(v.size))
	copy(img, buf)
	le := binary.LittleEndian
	if le.Uint32(img[mxcsrAt:])&^uint32(0xffff) != 0 {
		return syscall.EINVAL
	}
	bv := le.Uint64(img[headerAt:])
	if le.Uint32(img[swReserved:]) != magic1 {
		bv = 3 // FXSAVE image only
		clear(img[headerAt : headerAt+64])
		le.PutUint64(img[headerAt:], bv)
	}
	if bv&^v.mask != 0 {
		return syscall.EINVAL
	}
	for _, b := range img[headerAt+8 : headerAt+64] {
		if b != 0 {
			return syscall.EINVAL
		}
	}
	xrstorTo(ctx, check, v.mask)
	return 0
}
