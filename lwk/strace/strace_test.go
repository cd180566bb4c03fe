package strace

import (
	"encoding/binary"
	"regexp"
	"strings"
	"testing"

	"github.com/skerry-os/skerry/abi/triage"
	"github.com/skerry-os/skerry/lwk/fake"
	"github.com/skerry-os/skerry/lwk/record"
)

const base = 0x10000

// rig is a tracer over fake memory that keeps what is written.
type rig struct {
	*Tracer
	mem fake.Memory
	out []byte
}

func newRig() *rig {
	r := &rig{mem: fake.Memory{Base: base, B: make([]byte, 1<<16)}, out: make([]byte, 0, 1<<20)}
	r.Tracer = &Tracer{User: &r.mem, Shared: &record.Switches{Alive: 1}, PID: 42,
		Write: func(b []byte) { r.out = append(r.out, b...) }, Yield: func() {}, Alive: func(uint32) bool { return true }}
	r.Init(2)
	return r
}

// put lays bytes into the program's memory and returns where.
func (r *rig) put(off int, b []byte) uint64 {
	copy(r.mem.B[off:], b)
	return base + uint64(off)
}

func (r *rig) text(off int, s string) uint64 { return r.put(off, append([]byte(s), 0)) }

func (r *rig) words(off int, list ...uint64) uint64 {
	for i, v := range list {
		binary.LittleEndian.PutUint64(r.mem.B[off+8*i:], v)
	}
	return base + uint64(off)
}

func (r *rig) take() string {
	s := string(r.out)
	r.out = r.out[:0]
	return s
}

var aligned = regexp.MustCompile(`\) +=`)

