package sys

import (
	"github.com/skerry-os/skerry/lwk/mem"
)

// The program's mappings in the formats of proc_pid_maps(5) and proc_pid_smaps(5): bounds and
// protections are the LWK's, the files that Linux has there are Linux's.

// vma is one mapping of Linux's.
type vma struct {
	start, end uintptr
	line       []byte // of /proc/self/maps or smaps
	name       []byte
	file       []byte // offset, device and inode
	off        uint64
}

// parseVMA reads a mapping's line.
func parseVMA(line []byte) (v vma, ok bool) {
	v.line = line
	start, i := hexNumber(line, 0)
	if i == 0 || i >= len(line) || line[i] != '-' {
		return v, false
	}
	end, j := hexNumber(line, i+1)
	if j == i+1 || j+6 >= len(line) || line[j] != ' ' {
		return v, false
	}
	v.start, v.end = uintptr(start), uintptr(end)
	at := j + 6 // " rwxp "
	v.off, i = hexNumber(line, at)
	fields := 0
	for i = at; i < len(line) && fields < 3; i++ {
		if line[i] == ' ' || line[i] == '\n' {
			fields++
		}
	}
	v.file = line[at : i-1]
	for i < len(line) && line[i] == ' ' {
		i++
	}
	if i < len(line) {
		v.name = line[i : len(line)-1]
	}
	return v, true
}

func hexNumber(b []byte, i int) (v uint64, next int) {
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c >= '0' && c <= '9':
			v = v<<4 | uint64(c-'0')
		case c >= 'a' && c <= 'f':
			v = v<<4 | uint64(c-'a'+10)
		default:
			return v, i
		}
	}
	return v, i
}

// linuxs tells whether a mapping is one that Linux makes for every program.
func (v *vma) linuxs() bool {
	return len(v.name) > 2 && v.name[0] == '[' && v.name[1] == 'v' // [vdso] [vvar] [vsyscall]
}

// writeMaps writes /proc/self/maps.
func (s *Sys) writeMaps(w *text) {
	var r lines
	r.open(s, "/proc/self/maps\x00")
	m := mapsWriter{s: s, w: w, r: &r}
	m.advance()
	s.Space.Walk(0, m.area)
	m.pass(^uintptr(0))
	r.close()
}

// mapsWriter goes through the LWK's areas and Linux's mappings together; both are in order.
type mapsWriter struct {
	s    *Sys
	w    *text
	r    *lines
	v    vma
	have bool
}

func (m *mapsWriter) advance() {
	line := m.r.next()
	m.v, m.have = vma{}, false
	if line != nil {
		m.v, m.have = parseVMA(line)
	}
}

// pass goes to the mapping that ends above addr, and writes those of Linux's own on the way.
func (m *mapsWriter) pass(addr uintptr) {
	for m.have && m.v.end <= addr {
		if m.v.linuxs() {
			m.w.bytes(m.v.line)
		}
		m.advance()
	}
}

func (m *mapsWriter) area(a mem.Area) bool {
	m.pass(a.Start)
	v := &m.v
	if !m.have || v.start >= a.End {
		v = nil
	}
	m.s.writeArea(m.w, &a, v)
	return true
}

const mapAnon = 0x20

// writeArea writes the line of an area; v is what Linux has at its start, nil if that is not known.
func (s *Sys) writeArea(w *text, a *mem.Area, v *vma) {
	var b [4608]byte
	l := text{b: b[:]}
	l.hex(uint64(a.Start), 8)
	l.str("-")
	l.hex(uint64(a.End), 8)
	perm := [4]byte{'-', '-', '-', 'p'}
	for i, c := range [3]byte{'r', 'w', 'x'} {
		if a.Prot>>i&1 != 0 {
			perm[i] = c
		}
	}
	if a.Flags&1 != 0 {
		perm[3] = 's'
	}
	l.str(" ")
	l.bytes(perm[:])
	l.str(" ")
	name := ""
	switch {
	case v != nil && (a.Flags&mapAnon == 0 || a.Flags&1 != 0): // files, and what Linux makes one of
		off, i := hexNumber(v.file, 0)
		l.hex(off+uint64(max(a.Start, v.start)-v.start), 8)
		l.bytes(v.file[i:])
		name = bytesString(v.name)
	default:
		l.hex(uint64(a.Off), 8)
		l.str(" ")
		l.hex(a.Dev>>8&0xfff, 2)
		l.str(":")
		l.hex(a.Dev&0xff|a.Dev>>12&0xfff00, 2)
		l.str(" ")
		l.dec(a.Ino)
		if name = s.Space.Name(a.Name); a.Kind == mem.KindBrk {
			name = "[heap]"
		} else if p := s.Proc.Stack; uint64(a.Start) < p[1] && uint64(a.End) > p[0] {
			name = "[stack]"
		}
	}
	l.str(" ")
	if name != "" {
		for l.n < 73 {
			l.str(" ")
		}
		l.str(name)
	}
	l.str("\n")
	w.bytes(b[:l.n])
}
