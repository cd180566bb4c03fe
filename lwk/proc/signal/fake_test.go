package signal

import (
	"encoding/binary"
	"syscall"
	"testing"

	"github.com/skerry-os/skerry/lwk/hal"
)

const testFPSize = 832 + magicSize // FXSAVE area, header, AVX

// memory is a program's memory: bytes from base on, and nothing else.
type memory struct {
	base uintptr
	b    []byte
}

func newMemory(base uintptr, n int) *memory { return &memory{base, make([]byte, n)} }

func (m *memory) at(p uintptr, n int) ([]byte, hal.Errno) {
	off := p - m.base
	if p < m.base || off > uintptr(len(m.b)) || uintptr(n) > uintptr(len(m.b))-off {
		return nil, syscall.EFAULT
	}
	return m.b[off : off+uintptr(n)], 0
}

func (m *memory) CopyIn(dst []byte, src uintptr) hal.Errno {
	b, e := m.at(src, len(dst))
	copy(dst, b)
	return e
}

func (m *memory) CopyOut(dst uintptr, src []byte) hal.Errno {
	b, e := m.at(dst, len(src))
	copy(b, src)
	return e
}

func (m *memory) Zero(dst, n uintptr) hal.Errno {
	b, e := m.at(dst, int(n))
	clear(b)
	return e
}

func (m *memory) Load64(p uintptr) (uint64, hal.Errno) {
	b, e := m.at(p, 8)
	if e != 0 {
		return 0, e
	}
	return binary.LittleEndian.Uint64(b), 0
}

func (m *memory) Store64(p uintptr, v uint64) hal.Errno {
	b, e := m.at(p, 8)
	if e == 0 {
		binary.LittleEndian.PutUint64(b, v)
	}
	return e
}

func (m *memory) Load32(p uintptr) (uint32, hal.Errno)  { panic("not used") }
func (m *memory) Store32(p uintptr, v uint32) hal.Errno { panic("not used") }
func (m *memory) CAS32(p uintptr, old, new uint32) (uint32, hal.Errno) {
	panic("not used")
}

// fakeCore has vector state that is just bytes. Program addresses siteAt... stand for stubAt...
type fakeCore struct {
	hal.Core
	fp   []byte
	init []byte
}

const siteAt, stubAt = 0x401000, 0x7100_0000

func newCore(size int) *fakeCore {
	c := &fakeCore{fp: make([]byte, size), init: make([]byte, size)}
	binary.LittleEndian.PutUint16(c.init, 0x37f)       // FCW
	binary.LittleEndian.PutUint32(c.init[24:], 0x1f80) // MXCSR
	if size > minFPSize {
		binary.LittleEndian.PutUint32(c.init[fpMagic1:], magic1)
		binary.LittleEndian.PutUint32(c.init[fpExtended:], uint32(size))
		binary.LittleEndian.PutUint64(c.init[fpFeatures:], 7)
		binary.LittleEndian.PutUint32(c.init[fpXState:], uint32(size-magicSize))
		binary.LittleEndian.PutUint32(c.init[size-magicSize:], magic2)
	}
	copy(c.fp, c.init)
	return c
}

func (c *fakeCore) SaveSignalFP(_ *hal.Context, buf []byte) { copy(buf, c.fp) }

func (c *fakeCore) LoadSignalFP(_ *hal.Context, buf []byte) hal.Errno {
	if binary.LittleEndian.Uint32(buf[24:])>>16 != 0 { // MXCSR's reserved bits
		return syscall.EINVAL
	}
	copy(c.fp, buf)
	return 0
}

func (c *fakeCore) ResetFP(*hal.Context) { copy(c.fp, c.init) }

func (c *fakeCore) ProgramPC(pc uint64) uint64 {
	if pc == stubAt {
		return siteAt
	}
	return pc
}

func (c *fakeCore) ResumePC(pc uint64) uint64 {
	if pc == siteAt {
		return stubAt
	}
	return pc
}

func setup(t testing.TB, size int) {
	t.Helper()
	if err := Init(size); err != nil {
		t.Fatal(err)
	}
}

// filled is a context with a different value in every register.
func filled() hal.Context {
	return hal.Context{
		RAX: 0xa0, RBX: 0xa1, RCX: 0xa2, RDX: 0xa3, RSI: 0xa4, RDI: 0xa5, RBP: 0xa6, RSP: 0x10000 + 0x9008,
		R8: 0xb8, R9: 0xb9, R10: 0xb10, R11: 0xb11, R12: 0xb12, R13: 0xb13, R14: 0xb14, R15: 0xb15,
		RIP: stubAt, RFLAGS: 0x246 | flagDF, TrapErr: 6, TrapNo: 14, CR2: 0xdead000,
	}
}