// Arguments and results are shown as strace shows them.
func TestLines(t *testing.T) {
	r := newRig()
	path := r.text(0, "/etc/pass\nwd")
	data := r.put(100, []byte("\177ELF\0017\x00\"data that goes on and on and on"))
	spec := r.words(300, 1, 500)
	iov := r.words(400, data, 3, data+3, 40)
	pair := r.words(500, 3|4<<32)
	poll := r.words(600, 5|1<<32|1<<48, 6|4<<32)
	inet := r.put(700, []byte{2, 0, 0x1f, 0x90, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0})
	unix := r.put(740, append([]byte{1, 0}, "/run/x\x00"...))
	stat := r.words(800, 0, 0, 0, 0o100644, 0, 0, 1234)
	act := r.words(1000, 0x5000, 0x14000000, 0x6000, 1<<16)
	argv := r.words(1100, r.text(1200, "ls"), r.text(1210, "-l"), 0)
	status := r.words(1300, 3<<8)
	limit := r.words(1400, 8<<20, ^uint64(0))
	const at = ^uint64(99) // AT_FDCWD
	for _, c := range []struct {
		want string
		nr   uint32
		args [6]uint64
		ret  int64
	}{
		{`openat(AT_FDCWD, "/etc/pass\nwd", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)`, 257, [6]uint64{at, path, 0x80000}, -2},
		{`openat(AT_FDCWD, "/etc/pass\nwd", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 3`, 257, [6]uint64{at, path, 0x241, 0o666}, 3},
		{`read(3, "\177ELF\0017\0\"", 100) = 8`, 0, [6]uint64{3, data, 100}, 8},
		{`read(3, 0x10064, 100) = -1 EAGAIN (Resource temporarily unavailable)`, 0, [6]uint64{3, data, 100}, -11},
		{`write(1, "\177ELF\0017\0\"data that goes on and on"..., 41) = 41`, 1, [6]uint64{1, data, 41}, 41},
		{`write(1, 0x99999999, 5) = -1 EFAULT (Bad address)`, 1, [6]uint64{1, 0x99999999, 5}, -14},
		{`writev(1, [{iov_base="\177EL", iov_len=3}, {iov_base="F\0017\0\"data that goes on and on an"..., iov_len=40}], 2) = 43`, 20, [6]uint64{1, iov, 2}, 43},
		{`close(-1) = -1 EBADF (Bad file descriptor)`, 3, [6]uint64{^uint64(0)}, -9},
		{`mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000`, 9, [6]uint64{0, 4096, 3, 0x22, 0xffffffff, 0}, 0x7f0000000000},
		{`mprotect(0x1000, 4096, PROT_NONE) = 0`, 10, [6]uint64{0x1000, 4096, 0}, 0},
		{`fcntl(3, F_GETFL) = 0x8002 (flags O_RDWR|O_LARGEFILE)`, 72, [6]uint64{3, 3}, 0x8002},
		{`fcntl(3, F_SETFD, FD_CLOEXEC) = 0`, 72, [6]uint64{3, 2, 1}, 0},
		{`ioctl(1, TCGETS, 0x10064) = -1 ENOTTY (Inappropriate ioctl for device)`, 16, [6]uint64{1, 0x5401, data}, -25},
		{`futex(0x10064, FUTEX_WAIT_PRIVATE, 2, NULL) = 0`, 202, [6]uint64{data, 128, 2, 0}, 0},
		{`futex(0x10064, FUTEX_WAKE_PRIVATE, 1) = 1`, 202, [6]uint64{data, 129, 1}, 1},
		{`clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=1, tv_nsec=500}, 0x1012c) = 0`, 230, [6]uint64{0, 0, spec, spec}, 0},
		{`clock_gettime(CLOCK_MONOTONIC, {tv_sec=1, tv_nsec=500}) = 0`, 228, [6]uint64{1, spec}, 0},
		{`pipe2([3, 4], O_CLOEXEC) = 0`, 293, [6]uint64{pair, 0x80000}, 0},
		{`poll([{fd=5, events=POLLIN}, {fd=6, events=POLLOUT}], 2, -1) = 1 ([{fd=5, revents=POLLIN}])`, 7, [6]uint64{poll, 2, 0xffffffff}, 1},
		{`poll([{fd=5, events=POLLIN}, {fd=6, events=POLLOUT}], 2, 10) = 0 (Timeout)`, 7, [6]uint64{poll, 2, 10}, 0},
		{`socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 3`, 41, [6]uint64{2, 0x80001, 6}, 3},
		{`connect(3, {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("127.0.0.1")}, 16) = 0`, 42, [6]uint64{3, inet, 16}, 0},
		{`bind(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 9) = 0`, 49, [6]uint64{3, unix, 9}, 0},
		{`setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [3], 4) = 0`, 54, [6]uint64{3, 1, 2, pair, 4}, 0},
		{`fstat(3, {st_mode=S_IFREG|0644, st_size=1234, ...}) = 0`, 5, [6]uint64{3, stat}, 0},
		{`rt_sigaction(SIGINT, {sa_handler=0x5000, sa_mask=[CHLD], sa_flags=SA_RESTORER|SA_RESTART, sa_restorer=0x6000}, NULL, 8) = 0`, 13, [6]uint64{2, act, 0, 8}, 0},
		{`rt_sigprocmask(SIG_BLOCK, [HUP RT_1], NULL, 8) = 0`, 14, [6]uint64{0, r.words(1500, 1|1<<32), 0, 8}, 0},
		{`execve("/etc/pass\nwd", ["ls", "-l"], 0x1044c /* 2 vars */) = -1 ENOEXEC (Exec format error)`, 59, [6]uint64{path, argv, argv}, -8},
		{`wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = 77`, 61, [6]uint64{0xffffffff, status, 0, 0}, 77},
		{`kill(77, SIGTERM) = 0`, 62, [6]uint64{77, 15}, 0},
		{`prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0`, 302, [6]uint64{0, 3, 0, limit}, 0},
		{`chmod("/etc/pass\nwd", 0755) = 0`, 90, [6]uint64{path, 0o755}, 0},
		{`umask(022) = 022`, 95, [6]uint64{0o22}, 0o22},
		{`sched_setaffinity(0, 8, [0 2]) = 0`, 203, [6]uint64{0, 8, r.words(1600, 5)}, 0},
		{`clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x10064) = 77`, 56, [6]uint64{0x1200011, 0, 0, data}, 77},
		{`getpid() = 42`, 39, [6]uint64{}, 42},
		{`syscall_0x1ff(0x1, 0x0, 0x0, 0x0, 0x0, 0x0) = -1 ENOSYS (Function not implemented)`, 511, [6]uint64{1}, -38},
	} {
		r.Whole(0, &Call{Who: 42, Nr: c.nr, Args: c.args}, c.ret)
		if got := aligned.ReplaceAllString(strings.TrimSuffix(r.take(), "\n"), ") ="); got != c.want {
			t.Errorf("\n got %s\nwant %s", got, c.want)
		}
	}
}

