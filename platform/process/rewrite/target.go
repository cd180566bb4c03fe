package rewrite

import "encoding/binary"

// reach is how far before the site, and after its first byte, a patch can extend.
const reach = maxPatch

// targets is a set of addresses in [site-reach, site+reach) that something branches to.
type targets struct {
	lo  uint64
	set uint32
}

func (t *targets) add(addr uint64) {
	if off := addr - t.lo; off < 2*reach {
		t.set |= 1 << off
	}
}

func (t *targets) has(addr uint64) bool {
	off := addr - t.lo
	return off < 2*reach && t.set>>off&1 != 0
}

// inside reports a target in [lo, hi).
func (t *targets) inside(lo, hi uint64) bool {
	for a := lo; a < hi; a++ {
		if t.has(a) {
			return true
		}
	}
	return false
}

// branches looks at every byte of Code for every encoding of a direct branch. Near the site, bytes
// where no instruction can start are left out: 8-bit displacements are so short that one random byte
// in three sites would look like a branch.
func (s *Site) branches(f *flow) targets {
	t := targets{lo: s.Addr - reach}
	code := s.Code
	for i := 0; i+1 < len(code); i++ {
		form := forms[code[i]]
		if form == noBranch { // nine bytes in ten, and there are thousands
			continue
		}
		next := s.Base + uint64(i)
		var dest uint64
		switch b := code[i]; {
		case form == short:
			dest = next + 2 + uint64(int64(int8(code[i+1])))
		case form == near5:
			if i+5 > len(code) {
				continue
			}
			dest = next + 5 + rel32(code[i+1:])
		case b == 0x0f && code[i+1]&0xf0 == 0x80, b == 0xc7 && code[i+1] == 0xf8: // jcc, xbegin
			if i+6 > len(code) {
				continue
			}
			dest = next + 6 + rel32(code[i+2:])
		default:
			continue
		}
		if dest-t.lo < 2*reach && s.mayStart(f, i) {
			t.add(dest)
		}
	}
	return t
}

// forms says for each byte which branch may begin with it.
var forms = branchForms()

const (
	noBranch = iota
	short    // jcc, loop, jrcxz, jmp with an 8-bit displacement
	near5    // call, jmp with a 32-bit one
	twoBytes // the opcode's second byte decides
)

func branchForms() (f [256]uint8) {
	for b := range 16 {
		f[0x70+b] = short
	}
	f[0xe0], f[0xe1], f[0xe2], f[0xe3], f[0xeb] = short, short, short, short, short
	f[0xe8], f[0xe9] = near5, near5
	f[0x0f], f[0xc7] = twoBytes, twoBytes
	return f
}

func rel32(b []byte) uint64 {
	return uint64(int64(int32(binary.LittleEndian.Uint32(b))))
}

// mayStart reports whether the byte at Code[i] may be an opcode: an instruction may start there, or
// at prefixes before it.
func (s *Site) mayStart(f *flow, i int) bool {
	for ; ; i-- {
		j, ok := f.inNear(s.Base + uint64(i))
		if !ok || f.maybe.has(j) {
			return true
		}
		if i == 0 || !(isPrefix(s.Code[i-1]) || s.Code[i-1]&0xf0 == 0x40) {
			return false
		}
	}
}

// isPrefix reports a legacy prefix.
func isPrefix(b byte) bool {
	switch b {
	case 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3:
		return true
	}
	return false
}
