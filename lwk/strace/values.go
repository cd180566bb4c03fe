package strace

import (
	"strconv"

	"github.com/skerry-os/skerry/abi/triage"
)

// What is shown of long things: as strace does by default.
const (
	maxString   = 32
	maxElements = 32
)

func (p *printer) count() int {
	if p.c == nil {
		return 6
	}
	return len(p.c.Args)
}

// word is the call's name.
func (p *printer) word() string {
	if p.c == nil {
		return "syscall"
	}
	return p.c.Name
}

func (p *printer) name() {
	if p.c == nil {
		p.line = appendHex(append(p.line, "syscall_"...), uint64(p.call.Nr))
	} else {
		p.line = append(p.line, p.c.Name...)
	}
	p.line = append(p.line, '(')
}

// firstResult is the index of the first argument that Linux fills; those before it are shown when the
// call begins.
func (p *printer) firstResult() int {
	if p.c == nil {
		return 6
	}
	if p.call.Nr == clone {
		return len(p.c.Args)
	}
	for i, a := range p.c.Args {
		switch a.Kind {
		case triage.BufOut, triage.StructOut, triage.ArrayOut, triage.CPUSetOut, triage.SigSetOut, triage.NodeMaskOut,
			triage.PageVecOut, triage.MsgBufOut, triage.TimeSpecOut, triage.SockaddrOut, triage.BufOutPtr, triage.IovecOut,
			triage.MsgHdrOut, triage.MMsgHdrOut:
			return i
		}
	}
	return len(p.c.Args)
}

// args shows arguments from to to; all but the first have a comma before them.
func (p *printer) args(from, to int) {
	if p.call.Nr == clone {
		if from == 0 {
			p.clone()
		}
		return
	}
	for i := from; i < to; i++ {
		if p.skip(i) {
			return
		}
		if i > from {
			p.str(", ")
		}
		p.arg(i)
	}
	if from == 0 && to > 0 && to < p.count() && !p.over {
		p.str(", ")
	}
}

// skip reports whether the call has no argument i this time.
func (p *printer) skip(i int) bool {
	const creates, tmpfile = 0x40, 0x400000 | 0x10000
	switch {
	case p.call.Nr == 2 && i == 2: // open
		return p.call.Args[1]&creates == 0 && p.call.Args[1]&tmpfile != tmpfile
	case p.call.Nr == 257 && i == 3: // openat
		return p.call.Args[2]&creates == 0 && p.call.Args[2]&tmpfile != tmpfile
	case p.call.Nr == 72 && i == 2: // fcntl
		switch p.call.Args[1] {
		case 1, 3, 9, 11, 1032, 1034: // GETFD GETFL GETOWN GETSIG GETPIPE_SZ GET_SEALS
			return true
		}
	case p.call.Nr == 202 && i >= 3: // futex
		op := p.call.Args[1] & 127
		switch {
		case op == 1 || op == 7: // WAKE, UNLOCK_PI
			return true
		case op == 0 || op == 6 || op == 13: // WAIT, LOCK_PI
			return i > 3
		case op == 9: // WAIT_BITSET
			return false
		case op == 10: // WAKE_BITSET
			return false
		}
	case p.call.Nr == 157: // prctl
		return i > 1 && (p.call.Args[0] == 15 || p.call.Args[0] == 16 || p.call.Args[0] == 4 || p.call.Args[0] == 3)
	case (p.call.Nr == 25) && i == 4: // mremap
		return p.call.Args[3]&2 == 0
	}
	return false
}

