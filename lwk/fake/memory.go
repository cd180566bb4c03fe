package fake

import (
	"encoding/binary"
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
)

// Memory is a program's memory, a hal.User: the bytes B from Base on, and nothing else.
type Memory struct {
	Base uintptr
	B    []byte
}

func (m *Memory) at(p uintptr, n int) ([]byte, hal.Errno) {
	off := p - m.Base
	if p < m.Base || off > uintptr(len(m.B)) || uintptr(n) > uintptr(len(m.B))-off {
		return nil, syscall.EFAULT
	}
	return m.B[off : off+uintptr(n)], 0
}

func (m *Memory) CopyIn(dst []byte, src uintptr) hal.Errno {
	b, e := m.at(src, len(dst))
	copy(dst, b)
	return e
}

func (m *Memory) CopyOut(dst uintptr, src []byte) hal.Errno {
	b, e := m.at(dst, len(src))
	copy(b, src)
	return e
}

func (m *Memory) Zero(dst, n uintptr) hal.Errno {
	b, e := m.at(dst, int(n))
	clear(b)
	return e
}

func (m *Memory) Load32(p uintptr) (uint32, hal.Errno) {
	b, e := m.at(p, 4)
	if e != 0 {
		return 0, e
	}
	return binary.LittleEndian.Uint32(b), 0
}

func (m *Memory) Store32(p uintptr, v uint32) hal.Errno {
	b, e := m.at(p, 4)
	if e == 0 {
		binary.LittleEndian.PutUint32(b, v)
	}
	return e
}

func (m *Memory) CAS32(p uintptr, old, new uint32) (uint32, hal.Errno) {
	v, e := m.Load32(p)
	if e == 0 && v == old {
		e = m.Store32(p, new)
	}
	return v, e
}

func (m *Memory) Load64(p uintptr) (uint64, hal.Errno) {
	b, e := m.at(p, 8)
	if e != 0 {
		return 0, e
	}
	return binary.LittleEndian.Uint64(b), 0
}

func (m *Memory) Store64(p uintptr, v uint64) hal.Errno {
	b, e := m.at(p, 8)
	if e == 0 {
		binary.LittleEndian.PutUint64(b, v)
	}
	return e
}
