package strace

// Symbols of flags and constants, from the headers that the manual pages name.

// symbol is a constant's value and name.
type symbol struct {
	v uint64
	n string
}

// flagset is how a word is shown: first the one constant that the bits of mask make, if there are such,
// then each bit, or bits together, that is set.
type flagset struct {
	mask uint64
	enum []symbol
	bits []symbol
}

// flags shows a word; what has no name is a number.
func (p *printer) flags(f *flagset, v uint64) {
	shown := false
	if f.mask != 0 {
		part := v & f.mask
		for _, s := range f.enum {
			if s.v == part {
				p.str(s.n)
				shown, v = true, v&^f.mask
				break
			}
		}
	}
	for _, s := range f.bits {
		if v&s.v == s.v {
			if shown {
				p.str("|")
			}
			p.str(s.n)
			shown, v = true, v&^s.v
		}
	}
	switch {
	case v != 0 && shown:
		p.str("|")
		p.hex(v)
	case v != 0:
		p.hex(v)
	case !shown:
		p.str("0")
	}
}

// flagsOf returns the symbols of an argument, nil if it has none.
func flagsOf(nr uint32, i int, args *[6]uint64) *flagset {
	switch nr<<4 | uint32(i) {
	case 2<<4 | 1, 257<<4 | 2:
		return &openFlags
	case 9<<4 | 2, 10<<4 | 2, 329<<4 | 2:
		return &protFlags
	case 9<<4 | 3:
		return &mapFlags
	case 25<<4 | 3:
		return &remapFlags
	case 28<<4 | 2:
		return &advices
	case 26<<4 | 2:
		return &msyncFlags
	case 8<<4 | 2:
		return &whence
	case 72<<4 | 1:
		return &fcntlCmds
	case 73<<4 | 1:
		return &flockOps
	case 21<<4 | 1, 269<<4 | 2, 439<<4 | 2:
		return &accessModes
	case 439<<4 | 3:
		return &accessFlags
	case 332<<4 | 2:
		return &statxFlags
	case 262<<4 | 3, 265<<4 | 4, 280<<4 | 3, 260<<4 | 4, 452<<4 | 3, 322<<4 | 4:
		return &atFlags
	case 332<<4 | 3:
		return &statxMask
	case 263<<4 | 2:
		return &unlinkFlags
	case 316<<4 | 4:
		return &renameFlags
	case 41<<4 | 0, 53<<4 | 0:
		return &families
	case 41<<4 | 1, 53<<4 | 1:
		return &socketTypes
	case 288<<4 | 3:
		return &acceptFlags
	case 44<<4 | 3, 45<<4 | 3, 46<<4 | 2, 47<<4 | 2:
		return &msgFlags
	case 48<<4 | 1:
		return &shutdowns
	case 54<<4 | 1, 55<<4 | 1:
		return &sockLevels
	case 233<<4 | 1:
		return &epollOps
	case 291<<4 | 0:
		return &epollFlags
	case 293<<4 | 1, 292<<4 | 2:
		return &pipeFlags
	case 290<<4 | 1:
		return &eventFlags
	case 283<<4 | 0, 228<<4 | 0, 229<<4 | 0, 230<<4 | 0, 227<<4 | 0, 222<<4 | 0:
		return &clocks
	case 283<<4 | 1:
		return &timerfdFlags
	case 289<<4 | 3:
		return &signalfdFlags
	case 319<<4 | 1:
		return &memfdFlags
	case 318<<4 | 2:
		return &randomFlags
	case 436<<4 | 2:
		return &rangeFlags
	case 61<<4 | 2, 247<<4 | 3:
		return &waitOptions
	case 247<<4 | 0:
		return &waitIDs
	case 14<<4 | 0:
		return &maskHows
	case 97<<4 | 0, 160<<4 | 0, 302<<4 | 1:
		return &resources
	case 98<<4 | 0:
		return &usageWhos
	case 230<<4 | 1, 223<<4 | 1, 286<<4 | 1:
		return &timerFlags
	case 36<<4 | 0, 38<<4 | 0:
		return &itimers
	case 202<<4 | 1:
		return &futexOps
	case 157<<4 | 0:
		return &prctls
	case 158<<4 | 0:
		return &archPrctls
	case 324<<4 | 0:
		return &membarriers
	case 221<<4 | 3:
		return &fadvices
	case 285<<4 | 1:
		return &fallocModes
	case 144<<4 | 1:
		return &schedPolicies
	case 41<<4 | 2:
		if args[0] == 2 || args[0] == 10 {
			return &protocols
		}
	case 54<<4 | 2, 55<<4 | 2:
		switch args[1] {
		case 1:
			return &sockOptions
		case 6:
			return &tcpOptions
		}
	}
	return nil
}
