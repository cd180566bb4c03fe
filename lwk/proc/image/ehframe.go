package image

import "encoding/binary"

// Pointer encodings of unwind tables (Linux Standard Base, "DWARF Extensions").
const (
	ehUdata4      = 0x03
	ehPcrelSdata4 = 0x10 | 0x0b
	ehTable       = 0x30 | 0x0b // datarel: relative to the start of .eh_frame_hdr
	ehOmit        = 0xff

	ehEntry  = 8  // bytes of a table entry
	ehCIEMax = 48 // as much of a CIE as is looked at; compilers make them of 20 to 30
)

// EHIndex finds functions by code address in a loaded image's .eh_frame_hdr, the sorted table that
// linkers write for C++ exceptions; it is there in stripped files too. Only the one encoding that
// linkers for x86-64 use is understood.
//
// The table is the program's memory: it may be wrong or change at any time. Then answers are wrong or
// missing, but no lookup takes more than 40 reads or leaves the addresses of a program.
//
// An EHIndex has its own buffer, so that lookups do not allocate: use one per core, not two at a time.
type EHIndex struct {
	read  func(addr uint64, b []byte) bool
	hdr   uint64 // address of .eh_frame_hdr
	table uint64 // address of entry 0
	count uint64
	buf   [ehCIEMax]byte
}

// NewEHIndex reads the head of the table of hdrLen bytes at hdrAddr (Image.EHAddr plus the load bias,
// and Image.EHLen). read fills b from the program's memory and reports false for a bad address; it is
// kept for lookups and must not keep b. ok is false if there is no table or none that is understood.
func NewEHIndex(hdrAddr, hdrLen uint64, read func(addr uint64, b []byte) bool) (x EHIndex, ok bool) {
	const head = 4
	if hdrLen < head+4 || hdrLen > UserEnd || hdrAddr > UserEnd-hdrLen || read == nil {
		return EHIndex{}, false
	}
	b := make([]byte, 4)
	if !read(hdrAddr, b) || b[0] != 1 || b[2] != ehUdata4 || b[3] != ehTable {
		return EHIndex{}, false
	}
	at := uint64(head)
	if b[1] != ehOmit { // the address of .eh_frame: not needed, only its size is
		switch b[1] & 0x0f {
		case 0x03, 0x0b:
			at += 4
		case 0x00, 0x04, 0x0c:
			at += 8
		default:
			return EHIndex{}, false
		}
	}
	if at+4 > hdrLen || !read(hdrAddr+at, b) {
		return EHIndex{}, false
	}
	at += 4
	count := uint64(binary.LittleEndian.Uint32(b))
	if count == 0 || count > (hdrLen-at)/ehEntry {
		return EHIndex{}, false
	}
	return EHIndex{read: read, hdr: hdrAddr, table: hdrAddr + at, count: count}, true
}

// Count is how many functions, or parts of functions, the table has.
func (x *EHIndex) Count() int { return int(x.count) }

// Lookup finds the function [start, end) that contains the code address pc. ok is false if the table
// has none, if its record disagrees with the table, or if it is encoded in another way. It does not
// allocate or block; its cost is about 18 reads for a table of 64 Ki entries.
//
// A compiler may split a function: start is then that of the part that pc is in.
func (x *EHIndex) Lookup(pc uint64) (start, end uint64, ok bool) {
	if x.count == 0 || pc >= UserEnd {
		return 0, 0, false
	}
	// The last entry that begins at or before pc is in [lo, hi).
	lo, hi := uint64(0), x.count
	var fde uint64
	for lo < hi {
		mid := lo + (hi-lo)/2
		b := x.buf[:ehEntry]
		if !x.read(x.table+mid*ehEntry, b) {
			return 0, 0, false
		}
		at, okAt := relative(x.hdr, b)
		if !okAt {
			return 0, 0, false
		}
		if at > pc {
			hi = mid
			continue
		}
		start, lo = at, mid+1
		if fde, okAt = relative(x.hdr, b[4:]); !okAt {
			return 0, 0, false
		}
	}
	if fde == 0 {
		return 0, 0, false
	}
	first, length, ok := x.fde(fde)
	if !ok || first != start || pc-start >= length || length > UserEnd-start {
		return 0, 0, false
	}
	return start, start + length, true
}

// fde reads the first address and the length in bytes from the record at addr.
func (x *EHIndex) fde(addr uint64) (first, length uint64, ok bool) {
	b := x.buf[:16]
	if addr > UserEnd-16 || !x.read(addr, b) {
		return 0, 0, false
	}
	size := binary.LittleEndian.Uint32(b)
	cie := uint64(binary.LittleEndian.Uint32(b[4:]))
	if size < 12 || size == 0xffffffff || cie == 0 || cie > addr {
		return 0, 0, false // too small, in the 64-bit form, or a CIE
	}
	first, ok = relative(addr+8, b[8:])
	length = uint64(binary.LittleEndian.Uint32(b[12:]))
	if !ok || length == 0 || !x.cie(addr+4-cie) {
		return 0, 0, false
	}
	return first, length, true
}

// cie reports whether the records of the CIE at addr have their addresses as pcrel sdata4.
func (x *EHIndex) cie(addr uint64) bool {
	if addr > UserEnd-ehCIEMax || !x.read(addr, x.buf[:8]) {
		return false
	}
	size := binary.LittleEndian.Uint32(x.buf[:])
	if size < 8 || size == 0xffffffff || binary.LittleEndian.Uint32(x.buf[4:]) != 0 {
		return false
	}
	b := x.buf[8:min(uint64(size)+4, ehCIEMax)]
	if !x.read(addr+8, b) {
		return false
	}
	version := b[0]
	if version != 1 && version != 3 {
		return false
	}
	aug := b[1:]
	n := 0
	for n < len(aug) && aug[n] != 0 {
		n++
	}
	if n == len(aug) || n == 0 || aug[0] != 'z' {
		return false
	}
	aug, b = aug[1:n], aug[n+1:]

	// Alignments of code and data, register of the return address, size of what follows.
	for i := range 4 {
		if i == 2 && version == 1 {
			if len(b) == 0 {
				return false
			}
			b = b[1:]
			continue
		}
		k := 0
		for k < len(b) && b[k]&0x80 != 0 {
			k++
		}
		if k >= len(b) {
			return false
		}
		b = b[k+1:]
	}
	for _, c := range aug {
		switch c {
		case 'S', 'B': // a signal frame; a mark without data
		case 'R':
			return len(b) > 0 && b[0] == ehPcrelSdata4
		case 'L':
			if len(b) < 1 {
				return false
			}
			b = b[1:]
		case 'P':
			if len(b) < 1 {
				return false
			}
			n := 1
			switch b[0] & 0x0f {
			case 0x00, 0x04, 0x0c:
				n += 8
			case 0x03, 0x0b:
				n += 4
			case 0x02, 0x0a:
				n += 2
			default:
				return false
			}
			if b[0]&0x70 == 0x50 || len(b) < n { // aligned: padding unknown
				return false
			}
			b = b[n:]
		default:
			return false
		}
	}
	return false // no R: absolute addresses
}

// relative adds the signed 32-bit word in b to base, which is below UserEnd; ok is false if the sum is
// no address of a program.
func relative(base uint64, b []byte) (addr uint64, ok bool) {
	addr = base + uint64(int64(int32(binary.LittleEndian.Uint32(b))))
	return addr, addr > 0 && addr < UserEnd
}
