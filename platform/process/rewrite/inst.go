package rewrite

// kind says what may be done with an instruction.
type kind uint8

const (
	kindOther   kind = iota // known length, but never moved to a stub
	kindMove                // means the same at any address (a rip-relative operand is adjusted)
	kindNop                 // does nothing; padding or alignment
	kindRet                 // near return without operand
	kindInt3                // int3: padding
	kindSyscall             // syscall
)

// inst is what the rewriter must know of one instruction. n is its length in bytes, 0 if the bytes
// are not an instruction that 64-bit user code may contain (or this decoder does not know it).
// rip is the offset of a rip-relative 32-bit displacement, 0 if there is none.
type inst struct {
	n    uint8
	rip  uint8
	kind kind
}

// Attributes of an opcode, see the opcode maps in the Intel manual, volume 2, appendix A.
const (
	opModRM uint16 = 1 << iota
	opImm8
	opImm16
	opImmZ // 32 bits, or 16 with an operand-size prefix
	opRel8
	opRel32
	opMove // moved to a stub without a second thought
	opBad  // not an instruction in 64-bit mode, or privileged
)

const maxInst = 15 // the architecture's limit on an instruction's length

// decode decodes the first instruction of b in 64-bit mode. It allocates nothing and never looks
// beyond len(b). golang.org/x/arch/x86/x86asm is not used here because it boxes operands (one or
// more allocations per instruction) and does not know most VEX and any EVEX encodings; tests compare the two.
func decode(b []byte) inst {
	if len(b) > maxInst {
		b = b[:maxInst]
	}
	var data16, addr32, rep, legacy bool
	var rex byte
	i := 0
prefixes:
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c == 0x66:
			data16, legacy, rex = true, true, 0
		case c == 0x67:
			addr32, rex = true, 0
		case c == 0xf2 || c == 0xf3:
			rep, legacy, rex = true, true, 0
		case c == 0xf0:
			legacy, rex = true, 0
		case c == 0x26 || c == 0x2e || c == 0x36 || c == 0x3e || c == 0x64 || c == 0x65:
			rex = 0
		case c&0xf0 == 0x40:
			rex = c // only one directly before the opcode counts
		default:
			break prefixes
		}
	}
	if i >= len(b) {
		return inst{}
	}
	prefixed := i > 0
	op := b[i]
	i++
	var attr uint16
	k := kindOther
	special := op // one-byte opcode whose meaning depends on ModRM.reg; 0 when not in that map
	switch {
	case op == 0x0f:
		special = 0
		if i >= len(b) {
			return inst{}
		}
		op = b[i]
		i++
		switch op {
		case 0x38, 0x3a:
			if i >= len(b) {
				return inst{}
			}
			attr = opModRM | opMove
			if op == 0x3a {
				attr |= opImm8
			}
			op, i = 0, i+1
		default:
			attr = twoByte[op]
			switch {
			case op == 0x05 && !prefixed:
				k = kindSyscall
			case op == 0x1f:
				k = kindNop
			case op == 0xc7:
				special = 0x0f // cmpxchg8b is fine, the rest of the group is not moved
			case (op == 0x78 || op == 0x79) && legacy:
				return inst{} // SSE4a with two immediates
			}
		}
	case op == 0xc4 || op == 0xc5 || op == 0x62:
		special = 0
		if legacy || rex != 0 {
			return inst{}
		}
		attr, i = vector(b, op, i)
	default:
		attr = oneByte[op]
		switch {
		case op == 0x90 && !rep && rex&1 == 0:
			k = kindNop
		case op == 0xc3 && !prefixed:
			k = kindRet
		case op == 0xcc && !prefixed:
			k = kindInt3
		}
	}
	if attr&opBad != 0 {
		return inst{}
	}
	if attr&opMove != 0 && k == kindOther {
		k = kindMove
	}
	rip := 0
	if attr&opModRM != 0 {
		if i >= len(b) {
			return inst{}
		}
		modrm := b[i]
		reg := modrm >> 3 & 7
		i++
		switch mod, rm := modrm>>6, modrm&7; {
		case mod == 3:
		case rm == 4: // SIB byte
			if i >= len(b) {
				return inst{}
			}
			sib := b[i]
			i++
			if mod == 1 {
				i++
			} else if mod == 2 || sib&7 == 5 {
				i += 4
			}
		case mod == 1:
			i++
		case mod == 2:
			i += 4
		case rm == 5: // mod 0: relative to the next instruction
			rip = i
			i += 4
			if addr32 {
				k = kindOther // relative to eip
			}
		}
		switch special {
		case 0x8f:
			if reg != 0 { // XOP
				return inst{}
			}
			k = kindMove
		case 0xc6, 0xc7:
			if reg == 0 {
				k = kindMove
			} else if modrm != 0xf8 { // xabort, xbegin
				return inst{}
			}
		case 0xf6:
			if reg < 2 {
				i++
			}
		case 0xf7:
			if reg < 2 {
				i += immZ(data16, rex)
			}
		case 0xfe:
			if reg > 1 {
				return inst{}
			}
			k = kindMove
		case 0xff:
			if reg == 7 {
				return inst{}
			}
			if reg < 2 || reg == 6 { // inc, dec, push; not calls and jumps
				k = kindMove
			}
		case 0x0f:
			if reg == 1 && modrm>>6 != 3 {
				k = kindMove
			}
		}
	}
	if special >= 0xa0 && special <= 0xa3 { // absolute address
		i += 8
		if addr32 {
			i -= 4
		}
	}
	if special >= 0xb8 && special <= 0xbf && rex&8 != 0 {
		i += 4 // a 64-bit immediate: opImmZ adds the other half
		if data16 {
			return inst{} // pointless; not worth knowing
		}
	}
	if attr&opImm8 != 0 {
		i++
	}
	if attr&opImm16 != 0 {
		i += 2
	}
	if attr&opImmZ != 0 {
		i += immZ(data16, rex)
	}
	if attr&opRel8 != 0 {
		i++
	}
	if attr&opRel32 != 0 {
		if data16 && rex&8 == 0 {
			return inst{} // 16 or 32 bits, depending on who made the processor
		}
		i += 4
	}
	if i > len(b) {
		return inst{}
	}
	return inst{n: uint8(i), rip: uint8(rip), kind: k}
}

// immZ is the size in bytes of an immediate of the operand's size, at most 4.
func immZ(data16 bool, rex byte) int {
	if data16 && rex&8 == 0 {
		return 2
	}
	return 4
}

// vector decodes a VEX or EVEX prefix whose first byte, b[i-1], is first. It returns the opcode's
// attributes and the offset after the opcode. Vector instructions never depend on where they are,
// except through a rip-relative operand, which has the usual form.
func vector(b []byte, first byte, i int) (uint16, int) {
	payload := 1
	switch first {
	case 0xc4:
		payload = 2
	case 0x62:
		payload = 3
	}
	if i+payload >= len(b) {
		return opBad, i
	}
	opmap := byte(1)
	switch first {
	case 0xc4:
		opmap = b[i] & 0x1f
	case 0x62:
		opmap = b[i] & 7
		if b[i]&8 != 0 || b[i+1]&4 == 0 {
			return opBad, i
		}
	}
	op := b[i+payload]
	i += payload + 1
	switch opmap {
	case 1:
		if op == 0x77 { // vzeroupper
			return opMove, i
		}
		return opModRM | opMove | twoByte[op]&opImm8, i
	case 2:
		return opModRM | opMove, i
	case 3:
		return opModRM | opMove | opImm8, i
	case 5, 6:
		if first == 0x62 {
			return opModRM | opMove, i
		}
	}
	return opBad, i
}
