package sys

import (
	"encoding/binary"
	"syscall"

	"github.com/skerry-os/skerry/lwk/mem"
)

// smaps and smaps_rollup: Linux's numbers where one of its mappings is one of the program's; where
// several of the program's share one of Linux's (the pool, the heap's window) the pages in memory are
// counted, and all taken for private and written.

const maxSums = 40

// smapsWriter writes smaps, or sums it up.
type smapsWriter struct {
	s       *Sys
	w       *text
	r       *lines
	pagemap int64
	sum     bool
	keys    [maxSums]struct {
		name  [24]byte
		n     int
		value uint64 // kibibytes
	}
	nkeys int
	body  [2048]byte // the lines after a mapping's first
	nbody int
}

func (s *Sys) writeSmaps(w *text, sum bool) {
	var r lines
	r.open(s, "/proc/self/smaps\x00")
	m := smapsWriter{s: s, w: w, r: &r, sum: sum}
	m.pagemap = s.inlineArgs(syscall.SYS_OPENAT, &[6]uint64{^uint64(99), addressOf("/proc/self/pagemap\x00"), oCloexec, 0})
	m.all()
	r.close()
	if m.pagemap >= 0 {
		s.inline(syscall.SYS_CLOSE, uint64(m.pagemap), 0, 0, 0)
	}
	if sum {
		m.total()
	}
}

// all goes through Linux's mappings.
func (m *smapsWriter) all() {
	var head [4608]byte
	line := m.r.next()
	for line != nil {
		n := copy(head[:], line)
		m.nbody = 0
		for line = m.r.next(); line != nil; line = m.r.next() {
			if _, next := parseVMA(line); next {
				break
			}
			m.nbody += copy(m.body[m.nbody:], line)
		}
		if v, ok := parseVMA(head[:n]); ok {
			m.mapping(&v)
		}
	}
}

func (m *smapsWriter) mapping(v *vma) {
	if v.linuxs() {
		m.emit(v.line, m.body[:m.nbody])
		return
	}
	for at := v.start; at < v.end; {
		var a mem.Area
		found := false
		m.s.Space.Walk(at, func(x mem.Area) bool { a, found = x, true; return false })
		if !found || a.Start >= v.end {
			return
		}
		at = a.End
		whole := a.Start <= v.start && a.End >= v.end
		if lo := max(a.Start, v.start); lo != a.Start && a.Flags&mapAnon == 0 {
			a.Off += int64(lo - a.Start)
		}
		a.Start, a.End = max(a.Start, v.start), min(a.End, v.end)
		var b [4700]byte
		l := text{b: b[:]}
		m.s.writeArea(&l, &a, v)
		if whole {
			m.emit(b[:l.n], m.body[:m.nbody])
			continue
		}
		var c [1536]byte
		body := text{b: c[:]}
		m.counted(&body, a.Start, a.End)
		m.emit(b[:l.n], c[:body.n])
	}
}

func (m *smapsWriter) emit(head, body []byte) {
	if !m.sum {
		m.w.bytes(head)
		m.w.bytes(body)
		return
	}
	for len(body) > 0 {
		i := 0
		for i < len(body)-1 && body[i] != '\n' {
			i++
		}
		k, value := key(body[:i+1])
		m.add(k, value)
		body = body[i+1:]
	}
}

// add adds a line to the sums, which are of the same lines that Linux sums up.
func (m *smapsWriter) add(k, value []byte) {
	switch string(k) {
	case "", "Size", "KernelPageSize", "MMUPageSize", "THPeligible", "VmFlags", "ProtectionKey":
		return
	}
	for i := range m.nkeys {
		if e := &m.keys[i]; string(e.name[:e.n]) == string(k) {
			e.value += leading(value)
			return
		}
	}
	if m.nkeys < maxSums && len(k) < len(m.keys[0].name) {
		e := &m.keys[m.nkeys]
		e.n, e.value = copy(e.name[:], k), leading(value)
		m.nkeys++
	}
}

func (m *smapsWriter) total() {
	lo, hi := m.s.Space.Bounds()
	m.w.hex(uint64(lo), 8)
	m.w.str("-")
	m.w.hex(uint64(hi), 8)
	m.w.str(" ---p 00000000 00:00 0                          [rollup]\n")
	for i := range m.nkeys {
		e := &m.keys[i]
		m.w.bytes(e.name[:e.n])
		m.w.str(":")
		width := 23 - e.n
		m.w.decWide(e.value, width)
		m.w.str(" kB\n")
	}
}

// counted writes what can be told of a part of one of Linux's mappings, in the order of its lines.
func (m *smapsWriter) counted(w *text, lo, hi uintptr) {
	held := m.present(lo, hi)
	body := m.body[:m.nbody]
	for len(body) > 0 {
		i := 0
		for i < len(body)-1 && body[i] != '\n' {
			i++
		}
		line := body[:i+1]
		body = body[i+1:]
		k, _ := key(line)
		switch string(k) {
		case "KernelPageSize", "MMUPageSize", "THPeligible", "VmFlags", "ProtectionKey":
			w.bytes(line)
			continue
		}
		value := uint64(0)
		switch string(k) {
		case "Size":
			value = uint64(hi - lo)
		case "Rss", "Pss", "Pss_Dirty", "Pss_Anon", "Private_Dirty", "Referenced", "Anonymous":
			value = held
		}
		w.bytes(k)
		w.str(":")
		w.kB("", value, 23-len(k))
	}
}

// present is how many bytes of a range are in memory (pagemap, proc_pid_pagemap(5)).
func (m *smapsWriter) present(lo, hi uintptr) (bytes uint64) {
	const page = 4096
	var b [2048]byte
	for lo < hi && m.pagemap >= 0 {
		n := min(uintptr(len(b)), (hi-lo)/page*8)
		k := m.s.inline(syscall.SYS_PREAD64, uint64(m.pagemap), address(b[:]), uint64(n), uint64(lo/page*8))
		if k <= 0 {
			break
		}
		for i := 0; i+8 <= int(k); i += 8 {
			if binary.LittleEndian.Uint64(b[i:])>>63 != 0 {
				bytes += page
			}
		}
		lo += uintptr(k/8) * page
	}
	return bytes
}
