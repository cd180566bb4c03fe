package strace

func (p *printer) action(v uint64) bool {
	b := p.load(v, 32)
	if b == nil {
		return false
	}
	p.str("{sa_handler=")
	switch h := le64(b); h {
	case 0:
		p.str("SIG_DFL")
	case 1:
		p.str("SIG_IGN")
	default:
		p.hex(h)
	}
	p.str(", sa_mask=")
	p.line = appendSigset(p.line, le64(b[24:]))
	p.str(", sa_flags=")
	flags := le64(b[8:])
	p.flags(&saFlags, flags)
	if flags&0x04000000 != 0 {
		p.str(", sa_restorer=")
		p.hex(le64(b[16:]))
	}
	p.str("}")
	return true
}

func (p *printer) stack(v uint64) bool {
	b := p.load(v, 24)
	if b == nil {
		return false
	}
	p.str("{ss_sp=")
	p.addr(le64(b))
	p.str(", ss_flags=")
	p.flags(&ssFlags, uint64(le32(b[8:])))
	p.str(", ss_size=")
	p.unum(le64(b[16:]))
	p.str("}")
	return true
}

func (p *printer) pair(v uint64) bool {
	b := p.load(v, 8)
	if b == nil {
		return false
	}
	p.str("[")
	p.num(int64(int32(le32(b))))
	p.str(", ")
	p.num(int64(int32(le32(b[4:]))))
	p.str("]")
	return true
}

// status is wait(2)'s.
func (p *printer) status(v uint64) bool {
	n, ok := p.load32(v)
	if !ok {
		return false
	}
	sig := int(n & 0x7f)
	switch {
	case n == 0xffff:
		p.str("[{WIFCONTINUED(s)}]")
	case sig == 0:
		p.str("[{WIFEXITED(s) && WEXITSTATUS(s) == ")
		p.unum(uint64(n >> 8 & 0xff))
		p.str("}]")
	case sig == 0x7f:
		p.str("[{WIFSTOPPED(s) && WSTOPSIG(s) == ")
		p.line = appendSignal(p.line, int(n>>8&0xff))
		p.str("}]")
	default:
		p.str("[{WIFSIGNALED(s) && WTERMSIG(s) == ")
		p.line = appendSignal(p.line, sig)
		if n&0x80 != 0 {
			p.str(" && WCOREDUMP(s)")
		}
		p.str("}]")
	}
	return true
}

func (p *printer) cpus(v, n uint64) bool {
	b := p.load(v, int(min(n, 128)))
	if b == nil {
		return false
	}
	p.str("[")
	shown := false
	for i := range len(b) * 8 {
		if b[i/8]>>(i%8)&1 != 0 {
			if shown {
				p.str(" ")
			}
			p.unum(uint64(i))
			shown = true
		}
	}
	p.str("]")
	return true
}

// clone is clone(2)'s number: its arguments have names, in an order of their own, when they are used.
const clone = 56

func (p *printer) clone() {
	const setTLS, parentTID, childTIDs, pidfd = 0x80000, 0x100000, 0x1200000, 0x1000
	a := &p.call.Args
	p.str("child_stack=")
	p.addr(a[1])
	p.str(", flags=")
	if f := a[0] &^ 0xff; f != 0 {
		p.flags(&cloneFlags, f)
		if a[0]&0xff != 0 {
			p.str("|")
		}
	}
	if sig := int(a[0] & 0xff); sig != 0 {
		p.line = appendSignal(p.line, sig)
	} else if a[0] == 0 {
		p.str("0")
	}
	if a[0]&(parentTID|pidfd) != 0 {
		p.str(", parent_tid=")
		p.addr(a[2])
	}
	if a[0]&setTLS != 0 {
		p.str(", tls=")
		p.hex(a[4])
	}
	if a[0]&childTIDs != 0 {
		p.str(", child_tidptr=")
		p.addr(a[3])
	}
}

func (p *printer) cloneArgs(v uint64) bool {
	b := p.load(v, 64)
	if b == nil {
		return false
	}
	p.str("{flags=")
	p.flags(&cloneFlags, le64(b))
	if c := le64(b[16:]); c != 0 {
		p.str(", child_tid=")
		p.hex(c)
	}
	if c := le64(b[24:]); c != 0 {
		p.str(", parent_tid=")
		p.hex(c)
	}
	p.str(", exit_signal=")
	p.line = appendSignal(p.line, int(le64(b[32:])))
	p.str(", stack=")
	p.addr(le64(b[40:]))
	p.str(", stack_size=")
	p.hex(le64(b[48:]))
	if c := le64(b[56:]); c != 0 {
		p.str(", tls=")
		p.hex(c)
	}
	p.str("}")
	return true
}

func (p *printer) prctl(v uint64) bool {
	if p.call.Args[0] == 15 { // PR_SET_NAME
		p.text(v, 16, true)
		return true
	}
	p.hex(v)
	return true
}

// text0 shows a string of n bytes with its NUL.
func (p *printer) text0(v, n uint64) bool {
	if n == 0 {
		return false
	}
	p.text(v, int(n), true)
	return true
}

// strings shows an array of strings; an environment only by its size.
func (p *printer) strings(i int, v uint64) {
	if v == 0 {
		p.str("NULL")
		return
	}
	if p.c.Args[i].Name == "envp" {
		n := uint64(0)
		for ; n < 1<<16; n++ {
			a, ok := p.load64(v + 8*n)
			if !ok || a == 0 {
				break
			}
		}
		p.hex(v)
		p.str(" /* ")
		p.unum(n)
		p.str(" vars */")
		return
	}
	p.str("[")
	for n := uint64(0); ; n++ {
		a, ok := p.load64(v + 8*n)
		if !ok || a == 0 {
			break
		}
		if n > 0 {
			p.str(", ")
		}
		if n == maxElements {
			p.str("...")
			break
		}
		p.text(a, pathMax, false)
	}
	p.str("]")
}

func (p *printer) sigset(v uint64) {
	if v == 0 {
		p.str("NULL")
		return
	}
	n, ok := p.load64(v)
	if !ok {
		p.addr(v)
		return
	}
	p.line = appendSigset(p.line, n)
}
