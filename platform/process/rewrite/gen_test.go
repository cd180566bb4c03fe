//go:build linux && amd64

package rewrite

import (
	"encoding/binary"
	"fmt"

	"pgregory.net/rapid"
)

// gen generates instructions that may stand around a system call. Registers rsp and rbp (the data)
// are only read, and rax, which holds the number, only before it is set or after the call.
type gen struct {
	r    *rapid.T
	code []byte
	n    int
}

func (g *gen) pick(n int) int {
	g.n++
	return rapid.IntRange(0, n-1).Draw(g.r, fmt.Sprint("pick", g.n))
}

// reg is a register that may be written.
func (g *gen) reg(rax bool) byte {
	regs := []byte{3, 2, 6, 7, 8, 9, 10, 12, 13, 14, 15, 0}
	if !rax {
		regs = regs[:len(regs)-1]
	}
	return regs[g.pick(len(regs))]
}

func (g *gen) add(b ...byte) { g.code = append(g.code, b...) }

func (g *gen) add32(v uint32) { g.code = binary.LittleEndian.AppendUint32(g.code, v) }

// rr emits an opcode with two registers.
func (g *gen) rr(wide bool, dst, src byte, op ...byte) {
	rex := 0x40 | src>>3<<2 | dst>>3
	if wide {
		rex |= 8
	}
	if rex != 0x40 {
		g.add(rex)
	}
	g.add(op...)
	g.add(0xc0 | src&7<<3 | dst&7)
}

// one emits one instruction that does not write rax unless it may.
func (g *gen) one(rax bool) {
	d, s := g.reg(rax), g.reg(true)
	wide := g.pick(2) == 0
	disp := byte(g.pick(16) * 8)
	switch g.pick(20) {
	case 0:
		g.rr(wide, d, s, 0x89) // mov
	case 1:
		g.rr(wide, d, s, []byte{0x01, 0x11, 0x21, 0x29, 0x31, 0x39, 0x09, 0x19}[g.pick(8)])
	case 2:
		g.rr(wide, d, d, 0x31) // xor
	case 3: // mov $imm32
		if d > 7 {
			g.add(0x41)
		}
		g.add(0xb8 | d&7)
		g.add32(uint32(g.pick(1 << 20)))
	case 4:
		g.rr(wide, d, 0, 0x83) // add $imm8
		g.add(disp)
	case 5:
		g.rr(wide, s, d, 0x0f, 0x40|byte(g.pick(16))) // cmovcc into d
	case 6:
		g.rr(false, d, 0, 0x0f, 0x90|byte(g.pick(16)))
		if d > 3 && d < 8 { // without a REX prefix this is ah, ch, dh, bh: take it back
			g.code = g.code[:len(g.code)-3]
			g.add(0x90)
		}
	case 7: // mov disp8(%rbp),d
		g.add(0x48|d>>3<<2, 0x8b, 0x45|d&7<<3, disp)
	case 8: // mov d,disp8(%rbp)
		g.add(0x48|s>>3<<2, 0x89, 0x45|s&7<<3, disp)
	case 9, 10: // rip-relative load, store, lea, or compare with an immediate after the displacement
		op := []byte{0x8b, 0x89, 0x8d, 0x83}[g.pick(4)]
		reg, tail := d, 0
		if op == 0x83 {
			reg, tail = 7, 1
		}
		g.add(0x48|reg>>3<<2, op, 0x05|reg&7<<3)
		g.add32(uint32(int32(labData + int(disp) - (labCode + len(g.code) + 4 + tail))))
		if tail > 0 {
			g.add(disp)
		}
	case 11:
		g.rr(wide, d, s, 0x85) // test
	case 12: // below the stack pointer: mov s,-disp(%rsp), and back
		g.add(0x48|s>>3<<2, 0x89, 0x44|s&7<<3, 0x24, -disp-8)
	case 13:
		g.add(0x48|d>>3<<2, 0x8b, 0x44|d&7<<3, 0x24, -disp-8)
	case 14: // lock xadd %ebx,disp(%rbp); writes rbx
		g.add(0xf0, 0x0f, 0xc1, 0x5d, disp)
	case 15: // movups, paddd
		x := byte(g.pick(8))
		g.add([][]byte{{0x0f, 0x10, 0x45 | x<<3, disp}, {0x0f, 0x11, 0x45 | x<<3, disp}, {0x66, 0x0f, 0xfe, 0xc0 | x<<3 | 3}}[g.pick(3)]...)
	case 16: // nops
		g.add([][]byte{{0x90}, {0x66, 0x90}, {0x0f, 0x1f, 0x00}, {0x0f, 0x1f, 0x44, 0, 0}}[g.pick(4)]...)
	case 17: // push, pop and flags
		if g.pick(2) == 0 {
			g.add([]byte{0xf5, 0xf8, 0xf9}[g.pick(3)])
			return
		}
		g.add(0x68) // a pushed immediate is taken back at once, by lea: flags stay
		g.add32(0x1234)
		g.add(0x48, 0x8d, 0x64, 0x24, 0x08)
	case 18: // bswap, 64-bit immediate
		g.add(0x48|d>>3, 0x0f, 0xc8|d&7)
	case 19: // the number's register is read
		g.add(0x3d)
		g.add32(uint32(g.pick(300)))
	}
}
