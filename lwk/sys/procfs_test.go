package sys

import (
	"strings"
	"syscall"
	"testing"

	"github.com/skerry-os/skerry/lwk/mem"
	"github.com/skerry-os/skerry/lwk/sched"
)

// procRig is a rig whose Linux has files of /proc, and which keeps what the LWK makes of them.
type procRig struct {
	*rig
	files map[string]string
	open  []string // unread rest, by descriptor
	made  strings.Builder
}

const madeFD = 40

func newProcRig(t *testing.T) *procRig {
	p := &procRig{rig: newRig(t, 1), files: map[string]string{}}
	p.p.OnInline = p.linux
	return p
}

func (p *procRig) linux(nr uintptr, a *[6]uint64) int64 {
	switch nr {
	case syscall.SYS_OPENAT:
		b := bytes64(uintptr(a[1]))
		text, ok := p.files[string(b[:strings.IndexByte(string(b), 0)])]
		if !ok {
			return -int64(syscall.ENOENT)
		}
		p.open = append(p.open, text)
		return int64(len(p.open) - 1)
	case syscall.SYS_READ:
		b := p.open[a[0]]
		n := min(len(b), int(a[2]), 50) // in small pieces
		copyTo(uintptr(a[1]), b[:n])
		p.open[a[0]] = b[n:]
		return int64(n)
	case syscall.SYS_WRITE:
		p.made.WriteString(bytesAt(uintptr(a[1]), int(a[2])))
		return int64(a[2])
	case 319: // memfd_create
		return madeFD
	}
	return 0
}

// read opens a path as the program and returns what it would read.
func (p *procRig) read(t *testing.T, path string) string {
	t.Helper()
	p.made.Reset()
	copy(p.p.Mem.B[0x2000:], path+"\x00")
	if fd := p.call(syscall.SYS_OPEN, base+0x2000, 0); fd != madeFD {
		t.Fatalf("open %s: %d, not made up", path, fd)
	}
	return p.made.String()
}

func TestMapsAreTheProgramsWithLinuxsFiles(t *testing.T) {
	p := newProcRig(t)
	p.Proc.Stack = [2]uint64{0x300000, 0x400000}
	for _, a := range []mem.Area{
		{Start: 0x200000, End: 0x203000, Prot: 5, Flags: 2, Kind: mem.KindFilePrivate, Off: 0x1000},
		{Start: 0x300000, End: 0x400000, Prot: 3, Flags: 0x22, Kind: mem.KindAnon},
	} {
		if e := p.Space.Add(a); e != 0 {
			t.Fatal(e)
		}
	}
	p.files["/proc/self/maps"] = `00100000-00180000 rw-p 00000000 00:00 0
00200000-00203000 r-xp 00001000 fe:01 77                                 /a dir/lib.so (deleted)
70000000-70100000 r-xp 00000000 fe:01 78                                 /usr/bin/skerry
7fff0000-7fff2000 r-xp 00000000 00:00 0                                  [vdso]
`
	want := `00100000-00200000 rw-p 00000000 00:00 0 
00200000-00203000 r-xp 00001000 fe:01 77                                 /a dir/lib.so (deleted)
00300000-00400000 rw-p 00000000 00:00 0                                  [stack]
7fff0000-7fff2000 r-xp 00000000 00:00 0                                  [vdso]
`
	if got := p.read(t, "/proc/self/maps"); got != want {
		t.Errorf("maps:\n%s\nwant:\n%s", got, want)
	}
	if got := p.read(t, "/proc/4321/./maps"); got != want {
		t.Errorf("by number:\n%s", got)
	}
}

func TestStatusKeepsWhatItDoesNotKnow(t *testing.T) {
	p := newProcRig(t)
	p.files["/proc/self/status"] = "Name:\tprog\nState:\tS (sleeping)\nPid:\t4321\nVmSize:\t20000000 kB\nVmRSS:\t    9000 kB\nThreads:\t12\nNew:\tline\nSigBlk:\tffff\n"
	p.own = resident{anon: 1 << 20}
	p.t.Sig.SetMask(0x200)
	want := "Name:\tprog\nState:\tR (running)\nPid:\t4321\nVmSize:\t    1024 kB\nVmRSS:\t    7976 kB\nThreads:\t1\nNew:\tline\nSigBlk:\t0000000000000200\n"
	if got := p.read(t, "/proc/self/status"); got != want {
		t.Errorf("status:\n%q\nwant:\n%q", got, want)
	}
	other := p.K.NewThread()
	copy(other.Name[:], "worker")
	path := "/proc/self/task/4194306/status"
	if other.TID != 4194306 {
		t.Fatal("the thread's id is ", other.TID)
	}
	if got := p.read(t, path); !strings.HasPrefix(got, "Name:\tworker\nState:\tS (sleeping)\nPid:\t4194306\n") || !strings.Contains(got, "Threads:\t2\n") {
		t.Errorf("of a thread:\n%q", got)
	}
}

