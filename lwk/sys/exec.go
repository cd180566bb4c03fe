package sys

import (
	"encoding/binary"
	"strings"
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
	"github.com/skerry-os/skerry/lwk/proc/signal"
	"github.com/skerry-os/skerry/lwk/sched"
)

// execve(2): the process executes the LWK's image again, which loads the new program. What Linux
// keeps over an execve it so keeps by itself; Process.Exec hands on what only the LWK knows. Unlike
// all other handlers these allocate: what they allocate is gone with the image, or rare (a failure). But
// the child of a vfork does so in its parent's memory, which is not collected while there are several
// cores, or in a forked process: what is large is therefore in memory that is used again (words).

const (
	maxPath  = 4096
	maxArg   = 128 << 10
	maxArgs  = 6 << 20
	atEmpty  = 0x1000
	atNoLink = 0x100
	atCheck  = 0x10000
)

func execve(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	a := &t.Args
	s.words.reset()
	path, err := s.copyString(uintptr(a[0]), maxPath)
	if err != 0 {
		return nameTooLong(err)
	}
	return s.exec(c, t, path, uintptr(a[1]), uintptr(a[2]))
}

func execveat(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	a := &t.Args
	if a[4]&atCheck != 0 {
		// A question, which executes nothing (Linux 6.14); elsewhere the flag is unknown.
		if r := onCore(s, c, t); r != -int64(syscall.ENOSYS) {
			return r
		}
		return -int64(syscall.EINVAL)
	}
	s.words.reset()
	path, err := s.copyString(uintptr(a[1]), maxPath)
	if err != 0 {
		return nameTooLong(err)
	}
	if a[4]&^(atEmpty|atNoLink) != 0 {
		return -int64(syscall.EINVAL)
	}
	dir := int32(a[0])
	if a[4]&atNoLink != 0 && path != "" {
		var st [144]byte
		name := append([]byte(path), 0)
		const kind, link = 0o170000, 0o120000
		if r := s.inline(syscall.SYS_NEWFSTATAT, a[0], address(name), address(st[:]), atNoLink); r < 0 {
			return r
		} else if binary.LittleEndian.Uint32(st[24:])&kind == link {
			return -int64(syscall.ELOOP)
		}
	}
	switch {
	case path == "" && a[4]&atEmpty == 0:
		return -int64(syscall.ENOENT)
	case path != "" && path[0] == '/' || path != "" && dir == -100:
	default:
		base := make([]byte, maxPath)
		link := append(append([]byte("/proc/self/fd/"), itoa(uint64(uint32(dir)))...), 0)
		n := s.inline(syscall.SYS_READLINK, address(link), address(base), uint64(len(base)), 0)
		if n < 0 {
			return -int64(syscall.EBADF)
		}
		if path == "" {
			path = string(link[:len(link)-1]) // a file that has no name any more, or never had one
			if !strings.HasSuffix(string(base[:n]), " (deleted)") {
				path = string(base[:n])
			}
		} else {
			path = string(base[:n]) + "/" + path
		}
	}
	return s.exec(c, t, path, uintptr(a[2]), uintptr(a[3]))
}

func nameTooLong(e hal.Errno) int64 {
	if e == syscall.E2BIG {
		e = syscall.ENAMETOOLONG
	}
	return errno(e)
}

func (s *Sys) exec(c *sched.Core, t *sched.Thread, path string, argv, envp uintptr) int64 {
	if !t.Borrowed && c.GoHome(t) {
		return 0 // made again there
	}
	if path == "" {
		return -int64(syscall.ENOENT)
	}
	total := 0
	args, err := s.copyStrings(argv, &total)
	if err != 0 {
		return errno(err)
	}
	env, err := s.copyStrings(envp, &total)
	if err != 0 {
		return errno(err)
	}
	if len(args) == 0 {
		args = []string{""}
	}
	if path == "/proc/self/exe" {
		path = s.Proc.Exe
	}
	if s.Proc.Exec == nil {
		return -int64(syscall.ENOSYS)
	}
	handed := false
	i := s.inherited(t)
	i.Traced = s.tracing != notTraced
	ret := s.Proc.Exec(path, args, env, i, func() {
		handed = true
		s.beTraced()
		s.handBack(c, t)
	})
	if handed && !t.Borrowed {
		s.Plat.Leave(uint64(s.kept))
		s.Plat.Stir()
	}
	return ret
}

