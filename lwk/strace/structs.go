package strace

import "github.com/skerry-os/skerry/abi/triage"

// special shows what has a form of its own; false: the argument's kind says it all. i is the argument's
// index.
func (p *printer) special(i int, a *triage.Arg, v uint64) bool {
	if !a.Kind.Pointer() && !a.Kind.MayPoint() {
		return p.specialNumber(i, v)
	}
	filled := p.over && p.ret >= 0 // what Linux writes is there
	switch uint32(p.call.Nr)<<4 | uint32(i) {
	case 4<<4 | 1, 5<<4 | 1, 6<<4 | 1, 262<<4 | 2:
		return filled && p.stat(v)
	case 332<<4 | 4:
		return filled && p.statx(v)
	case 7<<4 | 0, 271<<4 | 0:
		return p.pollfds(v, p.call.Args[1], false)
	case 232<<4 | 1, 281<<4 | 1, 441<<4 | 1:
		return filled && p.epolls(v, uint64(p.ret))
	case 233<<4 | 3:
		return p.epoll(v)
	case 13<<4 | 1:
		return p.action(v)
	case 13<<4 | 2:
		return filled && p.action(v)
	case 131<<4 | 0:
		return p.stack(v)
	case 131<<4 | 1:
		return filled && p.stack(v)
	case 22<<4 | 0, 293<<4 | 0, 53<<4 | 3:
		return filled && p.pair(v)
	case 61<<4 | 1:
		return filled && p.ret > 0 && p.status(v)
	case 61<<4 | 3, 98<<4 | 1:
		return filled && (p.call.Nr == 98 || p.ret > 0) && p.rusage(v)
	case 97<<4 | 1, 302<<4 | 3:
		return filled && p.rlimit(v)
	case 160<<4 | 1, 302<<4 | 2:
		return p.rlimit(v)
	case 63<<4 | 0:
		return filled && p.uname(v)
	case 99<<4 | 0:
		return filled && p.sysinfo(v)
	case 137<<4 | 1, 138<<4 | 1:
		return filled && p.statfs(v)
	case 96<<4 | 0, 36<<4 | 1, 38<<4 | 2:
		return filled && p.timevals(v, p.call.Nr != 96)
	case 38<<4 | 1:
		return p.timevals(v, true)
	case 23<<4 | 4:
		return p.timevals(v, false)
	case 223<<4 | 2, 286<<4 | 2:
		return p.timespecs(v)
	case 223<<4 | 3, 286<<4 | 3, 224<<4 | 1, 287<<4 | 1:
		return filled && p.timespecs(v)
	case 280<<4 | 2:
		return p.times(v)
	case 46<<4 | 1:
		return p.msghdr(v, 1<<30)
	case 47<<4 | 1:
		return filled && p.msghdr(v, uint64(p.ret))
	case 203<<4 | 2:
		return p.cpus(v, p.call.Args[1])
	case 204<<4 | 2:
		return filled && p.cpus(v, uint64(p.ret))
	case 217<<4 | 1, 78<<4 | 1:
		return filled && p.entries(v)
	case 435<<4 | 0:
		return p.cloneArgs(v)
	case 16<<4 | 2:
		return p.ioctl(v)
	case 72<<4 | 2:
		return p.fcntl(v)
	case 202<<4 | 3:
		return p.futexTimeout(v)
	case 157<<4 | 1:
		return p.prctl(v)
	case 79<<4 | 0:
		return filled && p.text0(v, uint64(p.ret))
	case 437<<4 | 2:
		return p.openHow(v)
	case 54<<4 | 3, 55<<4 | 3:
		return (p.call.Nr == 54 || filled) && p.number4(v)
	}
	return false
}

// specialNumber shows numbers that mean something else than their kind says.
func (p *printer) specialNumber(i int, v uint64) bool {
	switch {
	case p.call.Nr == 202 && i == 5, p.call.Nr == 202 && i == 2 && p.call.Args[1]&127 != 1 && p.call.Args[1]&127 != 10:
		if i == 5 && uint32(v) == ^uint32(0) {
			p.str("FUTEX_BITSET_MATCH_ANY")
		} else {
			p.unum(uint64(uint32(v)))
		}
		return true
	case p.call.Nr == 202 && i == 2 && int32(v) == 1<<31-1:
		p.str("INT_MAX")
		return true
	case p.call.Nr == 16 && i == 1: // ioctl's request
		for _, s := range ioctls {
			if s.v == v {
				p.str(s.n)
				return true
			}
		}
		p.hex(v)
		return true
	}
	return false
}

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