// arg shows argument i.
func (p *printer) arg(i int) {
	v := p.call.Args[i]
	if p.c == nil {
		p.hex(v)
		return
	}
	a := &p.c.Args[i]
	if f := flagsOf(p.call.Nr, i, &p.call.Args); f != nil {
		p.flags(f, narrow(v, a.Size))
		return
	}
	if p.special(i, a, v) {
		return
	}
	switch a.Kind {
	case triage.Int, triage.PID, triage.TID:
		p.num(signed(v, a.Size))
	case triage.FD:
		p.num(int64(int32(v)))
	case triage.FDDir:
		if int32(v) == -100 {
			p.str("AT_FDCWD")
		} else {
			p.num(int64(int32(v)))
		}
	case triage.UInt, triage.Size:
		p.unum(narrow(v, a.Size))
	case triage.Offset:
		p.num(int64(v))
	case triage.UID, triage.GID:
		if uint32(v) == ^uint32(0) {
			p.str("-1")
		} else {
			p.unum(uint64(uint32(v)))
		}
	case triage.Bits:
		if n := narrow(v, a.Size); n == 0 {
			p.str("0")
		} else {
			p.hex(n)
		}
	case triage.Mode:
		p.octal(v & 0xffff)
	case triage.Signal:
		p.line = appendSignal(p.line, int(int32(v)))
	case triage.Path, triage.String:
		p.text(v, pathMax, true)
	case triage.BufIn, triage.BufInOut:
		n, _ := p.c.Extent(i, &p.call.Args)
		p.buffer(v, n)
	case triage.BufOut:
		n, _ := p.c.Extent(i, &p.call.Args)
		switch {
		case !p.over || p.ret < 0:
			p.addr(v)
		default:
			p.buffer(v, min(n, uint64(p.ret)))
		}
	case triage.PtrArray:
		p.strings(i, v)
	case triage.IovecIn:
		p.iovecs(v, p.call.Args[a.Len], 1<<30)
	case triage.IovecOut:
		if p.over && p.ret >= 0 {
			p.iovecs(v, p.call.Args[a.Len], uint64(p.ret))
		} else {
			p.addr(v)
		}
	case triage.SockaddrIn:
		p.sockaddr(v, narrow(p.call.Args[a.Len], 4))
	case triage.SockaddrOut:
		if n, ok := p.load32(p.call.Args[a.Len]); ok && p.over && p.ret >= 0 {
			p.sockaddr(v, uint64(n))
		} else {
			p.addr(v)
		}
	case triage.SigSetIn, triage.SigSetOut:
		if a.Kind == triage.SigSetOut && (!p.over || p.ret < 0) {
			p.addr(v)
		} else {
			p.sigset(v)
		}
	case triage.TimeSpecIn, triage.TimeSpecInOut:
		p.timespec(v)
	case triage.TimeSpecOut:
		sleeps := p.call.Nr == 35 || p.call.Nr == 230 // the rest, only after an interruption
		if p.over && (sleeps && p.ret == -4 || !sleeps && p.ret >= 0) {
			p.timespec(v)
		} else {
			p.addr(v)
		}
	case triage.StructOut, triage.StructInOut, triage.StructIn:
		p.small(a, v)
	case triage.FDSet:
		p.fdset(v, p.call.Args[0])
	default:
		p.addr(v)
	}
}

const pathMax = 4096

// small shows a structure that nothing more is known of: words up to two, else where it is.
func (p *printer) small(a *triage.Arg, v uint64) {
	if v == 0 || a.Kind == triage.StructOut && (!p.over || p.ret < 0) {
		p.addr(v)
		return
	}
	switch a.Size {
	case 4:
		if n, ok := p.load32(v); ok {
			p.str("[")
			p.num(int64(int32(n)))
			p.str("]")
			return
		}
	case 8:
		if n, ok := p.load64(v); ok {
			p.str("[")
			p.num(int64(n))
			p.str("]")
			return
		}
	}
	p.addr(v)
}

// Pieces.

func (p *printer) str(s string)   { p.line = append(p.line, s...) }
func (p *printer) num(v int64)    { p.line = strconv.AppendInt(p.line, v, 10) }
func (p *printer) unum(v uint64)  { p.line = strconv.AppendUint(p.line, v, 10) }
func (p *printer) hex(v uint64)   { p.line = appendHex(p.line, v) }
func (p *printer) octal(v uint64) { p.line = strconv.AppendUint(append(p.line, '0'), v, 8) }

