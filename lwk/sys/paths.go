package sys

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/sched"
)

// Paths that mean the program, or the machine as the program has it, and would show the LWK, or CPUs
// that are not the enclave's. Everything else goes to Linux as it is; telling the two apart costs one
// look at the path.

// procFile is a file that the LWK has a part in.
type procFile uint8

const (
	procNone procFile = iota
	procExe
	procMaps
	procSmaps
	procRollup
	procStatus
	procStat
	procStatm
	procCmdline
	procEnviron
	procAuxv
	procComm
	procTask   // the directory of threads
	procThread // something of a thread's that Linux has for the first one only
	procSelf   // the link /proc/thread-self
	cpuInfo
	cpuStat
	cpuOnline
)

// selfFiles are those of /proc/self and, but for the directory, of /proc/self/task/TID.
var selfFiles = [...]struct {
	name string
	file procFile
}{
	{"exe", procExe}, {"maps", procMaps}, {"smaps", procSmaps}, {"smaps_rollup", procRollup}, {"status", procStatus},
	{"stat", procStat}, {"statm", procStatm}, {"cmdline", procCmdline}, {"environ", procEnviron}, {"auxv", procAuxv},
	{"comm", procComm}, {"task", procTask},
}

const onlinePath = "sys/devices/system/cpu/online"

// procPath is what a path names.
type procPath struct {
	file procFile
	tid  uint32 // the thread whose it is; 0: the process's
	rest int    // procThread: where in the buffer the path below the thread's directory begins, "" at its end
	end  int
}

// pathBuf holds a path and the directory that it is relative to; longer ones name nothing of interest.
type pathBuf [160]byte

const atFDCWD = -100

// ourPath tells what the path at p is, relative to the directory dir. The result's rest is in b.
func (s *Sys) ourPath(t *sched.Thread, dir int32, p uintptr, b *pathBuf) (r procPath) {
	var path [64]byte
	n := min(len(path), 4096-int(p&4095))
	if s.copyIn(path[:n], p) != 0 {
		return r
	}
	if n < len(path) && !hasZero(path[:n]) && s.copyIn(path[n:], p+uintptr(n)) == 0 {
		n = len(path)
	}
	end := 0
	for end < n && path[end] != 0 {
		end++
	}
	if end == 0 || end == len(path) {
		return r
	}
	if path[0] == '/' {
		if string(path[:6]) != "/proc/" && (end < 6 || string(path[:5]) != "/sys/") {
			return r
		}
		return s.parsePath(t, b, copy(b[:], path[:end]))
	}
	if !s.mayBeProc(path[:end]) {
		return r
	}
	at := s.linkOf(dir, b[:len(b)-len(path)-1])
	if at <= 0 {
		return r
	}
	if b[at-1] != '/' {
		b[at] = '/'
		at++
	}
	return s.parsePath(t, b, at+copy(b[at:], path[:end]))
}

func hasZero(b []byte) bool {
	for _, c := range b {
		if c == 0 {
			return true
		}
	}
	return false
}

// mayBeProc tells whether a relative path is worth the question which directory it is relative to.
func (s *Sys) mayBeProc(path []byte) bool {
	n := 0
	for n < len(path) && path[n] != '/' {
		n++
	}
	first := path[:n]
	switch first[0] {
	case 'p':
		return string(first) == "proc"
	case 's':
		if n == 3 || n == 4 {
			return string(first) == "sys" || string(first) == "self" || string(first) == "stat"
		}
	case 't':
		if string(first) == "thread-self" {
			return true
		}
	}
	if first[0] >= '0' && first[0] <= '9' {
		_, ok := number(first)
		return ok
	}
	if string(first) == "cpuinfo" || string(first) == "online" {
		return true
	}
	for i := range selfFiles {
		if selfFiles[i].name == string(first) {
			return true
		}
	}
	return false
}

