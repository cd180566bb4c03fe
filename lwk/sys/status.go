package sys

import (
	"github.com/skerry-os/skerry/lwk/mem"
	"github.com/skerry-os/skerry/lwk/proc/signal"
	"github.com/skerry-os/skerry/lwk/sched"
)

// status, stat and statm: Linux's, with what is the LWK's put in.

// resident is what of the process's memory was in use before the program had any, in bytes.
type resident struct{ anon, file, shared, peak uint64 }

// ownMemory reads it. It may allocate.
func (s *Sys) ownMemory() (m resident) {
	var r lines
	r.open(s, "/proc/self/status\x00")
	defer r.close()
	for line := r.next(); line != nil; line = r.next() {
		k, v := key(line)
		switch string(k) {
		case "RssAnon":
			m.anon = leading(v) << 10
		case "RssFile":
			m.file = leading(v) << 10
		case "RssShmem":
			m.shared = leading(v) << 10
		}
	}
	m.peak = m.anon + m.file + m.shared
	return m
}

func less(a, b uint64) uint64 { return a - min(a, b) }

// sizes is what the program's mappings are, in bytes.
type sizes struct{ data, stack, text, lib uint64 }

func (s *Sys) sizes() (z sizes) {
	const write, exec, shared = 2, 4, 1
	p := &s.Proc
	s.Space.Walk(0, func(a mem.Area) bool {
		n := uint64(a.End - a.Start)
		switch {
		case uint64(a.Start) < p.Stack[1] && uint64(a.End) > p.Stack[0]:
			z.stack += n
		case a.Prot&write != 0 && a.Flags&shared == 0:
			z.data += n
		case a.Prot&exec != 0 && uint64(a.Start) < p.Code[1] && uint64(a.End) > p.Code[0]:
			z.text += n
		case a.Prot&exec != 0:
			z.lib += n
		}
		return true
	})
	return z
}

// writeStatus writes /proc/self/status, or that of one thread.
func (s *Sys) writeStatus(w *text, t *sched.Thread, foreign bool) {
	var r lines
	r.open(s, "/proc/self/status\x00")
	z := s.sizes()
	now, peak := s.Space.Mapped()
	var rss uint64
	own := &s.own
	for line := r.next(); line != nil; line = r.next() {
		k, v := key(line)
		kB := func(bytes uint64) {
			w.bytes(k)
			w.kB(":\t", bytes, 8)
		}
		set := func(sig uint64) {
			w.bytes(k)
			w.str(":\t")
			w.hex(sig, 16)
			w.str("\n")
		}
		switch string(k) {
		case "Name":
			if !foreign {
				w.bytes(line)
				break
			}
			w.str("Name:\t")
			w.bytes(name(t))
			w.str("\n")
		case "State":
			for len(v) > 0 && (v[0] == '\t' || v[0] == ' ') {
				v = v[1:]
			}
			switch state(t, v) {
			case "R":
				w.str("State:\tR (running)\n")
			case "S":
				w.str("State:\tS (sleeping)\n")
			default:
				w.bytes(line)
			}
		case "Pid":
			w.str("Pid:\t")
			w.dec(uint64(t.TID))
			w.str("\n")
		case "VmPeak":
			kB(uint64(peak))
		case "VmSize":
			kB(uint64(now))
		case "VmHWM":
			kB(less(leading(v)<<10, own.peak))
		case "VmRSS":
			rss = less(leading(v)<<10, own.anon+own.file+own.shared)
			kB(rss)
		case "RssAnon":
			kB(less(leading(v)<<10, own.anon))
		case "RssFile":
			kB(less(leading(v)<<10, own.file))
		case "RssShmem":
			kB(less(leading(v)<<10, own.shared))
		case "VmData":
			kB(z.data)
		case "VmStk":
			kB(z.stack)
		case "VmExe":
			kB(z.text)
		case "VmLib":
			kB(z.lib)
		case "Threads":
			w.str("Threads:\t")
			w.dec(uint64(s.K.Live()))
			w.str("\n")
		case "SigPnd":
			set(uint64(t.Sig.Private.Pending()))
		case "ShdPnd":
			set(uint64(s.K.Pending.Queue.Pending() | s.keptPending()))
		case "SigBlk":
			set(uint64(t.Sig.Blocked()))
		case "SigIgn":
			set(s.actions(true))
		case "SigCgt":
			set(s.actions(false))
		case "Cpus_allowed":
			w.str("Cpus_allowed:\t")
			s.writeCPUMask(w, t.Allowed)
			w.str("\n")
		case "Cpus_allowed_list":
			w.str("Cpus_allowed_list:\t")
			s.writeCPUList(w, t.Allowed)
			w.str("\n")
		default:
			w.bytes(line)
		}
	}
	r.close()
}

