package strace

func (p *printer) stat(v uint64) bool {
	b := p.load(v, 144)
	if b == nil {
		return false
	}
	mode := le32(b[24:])
	p.str("{st_mode=")
	p.fileMode(mode)
	if k := mode & 0o170000; k == 0o020000 || k == 0o060000 {
		d := le64(b[40:])
		p.str(", st_rdev=makedev(")
		p.hex(d >> 8 & 0xfff)
		p.str(", ")
		p.hex(d&0xff | d>>12&0xfff00)
		p.str(")")
	} else {
		p.str(", st_size=")
		p.unum(le64(b[48:]))
	}
	p.str(", ...}")
	return true
}

func (p *printer) statx(v uint64) bool {
	b := p.load(v, 256)
	if b == nil {
		return false
	}
	p.str("{stx_mask=")
	p.flags(&statxMask, uint64(le32(b)))
	p.str(", stx_attributes=")
	p.unum(le64(b[8:]))
	p.str(", stx_mode=")
	p.fileMode(uint32(le16(b[28:])))
	p.str(", stx_size=")
	p.unum(le64(b[40:]))
	p.str(", ...}")
	return true
}

func (p *printer) fileMode(m uint32) {
	for _, s := range fileTypes {
		if uint64(m&0o170000) == s.v {
			p.str(s.n)
			p.str("|")
			break
		}
	}
	if m&0o4000 != 0 {
		p.str("S_ISUID|")
	}
	if m&0o2000 != 0 {
		p.str("S_ISGID|")
	}
	if m&0o1000 != 0 {
		p.str("S_ISVTX|")
	}
	p.octal(uint64(m & 0o777))
}

func (p *printer) statfs(v uint64) bool {
	b := p.load(v, 120)
	if b == nil {
		return false
	}
	p.str("{f_type=")
	p.hex(le64(b))
	p.str(", f_bsize=")
	p.unum(le64(b[8:]))
	p.str(", f_blocks=")
	p.unum(le64(b[16:]))
	p.str(", f_bfree=")
	p.unum(le64(b[24:]))
	p.str(", ...}")
	return true
}

func (p *printer) pairOf(one, two string, b []byte) {
	p.str("{")
	p.str(one)
	p.str("=")
	p.num(int64(le64(b)))
	p.str(", ")
	p.str(two)
	p.str("=")
	p.num(int64(le64(b[8:])))
	p.str("}")
}

// times are utimensat's.
func (p *printer) times(v uint64) bool {
	b := p.load(v, 32)
	if b == nil {
		return false
	}
	one := func(b []byte) {
		switch le64(b[8:]) {
		case 0x3fffffff:
			p.str("UTIME_NOW")
		case 0x3ffffffe:
			p.str("UTIME_OMIT")
		default:
			p.pairOf("tv_sec", "tv_nsec", b)
		}
	}
	p.str("[")
	one(b)
	p.str(", ")
	one(b[16:])
	p.str("]")
	return true
}

// entries counts what getdents gave.
func (p *printer) entries(v uint64) bool {
	p.addr(v)
	n, at := uint64(0), uint64(0)
	for at < uint64(p.ret) {
		b := p.load(v+at, 18)
		if b == nil || le16(b[16:]) == 0 {
			break
		}
		at += uint64(le16(b[16:]))
		n++
	}
	p.str(" /* ")
	p.unum(n)
	p.str(" entries */")
	return true
}

func (p *printer) openHow(v uint64) bool {
	b := p.load(v, 24)
	if b == nil {
		return false
	}
	p.str("{flags=")
	p.flags(&openFlags, le64(b))
	p.str(", mode=")
	p.octal(le64(b[8:]))
	p.str(", resolve=")
	p.hex(le64(b[16:]))
	p.str("}")
	return true
}

func (p *printer) ioctl(v uint64) bool {
	const winsize, setWinsize, setNonblock, readable = 0x5413, 0x5414, 0x5421, 0x541b
	switch req := p.call.Args[1]; {
	case req == winsize && p.ret >= 0 && p.over, req == setWinsize:
		b := p.load(v, 8)
		if b == nil {
			return false
		}
		p.str("{ws_row=")
		p.unum(uint64(le16(b)))
		p.str(", ws_col=")
		p.unum(uint64(le16(b[2:])))
		p.str(", ws_xpixel=")
		p.unum(uint64(le16(b[4:])))
		p.str(", ws_ypixel=")
		p.unum(uint64(le16(b[6:])))
		p.str("}")
		return true
	case req == setNonblock, req == readable && p.ret >= 0:
		return p.number4(v)
	}
	p.addr(v)
	return true
}

// number4 shows an int by address.
func (p *printer) number4(v uint64) bool {
	n, ok := p.load32(v)
	if !ok {
		return false
	}
	p.str("[")
	p.num(int64(int32(n)))
	p.str("]")
	return true
}

func (p *printer) fcntl(v uint64) bool {
	switch p.call.Args[1] {
	case 0, 1030, 8, 10, 1031: // DUPFD DUPFD_CLOEXEC SETOWN SETSIG SETPIPE_SZ
		p.num(int64(int32(v)))
	case 2:
		if v == 1 {
			p.str("FD_CLOEXEC")
		} else {
			p.hex(v)
		}
	case 4:
		p.flags(&openFlags, v)
	case 5, 6, 7, 36, 37, 38:
		b := p.load(v, 32)
		if b == nil {
			return false
		}
		p.str("{l_type=")
		p.flags(&lockTypes, uint64(le16(b)))
		p.str(", l_whence=")
		p.flags(&whence, uint64(le16(b[2:])))
		p.str(", l_start=")
		p.num(int64(le64(b[8:])))
		p.str(", l_len=")
		p.num(int64(le64(b[16:])))
		p.str("}")
	default:
		p.hex(v)
	}
	return true
}
