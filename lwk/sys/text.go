package sys

import "syscall"

// text writes what the LWK makes up of a file into a buffer, and, with a descriptor, on into a file.
// Without one, what finds no room is left out and full set.
type text struct {
	s    *Sys
	fd   int64
	b    []byte
	n    int
	full bool
}

func (w *text) flush() {
	if w.n > 0 && w.s != nil {
		w.s.inline(syscall.SYS_WRITE, uint64(w.fd), address(w.b), uint64(w.n), 0)
		w.n = 0
	}
}

func (w *text) str(s string) {
	for len(s) > 0 {
		k := copy(w.b[w.n:], s)
		w.n += k
		if s = s[k:]; len(s) > 0 {
			if w.s == nil {
				w.full = true
				return
			}
			w.flush()
		}
	}
}

func (w *text) bytes(b []byte) { w.str(bytesString(b)) }

// hex writes at least so many digits.
func (w *text) hex(v uint64, digits int) {
	const d = "0123456789abcdef"
	var b [16]byte
	i := len(b)
	for v != 0 || len(b)-i < digits {
		i--
		b[i] = d[v&15]
		v >>= 4
	}
	w.bytes(b[i:])
}

func (w *text) dec(v uint64) { w.decWide(v, 1) }

// decWide writes a number at the end of a field of at least so many characters.
func (w *text) decWide(v uint64, width int) {
	var b [24]byte
	i := len(b)
	for {
		i--
		b[i] = '0' + byte(v%10)
		if v /= 10; v == 0 {
			break
		}
	}
	for len(b)-i < width {
		i--
		b[i] = ' '
	}
	w.bytes(b[i:])
}

// kB writes a line of a status or smaps file: bytes in kibibytes.
func (w *text) kB(key string, bytes uint64, width int) {
	w.str(key)
	w.decWide(bytes>>10, width)
	w.str(" kB\n")
}

// lines reads a file of Linux's line by line.
type lines struct {
	s    *Sys
	fd   int64
	at   int
	n    int
	over bool
	b    [8192]byte
}

// open opens the file named, which ends with a zero byte; next then has no lines if it cannot.
func (r *lines) open(s *Sys, path string) {
	r.s = s
	const cloexec = 0x80000
	r.fd = s.inlineArgs(syscall.SYS_OPENAT, &[6]uint64{^uint64(99), addressOf(path), cloexec, 0})
	r.over = r.fd < 0
}

func (r *lines) close() {
	if r.fd >= 0 {
		r.s.inline(syscall.SYS_CLOSE, uint64(r.fd), 0, 0, 0)
		r.fd = -1
	}
}

// next returns the next line with its newline, nil at the end. It is good until the next call.
func (r *lines) next() []byte {
	for {
		for i := r.at; i < r.n; i++ {
			if r.b[i] == '\n' {
				line := r.b[r.at : i+1]
				r.at = i + 1
				return line
			}
		}
		if r.at > 0 {
			r.n = copy(r.b[:], r.b[r.at:r.n])
			r.at = 0
		}
		if r.n == len(r.b) { // no line is so long: end it here
			r.at = r.n
			return r.b[:r.n]
		}
		k := int64(0)
		if !r.over {
			k = r.s.inline(syscall.SYS_READ, uint64(r.fd), address(r.b[r.n:]), uint64(len(r.b)-r.n), 0)
		}
		if k <= 0 {
			r.over = true
			if r.n == 0 {
				return nil
			}
			line := r.b[:r.n]
			r.n = 0
			return line
		}
		r.n += int(k)
	}
}

// key splits a line "Key:   value" after the colon.
func key(line []byte) (k, value []byte) {
	for i, c := range line {
		if c == ':' {
			return line[:i], line[i+1:]
		}
	}
	return nil, line
}

// leading reads the first decimal number in b.
func leading(b []byte) (v uint64) {
	i := 0
	for i < len(b) && (b[i] < '0' || b[i] > '9') {
		i++
	}
	for ; i < len(b) && b[i] >= '0' && b[i] <= '9'; i++ {
		v = v*10 + uint64(b[i]-'0')
	}
	return v
}
