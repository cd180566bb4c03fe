package native

import (
	"encoding/binary"
	"syscall"
	"unsafe"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/lwk/hal"
)

// Vector state. The LWK's own code changes only the low halves of vector registers 0 to 15 (the runtime
// has AVX switched off), which every trap saves in the context; all the rest stays in the registers
// until another thread gets the core, when XSAVE moves it.

// A thread's vector area: MXCSR, whether there is an image, and at offset 64 the image.
const (
	extStride = 4096
	extMXCSR  = 0
	extArea   = 64

	compSSE = 1 << 1
	magic1  = 0x46505853 // marks in a signal frame's fpstate (uapi sigcontext.h)
	magic2  = 0x46505845

	swReserved = 464
	mxcsrAt    = 24
	headerAt   = 512
	headerSize = 64
	fullSize   = extStride
)

var vector struct {
	mask    uint64 // components that exist here
	size    uintptr
	ext     uintptr
	initial []byte
	check   [abi.MaxCores][]byte // scratch for images that a program supplies
}

func xsave(area uintptr, mask uint64)
func xrstor(area uintptr, mask uint64)
func xsaveWith(ctx *context, area uintptr, mask uint64)
func xrstorTo(ctx *context, area uintptr, mask uint64)

// aligned64 returns n zeroed bytes at an address that XSAVE takes.
func aligned64(n uintptr) []byte {
	b := make([]byte, n+64)
	skip := -addressOf(b) & 63
	return b[skip : skip+n]
}

func setupVector() {
	v := &vector
	x, size, _, _ := cpuid(0xd, 0)
	v.mask = uint64(x & 7)
	if x&0xe0 == 0xe0 {
		v.mask |= 0xe0
	}
	v.size = uintptr(size) // for what XCR0 has now
	v.initial = aligned64(fullSize)
	binary.LittleEndian.PutUint16(v.initial, 0x37f)
	binary.LittleEndian.PutUint32(v.initial[mxcsrAt:], 0x1f80)
	for i := range boot().NCores {
		v.check[i] = aligned64(fullSize)
	}
	v.ext = addressOf(aligned64(abi.MaxThreads * extStride))
}

func (p *Platform) NewExt(i uint32) uintptr { return vector.ext + uintptr(i)*extStride }

func (c *core) save(to *hal.Context) {
	*at[uint32](to.Ext + extMXCSR) = getMXCSR()
	xsave(to.Ext+extArea, vector.mask&^compSSE)
}

func (c *core) SwitchVector(from, to *hal.Context) {
	if from != nil {
		c.save(from)
	}
	// With AVX the image's MXCSR is looked at, too.
	m := *at[uint32](to.Ext + extMXCSR)
	*at[uint32](to.Ext + extArea + mxcsrAt) = m
	xrstor(to.Ext+extArea, vector.mask&^compSSE)
	setMXCSR(m)
}

func (c *core) InheritVector(child *hal.Context) { c.save(child) }

func (c *core) ResetFP(ctx *hal.Context) {
	xrstor(addressOf(vector.initial), vector.mask)
	setMXCSR(0x1f80)
	ctx.Xmm = [32]uint64{}
}

// SignalFPSize: the XSAVE image and the second magic number.
func (c *core) SignalFPSize() int { return int(vector.size) + 4 }

func (c *core) SaveSignalFP(ctx *hal.Context, buf []byte) {
	v := &vector
	if uintptr(len(buf)) < v.size+4 {
		return
	}
	clear(buf[:v.size+4])
	xsaveWith(asContext(ctx), addressOf(buf), v.mask)
	le := binary.LittleEndian
	le.PutUint32(buf[swReserved:], magic1)
	le.PutUint32(buf[swReserved+4:], uint32(v.size+4))
	le.PutUint64(buf[swReserved+8:], v.mask)
	le.PutUint32(buf[swReserved+16:], uint32(v.size))
	le.PutUint32(buf[v.size:], magic2)
}

// LoadSignalFP checks the image, because XRSTOR faults on one that is not well formed, in the LWK.
func (c *core) LoadSignalFP(ctx *hal.Context, buf []byte) hal.Errno {
	v := &vector
	if uintptr(len(buf)) < v.size {
		return syscall.EINVAL
	}
	img := v.check[c.i][:v.size]
	copy(img, buf)
	le := binary.LittleEndian
	if le.Uint32(img[mxcsrAt:])&^uint32(0xffff) != 0 {
		return syscall.EINVAL
	}
	bv := le.Uint64(img[headerAt:])
	if le.Uint32(img[swReserved:]) != magic1 {
		bv = 3 // an FXSAVE image only
		clear(img[headerAt : headerAt+headerSize])
		le.PutUint64(img[headerAt:], bv)
	}
	if bv&^v.mask != 0 {
		return syscall.EINVAL
	}
	for _, b := range img[headerAt+8 : headerAt+headerSize] {
		if b != 0 {
			return syscall.EINVAL
		}
	}
	xrstorTo(asContext(ctx), addressOf(img), v.mask)
	return 0
}

// asContext is safe: the two types are one, by definition (cpu.go).
func asContext(c *hal.Context) *context { return (*context)(unsafe.Pointer(c)) }
