package process

import (
	"encoding/binary"

	"github.com/skerry-os/skerry/lwk/proc/image"
)

// function returns the bounds of the function that contains pc, from the unwind table of the ELF
// image that is mapped there; zeros when there is none.
func (s *sites) function(pc uintptr, m Mapping) (start, end uint64) {
	for i := range s.nimages {
		if im := &s.images[i]; pc >= im.base && pc < im.end {
			if !im.ok {
				return 0, 0
			}
			start, end, ok := im.index.Lookup(uint64(pc))
			if !ok {
				return 0, 0
			}
			return start, end
		}
	}
	if s.nimages == len(s.images) {
		return 0, 0
	}
	base := s.imageBase(m)
	if base == 0 {
		return 0, 0
	}
	im := &s.images[s.nimages]
	*im = ehImage{base: base, end: m.End}
	if hdr, n := ehHeader(base); n != 0 {
		im.index, im.ok = image.NewEHIndex(hdr, n, readProgram)
	}
	s.nimages++
	return s.function(pc, m)
}

// imageBase walks down from a text mapping to the mapping of the same file's start.
func (s *sites) imageBase(m Mapping) uintptr {
	for range 16 {
		if m.Off == 0 {
			return m.Start
		}
		below, ok := s.lookup(m.Start - 1)
		if !ok || !below.Private || below.Off > m.Off {
			return 0
		}
		m = below
	}
	return 0
}

func readProgram(addr uint64, b []byte) bool { return (user{}).CopyIn(b, uintptr(addr)) == 0 }

// ehHeader finds the PT_GNU_EH_FRAME segment of the ELF image mapped at base.
func ehHeader(base uintptr) (addr, length uint64) {
	const ptLoad, ptEHFrame = 1, 0x6474e550
	var h [64]byte
	if !readProgram(uint64(base), h[:]) || string(h[:4]) != "\x7fELF" {
		return 0, 0
	}
	le := binary.LittleEndian
	phoff, phnum := le.Uint64(h[32:]), le.Uint16(h[56:])
	if phnum > 64 || phoff > 4096 || le.Uint16(h[54:]) != 56 {
		return 0, 0
	}
	bias, biased := uint64(0), false
	for i := range uint64(phnum) {
		var p [56]byte
		if !readProgram(uint64(base)+phoff+i*56, p[:]) {
			return 0, 0
		}
		vaddr := le.Uint64(p[16:])
		switch le.Uint32(p[0:]) {
		case ptLoad:
			if !biased {
				bias, biased = uint64(base)-vaddr&^4095, true
			}
		case ptEHFrame:
			if biased {
				return bias + vaddr, le.Uint64(p[40:])
			}
		}
	}
	return 0, 0
}
