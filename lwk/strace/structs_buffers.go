package strace

// iovecs shows n buffers of which the first total bytes count.
func (p *printer) iovecs(v, n, total uint64) {
	if v == 0 || n > 1024 {
		p.addr(v)
		return
	}
	p.str("[")
	for i := range min(n, maxElements) {
		b := p.load(v+16*i, 16)
		if b == nil {
			break
		}
		base, size := le64(b), le64(b[8:])
		if i > 0 {
			p.str(", ")
		}
		p.str("{iov_base=")
		p.buffer(base, min(size, total))
		total -= min(size, total)
		p.str(", iov_len=")
		p.unum(size)
		p.str("}")
	}
	if n > maxElements {
		p.str(", ...")
	}
	p.str("]")
}

func (p *printer) msghdr(v, total uint64) bool {
	b := p.load(v, 56)
	if b == nil {
		return false
	}
	name, nameLen, iov, iovs := le64(b), le32(b[8:]), le64(b[16:]), le64(b[24:])
	controlLen, flags := le64(b[40:]), le32(b[48:])
	p.str("{msg_name=")
	p.sockaddr(name, uint64(nameLen))
	p.str(", msg_namelen=")
	p.unum(uint64(nameLen))
	p.str(", msg_iov=")
	p.iovecs(iov, iovs, total)
	p.str(", msg_iovlen=")
	p.unum(iovs)
	p.str(", msg_controllen=")
	p.unum(controlLen)
	p.str(", msg_flags=")
	p.flags(&msgFlags, uint64(flags))
	p.str("}")
	return true
}

// sockaddr shows n bytes of a socket's address.
func (p *printer) sockaddr(v, n uint64) {
	if v == 0 {
		p.str("NULL")
		return
	}
	b := p.load(v, int(min(n, 128)))
	if b == nil || len(b) < 2 {
		p.addr(v)
		return
	}
	family := uint64(le16(b))
	p.str("{sa_family=")
	p.flags(&families, family)
	port := func() {
		p.str("htons(")
		p.unum(uint64(b[2])<<8 | uint64(b[3]))
		p.str(")")
	}
	switch {
	case family == 1 && len(b) > 2 && b[2] != 0:
		p.str(", sun_path=")
		p.quoted(upToZero(b[2:]))
	case family == 1 && len(b) > 2:
		p.str(", sun_path=@")
		p.quoted(b[3:])
	case family == 2 && len(b) >= 8:
		p.str(", sin_port=")
		port()
		p.str(`, sin_addr=inet_addr("`)
		for i := range 4 {
			if i > 0 {
				p.str(".")
			}
			p.unum(uint64(b[4+i]))
		}
		p.str(`")`)
	case family == 10 && len(b) >= 28:
		p.str(", sin6_port=")
		port()
		p.str(`, inet_pton(AF_INET6, "`)
		for i := range 8 {
			if i > 0 {
				p.str(":")
			}
			const digits = "0123456789abcdef"
			w := uint16(b[8+2*i])<<8 | uint16(b[9+2*i])
			for shift, seen := 12, false; shift >= 0; shift -= 4 {
				if d := w >> shift & 15; d != 0 || seen || shift == 0 {
					p.line = append(p.line, digits[d])
					seen = true
				}
			}
		}
		p.str(`")`)
	case family == 16 && len(b) >= 12:
		p.str(", nl_pid=")
		p.unum(uint64(le32(b[4:])))
	}
	p.str("}")
}