// Inherited is what the LWK knows of a thread that executes another program, and Linux does not.
type Inherited struct {
	Mask    uint64
	Ignored uint64
	Persona uint32
	Traced  bool // the program is to be Linux's alone, and its parent's to trace
}

// inherited collects it.
func (s *Sys) inherited(t *sched.Thread) Inherited {
	t.Sig.RestoreMask()
	i := Inherited{Mask: uint64(t.Sig.Mask), Persona: s.Proc.Persona &^ readExec}
	for sig := 1; sig <= signal.Max; sig++ {
		if s.Actions.Get(sig).Handler == signal.HandlerIgnore {
			i.Ignored |= 1 << (sig - 1)
		}
	}
	return i
}

// handBack makes every signal that came to the LWK and is not yet delivered pending at Linux, where it
// outlasts the execve: none may be on its way when the LWK disappears. Only the home core gets messages
// that tell of signals, so that none is lost between its ring and another core; and a core that has taken
// one, which may end the program, is waited for. If there will be no execve after all, they come back by
// the next Leave.
func (s *Sys) handBack(c *sched.Core, t *sched.Thread) {
	from := &s.K.Pending
	if t.Borrowed {
		from = &s.lent.none // a process of its own, where Linux has kept what came
	} else {
		s.Plat.Still(c.Index)
		s.Plat.Hold()
		c.Look()
	}
	for {
		info, ok := signal.Next(&t.Sig, from, 0)
		if !ok {
			return
		}
		s.toLinux(&info)
	}
}

// words is where execve keeps strings of the program's. The home core alone uses it, or the child of its
// vfork in its place.
type words struct {
	bytes []byte
	list  []string
}

func (w *words) reset() { w.bytes, w.list = w.bytes[:0], w.list[:0] }

// grow makes room for n bytes more behind those from start on, which stay in one piece.
func (w *words) grow(start, n int) int {
	if len(w.bytes)+n <= cap(w.bytes) {
		return start
	}
	old := w.bytes[start:]
	w.bytes = append(make([]byte, 0, 2*cap(w.bytes)+len(old)+max(n, 64<<10)), old...) // the strings before lie where they lay
	return 0
}

// copyString reads a NUL-terminated string of at most max bytes, NUL included; E2BIG beyond.
func (s *Sys) copyString(p uintptr, max int) (string, hal.Errno) {
	w := &s.words
	var b [256]byte
	start, size := len(w.bytes), 0
	for size < max {
		n := min(len(b), 4096-int(p&4095), max-size) // not across a page that may be missing
		if err := s.copyIn(b[:n], p); err != 0 {
			return "", err
		}
		start = w.grow(start, n)
		for i, ch := range b[:n] {
			if ch == 0 {
				w.bytes = append(w.bytes, b[:i]...)
				return bytesString(w.bytes[start:]), 0
			}
		}
		w.bytes = append(w.bytes, b[:n]...)
		p += uintptr(n)
		size += n
	}
	return "", syscall.E2BIG
}

// copyStrings reads a NULL-terminated array of strings; total sums what they take.
func (s *Sys) copyStrings(p uintptr, total *int) ([]string, hal.Errno) {
	if p == 0 {
		return nil, 0
	}
	w := &s.words
	first := len(w.list)
	for {
		a, err := s.User.Load64(p)
		if err != 0 {
			return nil, err
		}
		if a == 0 {
			return w.list[first:len(w.list):len(w.list)], 0
		}
		str, err := s.copyString(uintptr(a), maxArg)
		if err != 0 {
			return nil, err
		}
		if *total += len(str) + 9; *total > maxArgs {
			return nil, syscall.E2BIG
		}
		w.list = append(w.list, str)
		p += 8
	}
}

func itoa(v uint64) []byte {
	var b [20]byte
	i := len(b)
	for {
		i--
		b[i] = '0' + byte(v%10)
		if v /= 10; v == 0 {
			return b[i:]
		}
	}
}