// state is a thread's letter: Linux's is that of the core, which may run another thread, or wait for one.
func state(t *sched.Thread, linux []byte) string {
	switch {
	case len(linux) > 0 && linux[0] != 'R' && linux[0] != 'S' && linux[0] != 'D':
		return bytesString(linux[:1]) // stopped, traced
	case t.State == sched.Running || t.State == sched.Runnable:
		return "R"
	}
	return "S"
}

func name(t *sched.Thread) []byte {
	n := 0
	for n < len(t.Name)-1 && t.Name[n] != 0 {
		n++
	}
	return t.Name[:n]
}

// readRSS returns resident and shared pages of the program, from statm.
func (s *Sys) readRSS() (all, shared uint64) {
	var r lines
	r.open(s, "/proc/self/statm\x00")
	line := r.next()
	r.close()
	const page = 4096
	own := &s.own
	all = less(field(line, 1), (own.anon+own.file+own.shared)/page)
	return all, less(field(line, 2), (own.file+own.shared)/page)
}

// field reads number i of a line of numbers.
func field(line []byte, i int) uint64 {
	at := 0
	for ; i > 0 && at < len(line); at++ {
		if line[at] == ' ' {
			i--
		}
	}
	return leading(line[min(at, len(line)):])
}

func (s *Sys) writeStatm(w *text) {
	const page = 4096
	now, _ := s.Space.Mapped()
	all, shared := s.readRSS()
	z := s.sizes()
	for i, v := range [7]uint64{uint64(now) / page, all, shared, z.text / page, 0, (z.data + z.stack) / page, 0} {
		if i > 0 {
			w.str(" ")
		}
		w.dec(v)
	}
	w.str("\n")
}

// writeStat writes /proc/self/stat, or that of one thread: proc_pid_stat(5) has the numbers of fields.
// Processor time of other threads than the first is not known, and 0.
func (s *Sys) writeStat(w *text, t *sched.Thread, foreign bool) {
	var r lines
	r.open(s, "/proc/self/stat\x00")
	line := r.next()
	r.close()
	at := max(len(line)-1, 0)
	for at > 0 && line[at] != ')' {
		at--
	}
	now, _ := s.Space.Mapped()
	all, _ := s.readRSS()
	w.dec(uint64(t.TID))
	w.str(" (")
	if open := 0; foreign {
		w.bytes(name(t))
	} else {
		for open < at && line[open] != '(' {
			open++
		}
		w.bytes(line[min(open+1, at):at])
	}
	w.str(") ")
	rest := line[min(at+2, len(line)):]
	for n := 3; len(rest) > 0 && rest[0] != '\n'; n++ {
		i := 0
		for i < len(rest) && rest[i] != ' ' && rest[i] != '\n' {
			i++
		}
		if n > 3 {
			w.str(" ")
		}
		switch {
		case n == 3:
			w.str(state(t, rest[:i]))
		case n >= 10 && n <= 15 && foreign: // faults and times
			w.str("0")
		case n == 20:
			w.dec(uint64(s.K.Live()))
		case n == 23:
			w.dec(uint64(now))
		case n == 24:
			w.dec(all)
		case n == 31:
			w.dec(uint64(t.Sig.Private.Pending()|s.K.Pending.Queue.Pending()) & 0x7fffffff)
		case n == 32:
			w.dec(uint64(t.Sig.Blocked()) & 0x7fffffff)
		case n == 33 || n == 34:
			w.dec(s.actions(n == 33) & 0x7fffffff)
		case n == 39:
			w.dec(uint64(s.cpuOf(t)))
		default:
			w.bytes(rest[:i])
		}
		rest = rest[min(i+1, len(rest)):]
	}
	w.str("\n")
}

// actions is the set of signals that are ignored, or caught.
func (s *Sys) actions(ignored bool) (set uint64) {
	for sig := 1; sig <= signal.Max; sig++ {
		h := s.Actions.Get(sig).Handler
		if h != 0 && (h == signal.HandlerIgnore) == ignored {
			set |= 1 << (sig - 1)
		}
	}
	return set
}

func (s *Sys) cpuOf(t *sched.Thread) int {
	if c := t.Core(); c != nil && c.Index < len(s.Proc.CPUs) {
		return s.Proc.CPUs[c.Index]
	}
	return s.Proc.CPUs[0]
}