// addr shows a pointer.
func (p *printer) addr(v uint64) {
	if v == 0 {
		p.str("NULL")
	} else {
		p.hex(v)
	}
}

func appendHex(b []byte, v uint64) []byte { return strconv.AppendUint(append(b, "0x"...), v, 16) }

func narrow(v uint64, size uint32) uint64 {
	if size > 0 && size < 8 {
		v &= 1<<(8*size) - 1
	}
	return v
}

func signed(v uint64, size uint32) int64 {
	if size == 4 {
		return int64(int32(v))
	}
	return int64(v)
}

// text shows a NUL-terminated string, path whole, another up to maxString.
func (p *printer) text(v uint64, most int, path bool) {
	if v == 0 {
		p.str("NULL")
		return
	}
	start := len(p.line)
	p.str(`"`)
	shown := 0
	for shown < most {
		// Not across a page that may be missing.
		b := p.mem[:min(256, 4096-int(v&4095), most-shown)]
		if p.t.User.CopyIn(b, uintptr(v)) != 0 {
			p.line = p.line[:start]
			p.addr(v)
			return
		}
		for i, ch := range b {
			if ch == 0 {
				p.str(`"`)
				return
			}
			if !path && shown+i >= maxString {
				p.str(`"...`)
				return
			}
			next := byte(0)
			if i+1 < len(b) {
				next = b[i+1]
			}
			p.line = appendByte(p.line, ch, next)
		}
		shown += len(b)
		v += uint64(len(b))
	}
	p.str(`"...`)
}

// buffer shows n bytes.
func (p *printer) buffer(v, n uint64) {
	if v == 0 {
		p.str("NULL")
		return
	}
	b := p.mem[:min(n, maxString)]
	if p.t.User.CopyIn(b, uintptr(v)) != 0 {
		p.addr(v)
		return
	}
	p.quoted(b)
	if n > maxString {
		p.str("...")
	}
}

func (p *printer) quoted(b []byte) {
	p.str(`"`)
	for i, ch := range b {
		next := byte(0)
		if i+1 < len(b) {
			next = b[i+1]
		}
		p.line = appendByte(p.line, ch, next)
	}
	p.str(`"`)
}

// appendByte escapes as in C, octal where there is no letter, and short where no digit follows.
func appendByte(b []byte, ch, next byte) []byte {
	switch ch {
	case '"', '\\':
		return append(b, '\\', ch)
	case '\n':
		return append(b, `\n`...)
	case '\t':
		return append(b, `\t`...)
	case '\r':
		return append(b, `\r`...)
	case '\v':
		return append(b, `\v`...)
	case '\f':
		return append(b, `\f`...)
	}
	if ch >= ' ' && ch < 0x7f {
		return append(b, ch)
	}
	b = append(b, '\\')
	if next >= '0' && next <= '7' {
		return append(b, '0'+ch>>6, '0'+ch>>3&7, '0'+ch&7)
	}
	return strconv.AppendUint(b, uint64(ch), 8)
}

func (p *printer) load32(v uint64) (uint32, bool) {
	if v == 0 {
		return 0, false
	}
	if p.t.User.CopyIn(p.one[:4], uintptr(v)) != 0 {
		return 0, false
	}
	return le32(p.one[:]), true
}

func (p *printer) load64(v uint64) (uint64, bool) {
	if v == 0 || p.t.User.CopyIn(p.one[:8], uintptr(v)) != 0 {
		return 0, false
	}
	return le64(p.one[:]), true
}

// load reads n bytes, at most what mem holds; nil if they are not there.
func (p *printer) load(v uint64, n int) []byte {
	b := p.mem[:min(n, len(p.mem))]
	if v == 0 || p.t.User.CopyIn(b, uintptr(v)) != 0 {
		return nil
	}
	return b
}

func le32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}
func le64(b []byte) uint64 { return uint64(le32(b)) | uint64(le32(b[4:]))<<32 }
func le16(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }
