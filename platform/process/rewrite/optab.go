package rewrite

// The two opcode maps of 64-bit mode. They are filled from ranges because that is how the manual
// (volume 2, appendix A) groups them; prefixes and escapes never reach a lookup.
var oneByte, twoByte = oneByteMap(), twoByteMap()

type opRange struct {
	lo, hi byte
	attr   uint16
}

func fill(m *[256]uint16, ranges []opRange) {
	for _, r := range ranges {
		for op := int(r.lo); op <= int(r.hi); op++ {
			m[op] = r.attr
		}
	}
}

func oneByteMap() (m [256]uint16) {
	for op := 0; op < 0x40; op += 8 { // add or adc sbb and sub xor cmp
		fill(&m, []opRange{
			{byte(op), byte(op + 3), opModRM | opMove},
			{byte(op + 4), byte(op + 4), opImm8 | opMove},
			{byte(op + 5), byte(op + 5), opImmZ | opMove},
			{byte(op + 6), byte(op + 7), opBad},
		})
	}
	fill(&m, []opRange{
		{0x50, 0x5f, opMove},                    // push, pop
		{0x60, 0x62, opBad},                     //
		{0x63, 0x63, opModRM | opMove},          // movsxd
		{0x68, 0x68, opImmZ | opMove},           // push
		{0x69, 0x69, opModRM | opImmZ | opMove}, // imul
		{0x6a, 0x6a, opImm8 | opMove},           // push
		{0x6b, 0x6b, opModRM | opImm8 | opMove}, // imul
		{0x6c, 0x6f, 0},                         // ins, outs
		{0x70, 0x7f, opRel8},                    // jcc
		{0x80, 0x80, opModRM | opImm8 | opMove},
		{0x81, 0x81, opModRM | opImmZ | opMove},
		{0x82, 0x82, opBad},
		{0x83, 0x83, opModRM | opImm8 | opMove},
		{0x84, 0x8b, opModRM | opMove}, // test, xchg, mov
		{0x8c, 0x8c, opModRM},          // mov from a segment register
		{0x8d, 0x8d, opModRM | opMove}, // lea
		{0x8e, 0x8e, opModRM},          // mov to a segment register
		{0x8f, 0x8f, opModRM},          // pop
		{0x90, 0x99, opMove},           // xchg, cbw, cwd
		{0x9a, 0x9a, opBad},
		{0x9b, 0x9b, 0},      // fwait
		{0x9c, 0x9c, opMove}, // pushf
		{0x9d, 0x9d, 0},      // popf: could set the trap flag
		{0x9e, 0x9f, opMove}, // sahf, lahf
		{0xa0, 0xa7, opMove}, // mov moffs, movs, cmps
		{0xa8, 0xa8, opImm8 | opMove},
		{0xa9, 0xa9, opImmZ | opMove},
		{0xaa, 0xaf, opMove},                    // stos, lods, scas
		{0xb0, 0xb7, opImm8 | opMove},           // mov
		{0xb8, 0xbf, opImmZ | opMove},           // mov
		{0xc0, 0xc1, opModRM | opImm8 | opMove}, // shifts
		{0xc2, 0xc2, opImm16},                   // ret n
		{0xc3, 0xc3, 0},
		{0xc4, 0xc5, opBad},
		{0xc6, 0xc6, opModRM | opImm8},
		{0xc7, 0xc7, opModRM | opImmZ},
		{0xc8, 0xc8, opImm16 | opImm8}, // enter
		{0xc9, 0xc9, opMove},           // leave
		{0xca, 0xca, opImm16},
		{0xcb, 0xcc, 0},
		{0xcd, 0xcd, opImm8},
		{0xce, 0xce, opBad},
		{0xcf, 0xcf, 0},
		{0xd0, 0xd3, opModRM | opMove}, // shifts
		{0xd4, 0xd6, opBad},
		{0xd7, 0xd7, opMove},  // xlat
		{0xd8, 0xdf, opModRM}, // x87: it records its own address
		{0xe0, 0xe3, opRel8},
		{0xe4, 0xe7, opImm8},
		{0xe8, 0xe9, opRel32},
		{0xea, 0xea, opBad},
		{0xeb, 0xeb, opRel8},
		{0xec, 0xf4, 0},
		{0xf5, 0xf5, opMove},           // cmc
		{0xf6, 0xf7, opModRM | opMove}, // test, not, neg, mul, div
		{0xf8, 0xf9, opMove},           // clc, stc
		{0xfa, 0xfb, 0},
		{0xfc, 0xfd, opMove}, // cld, std
		{0xfe, 0xff, opModRM},
	})
	return m
}

func twoByteMap() (m [256]uint16) {
	fill(&m, []opRange{
		{0x00, 0x03, opModRM},
		{0x04, 0x04, opBad},
		{0x05, 0x05, 0}, // syscall
		{0x06, 0x0a, opBad},
		{0x0b, 0x0b, 0}, // ud2
		{0x0c, 0x0c, opBad},
		{0x0d, 0x0d, opModRM | opMove}, // prefetch
		{0x0e, 0x0e, opBad},
		{0x0f, 0x0f, opBad}, // 3DNow!
		{0x10, 0x18, opModRM | opMove},
		{0x19, 0x1e, opModRM}, // hints, endbr64 among them
		{0x1f, 0x1f, opModRM}, // nop
		{0x20, 0x27, opBad},
		{0x28, 0x2f, opModRM | opMove},
		{0x30, 0x30, opBad},
		{0x31, 0x31, opMove}, // rdtsc
		{0x32, 0x33, opBad},
		{0x34, 0x34, 0}, // sysenter
		{0x35, 0x3f, opBad},
		{0x40, 0x6f, opModRM | opMove},
		{0x70, 0x73, opModRM | opImm8 | opMove},
		{0x74, 0x76, opModRM | opMove},
		{0x77, 0x77, 0}, // emms
		{0x78, 0x79, opModRM},
		{0x7a, 0x7b, opBad},
		{0x7c, 0x7f, opModRM | opMove},
		{0x80, 0x8f, opRel32},
		{0x90, 0x9f, opModRM | opMove}, // setcc
		{0xa0, 0xa1, 0},
		{0xa2, 0xa2, opMove}, // cpuid
		{0xa3, 0xa3, opModRM | opMove},
		{0xa4, 0xa4, opModRM | opImm8 | opMove},
		{0xa5, 0xa5, opModRM | opMove},
		{0xa6, 0xa7, opBad},
		{0xa8, 0xa9, 0},
		{0xaa, 0xaa, opBad},
		{0xab, 0xab, opModRM | opMove},
		{0xac, 0xac, opModRM | opImm8 | opMove},
		{0xad, 0xaf, opModRM | opMove}, // shrd, fences and state, imul
		{0xb0, 0xb1, opModRM | opMove}, // cmpxchg
		{0xb2, 0xb2, opModRM},
		{0xb3, 0xb3, opModRM | opMove},
		{0xb4, 0xb5, opModRM},
		{0xb6, 0xb8, opModRM | opMove}, // movzx, popcnt
		{0xb9, 0xb9, opModRM},          // ud1
		{0xba, 0xba, opModRM | opImm8 | opMove},
		{0xbb, 0xc1, opModRM | opMove}, // btc, bsf, bsr, movsx, xadd
		{0xc2, 0xc2, opModRM | opImm8 | opMove},
		{0xc3, 0xc3, opModRM | opMove}, // movnti
		{0xc4, 0xc6, opModRM | opImm8 | opMove},
		{0xc7, 0xc7, opModRM},
		{0xc8, 0xcf, opMove}, // bswap
		{0xd0, 0xfe, opModRM | opMove},
		{0xff, 0xff, opModRM}, // ud0
	})
	return m
}