func TestStat(t *testing.T) {
	p := newProcRig(t)
	p.files["/proc/self/statm"] = "5000000 2000 500 1 0 100 0\n"
	fields := strings.Repeat(" 7", 49)
	p.files["/proc/self/stat"] = "4321 (a) b) S" + fields + "\n"
	got := strings.Fields(p.read(t, "/proc/self/stat"))
	if len(got) != 3+1+49 || got[0] != "4321" || got[1] != "(a)" || got[2] != "b)" || got[3] != "R" {
		t.Fatalf("%q", got) // it runs, whatever the core does to Linux
	}
	for linux, want := range map[string]string{"R": "S", "T": "T", "t": "t"} {
		if got := state(&sched.Thread{State: sched.Waiting}, []byte(linux)); got != want {
			t.Errorf("a thread that waits is %s where Linux says %s, want %s", got, linux, want)
		}
	}
	for field, want := range map[int]string{4: "7", 20: "1", 23: "1048576", 24: "2000", 39: "2", 52: "7"} {
		if got[field] != want { // the name has a space: one field more
			t.Errorf("field %d is %s, want %s", field, got[field], want)
		}
	}
}

func TestProcessors(t *testing.T) {
	p := newProcRig(t) // on CPU 2
	p.files["/proc/cpuinfo"] = "processor\t: 0\nmodel\t: a\n\nprocessor\t: 2\nmodel\t: b\n\n"
	p.files["/proc/stat"] = "cpu  11 22\ncpu0 1 2\ncpu2 10 20\nintr 5\n"
	if got := p.read(t, "/proc/cpuinfo"); got != "processor\t: 2\nmodel\t: b\n\n" {
		t.Errorf("cpuinfo: %q", got)
	}
	if got := p.read(t, "/proc/stat"); got != "cpu  10 20 0 0 0 0 0 0 0 0\ncpu2 10 20\nintr 5\n" {
		t.Errorf("stat: %q", got)
	}
	if got := p.read(t, "/sys/devices/system/cpu/online"); got != "2\n" {
		t.Errorf("online: %q", got)
	}
}

func TestOtherPathsGoToLinux(t *testing.T) {
	r := newRig(t, 1)
	for _, path := range []string{"", "/", "/proc", "/proc/", "/proc/self", "/proc/1/maps", "/proc/selfish/maps", "/proc/self/maps/x",
		"/proc/self/fd/1", "/proc/self/../1/maps", "/proc/meminfo", "/sys/devices/system/cpu/possible", "/tmp/proc/self/maps",
		"/proc/self/task/99999999/status", "/proc/self/task/4321", "/proc/4321x/maps", "maps.c", strings.Repeat("/proc/self/", 9)} {
		copy(r.p.Mem.B[0x2000:], path+"\x00")
		r.p.Sent = 0
		r.p.Answer = func(uint32, *[6]uint64) int64 { return 5 }
		r.call(syscall.SYS_OPEN, base+0x2000, 0)
		r.answer()
		if r.p.Sent != 1 {
			t.Errorf("%q was not sent to Linux", path)
		}
	}
}

// FuzzProcFiles: whatever path, and whatever Linux's files hold, nothing goes out of bounds.
func FuzzProcFiles(f *testing.F) {
	f.Add("/proc/self/maps", "00100000-00180000 rw-p 00000000 00:00 0\n")
	f.Add("/proc/self/stat", "1 (a) S 1\n")
	f.Add("self/task/4321/status", "Name:\nVmRSS: 1 kB\n")
	f.Add("/proc/self/smaps", "00100000-00180000 rw-p 00000000 00:00 0\nRss: 5 kB\n")
	f.Add("/proc/stat", "cpu\ncpu2 1 2 3\n")
	f.Fuzz(func(t *testing.T, path, text string) {
		if len(path) > 4000 {
			return
		}
		p := &procRig{rig: newRig(t, 1), files: map[string]string{}}
		for _, file := range []string{"maps", "smaps", "status", "stat", "statm"} {
			p.files["/proc/self/"+file] = text
		}
		p.files["/proc/cpuinfo"], p.files["/proc/stat"] = text, text
		p.p.OnInline = func(nr uintptr, a *[6]uint64) int64 {
			if nr == syscall.SYS_READLINK {
				copyTo(uintptr(a[1]), "/proc")
				return 5
			}
			return p.linux(nr, a)
		}
		p.p.Answer = func(uint32, *[6]uint64) int64 { return 5 }
		copy(p.p.Mem.B[0x2000:], path+"\x00")
		p.call(syscall.SYS_OPENAT, 3, base+0x2000, 0)
		p.settle()
	})
}