// linkOf reads the path of an open directory, or of the current one; negative on failure.
func (s *Sys) linkOf(dir int32, b []byte) int {
	if dir == atFDCWD {
		link := [...]byte{'/', 'p', 'r', 'o', 'c', '/', 's', 'e', 'l', 'f', '/', 'c', 'w', 'd', 0}
		return int(s.inline(syscall.SYS_READLINK, address(link[:]), address(b), uint64(len(b)), 0))
	}
	if dir < 0 {
		return -1
	}
	var link [32]byte
	w := text{b: link[:]}
	w.str("/proc/self/fd/")
	w.dec(uint64(dir))
	return int(s.inline(syscall.SYS_READLINK, address(link[:]), address(b), uint64(len(b)), 0))
}

// part is the next component of b[at:n] and where what follows begins.
func part(b []byte, at int) (name []byte, next int) {
	for at < len(b) && (b[at] == '/' || b[at] == '.' && (at+1 == len(b) || b[at+1] == '/')) {
		at++
	}
	next = at
	for next < len(b) && b[next] != '/' {
		next++
	}
	return b[at:next], next
}

// parsePath tells what the absolute path b[:n] is.
func (s *Sys) parsePath(t *sched.Thread, b *pathBuf, n int) (r procPath) {
	path := b[:n]
	name, at := part(path, 0)
	if string(name) == "sys" {
		if string(path[1:]) == onlinePath {
			r.file = cpuOnline
		}
		return r
	}
	if string(name) != "proc" {
		return r
	}
	name, at = part(path, at)
	below, next := part(path, at)
	switch {
	case len(below) == 0:
		switch string(name) {
		case "cpuinfo":
			r.file = cpuInfo
		case "stat":
			r.file = cpuStat
		case "thread-self":
			r.file = procSelf
		}
		return r
	case string(name) == "self":
	case string(name) == "thread-self":
		return s.threadPath(path, t.TID, at)
	default:
		if id, ok := number(name); !ok || id != s.Proc.PID {
			return r
		}
	}
	if string(below) == "task" {
		if name, at = part(path, next); len(name) != 0 {
			if id, ok := number(name); ok {
				return s.threadPath(path, id, at)
			}
			return r
		}
	}
	if name, _ = part(path, next); len(name) == 0 {
		r.file = selfFile(below)
	}
	return r
}

// threadPath tells what path[at:] is below the directory of a thread.
func (s *Sys) threadPath(path []byte, tid uint32, at int) (r procPath) {
	if tid != s.Proc.PID && !s.isThread(tid) {
		return r
	}
	name, next := part(path, at)
	if more, _ := part(path, next); len(more) == 0 {
		if r.file = selfFile(name); r.file != procNone && r.file != procTask {
			r.tid = tid
			return r
		}
	}
	return procPath{file: procThread, tid: tid, rest: next - len(name), end: len(path)}
}

func selfFile(name []byte) procFile {
	for i := range selfFiles {
		if selfFiles[i].name == string(name) {
			return selfFiles[i].file
		}
	}
	return procNone
}

func (s *Sys) isThread(tid uint32) bool {
	s.K.Lock()
	t := s.K.ByTID(tid)
	s.K.Unlock()
	return t != nil
}

// number reads a decimal number of a thread or process.
func number(b []byte) (n uint32, ok bool) {
	for _, d := range b {
		if d < '0' || d > '9' || n > 1<<26 {
			return 0, false
		}
		n = n*10 + uint32(d-'0')
	}
	return n, len(b) > 0
}

// threadsPath makes the path below a thread's directory one below that of the process's first
// thread, in t.Buf; false if it is too long.
func (s *Sys) threadsPath(t *sched.Thread, r *procPath, b *pathBuf) bool {
	w := text{b: t.Buf[:len(t.Buf)-1]}
	w.str("/proc/self/task/")
	w.dec(uint64(s.Proc.PID))
	w.str("/")
	w.str(bytesString(b[r.rest:r.end]))
	t.Buf[w.n] = 0
	return !w.full
}