// A call that somebody else's line interrupts is told in two.
func TestInterleaving(t *testing.T) {
	r := newRig()
	data := r.put(100, []byte("abc"))
	read := Call{Who: 42, Nr: 0, Args: [6]uint64{3, data, 100}}
	r.Begin(0, &read)
	r.Resume(0, &read, 3)
	if got, want := r.take(), "read(3, \"abc\", 100)                     = 3\n"; got != want {
		t.Errorf("uninterrupted: %q, want %q", got, want)
	}
	r.Begin(0, &read)
	r.Attached(1, 43)
	r.Whole(1, &Call{Who: 43, Nr: 39}, 43)
	r.Resume(0, &read, 3)
	want := `read(3,  <unfinished ...>
strace: Process 43 attached
[pid    43] getpid()                    = 43
[pid    42] <... read resumed>"abc", 100) = 3
`
	if got := r.take(); got != want {
		t.Errorf("\n%s\nwant\n%s", got, want)
	}
	r.ToFile = true
	info := [6]uint64{17, 1, 43 | 1000<<32, 7}
	r.Signal(0, 42, &info)
	r.Exited(1, 43, 7)
	r.Never(0, &Call{Who: 42, Nr: 231, Args: [6]uint64{9}})
	r.Exited(0, 42, 9)
	want = `42    --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=43, si_uid=1000, si_status=7, si_utime=0, si_stime=0} ---
43    +++ exited with 7 +++
42    exit_group(9)                     = ?
42    +++ exited with 9 +++
`
	if got := r.take(); got != want {
		t.Errorf("\n%s\nwant\n%s", got, want)
	}
	if r.Shared.Alive != 0 {
		t.Errorf("%d threads are left", r.Shared.Alive)
	}
	r.Killed(0, 42, 11)
	if got := r.take(); got != "42    +++ killed by SIGSEGV +++\n" {
		t.Error(got)
	}
}

// Whoever is killed while it writes holds up nobody.
func TestDeadHolder(t *testing.T) {
	r := newRig()
	r.Shared.Lock = 999
	r.Tracer.Alive = func(pid uint32) bool { return pid != 999 }
	r.Whole(0, &Call{Who: 42, Nr: 39}, 42)
	if r.take() == "" || r.Shared.Lock != 0 {
		t.Error("nothing was written")
	}
}

// Every call can be shown, whatever its registers hold, without memory from the Go heap and without
// reading beyond the program's.
func TestEveryCall(t *testing.T) {
	r := newRig()
	for i := range r.mem.B {
		r.mem.B[i] = byte(i * 7)
	}
	for _, c := range triage.All() {
		for _, v := range []uint64{0, 1, base, base + 40000, base + 1<<16 - 5, ^uint64(0), 1 << 63} {
			call := Call{Who: 42, Nr: uint32(c.Nr), Args: [6]uint64{v, v, v, v, v, v}}
			mixed := Call{Who: 42, Nr: uint32(c.Nr), Args: [6]uint64{3, base + 64, 16, base + 64, 8, base + 64}}
			n := testing.AllocsPerRun(1, func() {
				r.out = r.out[:0]
				r.Begin(0, &call)
				r.Resume(0, &call, 8)
				r.Whole(0, &call, -22)
				r.Whole(1, &mixed, 3)
			})
			if n != 0 {
				t.Errorf("%s(%#x...): %v allocations", c.Name, v, n)
			}
			if lines := strings.Count(string(r.out), "\n"); lines != 3 {
				t.Fatalf("%s: %d lines:\n%s", c.Name, lines, r.out)
			}
		}
	}
}
