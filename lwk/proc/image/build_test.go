package image

import (
	"bytes"
	"encoding/binary"
)

// load is a PT_LOAD of a made-up image; other program headers use it with another typ.
type load struct {
	typ, flags                       uint32
	off, vaddr, filesz, memsz, align uint64
}

// fakeELF is an image to be written byte by byte, so that any field can be wrong.
type fakeELF struct {
	typ   uint16
	entry uint64
	phdrs []load
	size  int    // of the file
	data  string // put at dataAt
	at    int
}

// good is a small image that Parse accepts: text with the headers, then data with bss behind it.
func good() fakeELF {
	return fakeELF{
		typ: etExec, entry: 0x400100, size: 0x3000,
		phdrs: []load{
			{typ: ptLoad, flags: pfR | pfX, off: 0, vaddr: 0x400000, filesz: 0x1800, memsz: 0x1800, align: 0x1000},
			{typ: ptLoad, flags: pfR | pfW, off: 0x1800, vaddr: 0x402800, filesz: 0x900, memsz: 0x3000, align: 0x1000},
		},
	}
}

func (f fakeELF) bytes() []byte {
	b := make([]byte, max(f.size, ehdrSize+phdrSize*len(f.phdrs)))
	le := binary.LittleEndian
	copy(b, "\x7fELF\x02\x01\x01")
	le.PutUint16(b[16:], f.typ)
	le.PutUint16(b[18:], emX8664)
	le.PutUint32(b[20:], 1)
	le.PutUint64(b[24:], f.entry)
	le.PutUint64(b[32:], ehdrSize)
	le.PutUint16(b[52:], ehdrSize)
	le.PutUint16(b[54:], phdrSize)
	le.PutUint16(b[56:], uint16(len(f.phdrs)))
	for i, p := range f.phdrs {
		h := b[ehdrSize+i*phdrSize:]
		le.PutUint32(h, p.typ)
		le.PutUint32(h[4:], p.flags)
		le.PutUint64(h[8:], p.off)
		le.PutUint64(h[16:], p.vaddr)
		le.PutUint64(h[24:], p.vaddr)
		le.PutUint64(h[32:], p.filesz)
		le.PutUint64(h[40:], p.memsz)
		le.PutUint64(h[48:], p.align)
	}
	copy(b[f.at:], f.data)
	return b[:max(f.size, 0)]
}

func parseBytes(b []byte) (*Image, error) { return Parse(bytes.NewReader(b), int64(len(b))) }
