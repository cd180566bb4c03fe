package strace

// pollfds shows what is waited for, or, after it, what came.
func (p *printer) pollfds(v, n uint64, results bool) bool {
	if v == 0 || n > maxElements {
		return false
	}
	p.str("[")
	shown := 0
	for i := range n {
		b := p.load(v+8*i, 8)
		if b == nil {
			break
		}
		if results && le16(b[6:]) == 0 {
			continue
		}
		if shown++; shown > 1 {
			p.str(", ")
		}
		p.str("{fd=")
		p.num(int64(int32(le32(b))))
		if results {
			p.str(", revents=")
			p.flags(&pollEvents, uint64(le16(b[6:])))
		} else {
			p.str(", events=")
			p.flags(&pollEvents, uint64(le16(b[4:])))
		}
		p.str("}")
	}
	p.str("]")
	return true
}

func (p *printer) epolls(v, n uint64) bool {
	p.str("[")
	for i := range min(n, maxElements) {
		if i > 0 {
			p.str(", ")
		}
		if !p.epoll(v + 12*i) {
			break
		}
	}
	p.str("]")
	return true
}

func (p *printer) epoll(v uint64) bool {
	b := p.load(v, 12)
	if b == nil {
		return false
	}
	data := le64(b[4:])
	p.str("{events=")
	p.flags(&epollEvents, uint64(le32(b)))
	p.str(", data={u32=")
	p.unum(data & 0xffffffff)
	p.str(", u64=")
	p.unum(data)
	p.str("}}")
	return true
}

func (p *printer) timespec(v uint64) {
	b := p.load(v, 16)
	if b == nil {
		p.addr(v)
		return
	}
	p.pairOf("tv_sec", "tv_nsec", b)
}

// timevals shows a struct timeval, or an interval and a value of them.
func (p *printer) timevals(v uint64, two bool) bool {
	b := p.load(v, 32)
	if !two {
		b = p.load(v, 16)
	}
	if b == nil {
		return false
	}
	if !two {
		p.pairOf("tv_sec", "tv_usec", b)
		return true
	}
	p.str("{it_interval=")
	p.pairOf("tv_sec", "tv_usec", b)
	p.str(", it_value=")
	p.pairOf("tv_sec", "tv_usec", b[16:])
	p.str("}")
	return true
}

func (p *printer) timespecs(v uint64) bool {
	b := p.load(v, 32)
	if b == nil {
		return false
	}
	p.str("{it_interval=")
	p.pairOf("tv_sec", "tv_nsec", b)
	p.str(", it_value=")
	p.pairOf("tv_sec", "tv_nsec", b[16:])
	p.str("}")
	return true
}

func (p *printer) futexTimeout(v uint64) bool {
	switch p.call.Args[1] & 127 {
	case 3, 4, 5, 12: // REQUEUE CMP_REQUEUE WAKE_OP CMP_REQUEUE_PI: a number
		p.unum(uint64(uint32(v)))
		return true
	case 10:
		p.addr(v)
		return true
	}
	if v == 0 {
		p.str("NULL")
		return true
	}
	p.timespec(v)
	return true
}

func (p *printer) fdset(v, n uint64) {
	b := p.load(v, int(min(n+63, 1024)/64*8))
	if b == nil {
		p.addr(v)
		return
	}
	p.str("[")
	shown := false
	for i := range min(int(n), len(b)*8) {
		if b[i/8]>>(i%8)&1 != 0 {
			if shown {
				p.str(" ")
			}
			p.unum(uint64(i))
			shown = true
		}
	}
	p.str("]")
}
