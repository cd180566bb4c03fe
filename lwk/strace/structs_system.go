package strace

func (p *printer) rlimit(v uint64) bool {
	b := p.load(v, 16)
	if b == nil {
		return false
	}
	limit := func(n uint64) {
		switch {
		case n == ^uint64(0):
			p.str("RLIM64_INFINITY")
		case n > 1024 && n%1024 == 0:
			p.unum(n / 1024)
			p.str("*1024")
		default:
			p.unum(n)
		}
	}
	p.str("{rlim_cur=")
	limit(le64(b))
	p.str(", rlim_max=")
	limit(le64(b[8:]))
	p.str("}")
	return true
}

func (p *printer) uname(v uint64) bool {
	b := p.load(v, 130)
	if b == nil {
		return false
	}
	p.str("{sysname=")
	p.quoted(upToZero(b[:65]))
	p.str(", nodename=")
	p.quoted(upToZero(b[65:130]))
	p.str(", ...}")
	return true
}

func upToZero(b []byte) []byte {
	for i, c := range b {
		if c == 0 {
			return b[:i]
		}
	}
	return b
}

func (p *printer) sysinfo(v uint64) bool {
	b := p.load(v, 112)
	if b == nil {
		return false
	}
	p.str("{uptime=")
	p.unum(le64(b))
	p.str(", totalram=")
	p.unum(le64(b[32:]))
	p.str(", freeram=")
	p.unum(le64(b[40:]))
	p.str(", procs=")
	p.unum(uint64(le16(b[80:])))
	p.str(", ...}")
	return true
}

func (p *printer) rusage(v uint64) bool {
	b := p.load(v, 144)
	if b == nil {
		return false
	}
	p.str("{ru_utime=")
	p.pairOf("tv_sec", "tv_usec", b)
	p.str(", ru_stime=")
	p.pairOf("tv_sec", "tv_usec", b[16:])
	p.str(", ...}")
	return true
}
