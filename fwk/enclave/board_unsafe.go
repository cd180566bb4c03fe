package enclave

import (
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"github.com/skerry-os/skerry/fwk/procfs"
	"github.com/skerry-os/skerry/lwk/record"
)

// page is the first one of an entry's file. Fixed layout: fields are added at the end, with a new
// version if a reader must know.
type page struct {
	Magic   uint64
	Version uint32
	Size    uint32 // of the file
	PID     uint32
	Cores   uint32
	Kids    uint32 // blocks of counters for forked processes, after the cores'
	State   uint32 // atomic; see below
	Boot    int64  // when it was made: CLOCK_BOOTTIME,
	Mono    int64  // CLOCK_MONOTONIC,
	Real    int64  // CLOCK_REALTIME, all in ns,
	TSC     uint64 // and the time-stamp counter
	Mem     uint64
	CPUs    [16]uint64
	Linux   [16]uint64
	Offset  int64      // Entry.Counters
	Space   uint64     // inode of the pid namespace in which process ids count
	TIDs    [64]uint32 // Linux's thread ids of the cores
	Name    [64]byte
	Form    [16]byte // platform
	Program [512]byte
	File    [512]byte // Entry.Counters
}

const (
	magic   = 0x6576616c636e6573
	version = 1
)

// States of an entry.
const (
	making = iota
	running
	ended // the first process is gone; forked ones may live
)

// Where things are in the file.
const (
	switchesAt = 4096
	familyAt   = switchesAt + 512
	gaugesAt   = familyAt + 512
	proxiesAt  = 8192
	countersAt = proxiesAt + record.Proxies*64
	block      = (unsafe.Sizeof(record.Counters{}) + 4095) &^ 4095
)

var (
	_ [4096 - unsafe.Sizeof(page{})]byte
	_ [512 - unsafe.Sizeof(record.Switches{})]byte
	_ [512 - unsafe.Sizeof(record.Family{})]byte
	_ [4096 - gaugesAt + switchesAt - unsafe.Sizeof(record.Gauges{})]byte
	_ [0]byte = [countersAt % 4096]byte{}
)

// Board is an entry's file, mapped. Its parts are shared memory.
type Board struct {
	mem  []byte
	page *page
	path string

	outside []byte // what Counters mapped
}

func at[T any](b *Board, off uintptr) *T { return (*T)(unsafe.Pointer(&b.mem[off])) }

// Switches, Family, Gauges and Proxies are the parts that lwk/record explains.
func (b *Board) Switches() *record.Switches { return at[record.Switches](b, switchesAt) }
func (b *Board) Family() *record.Family     { return at[record.Family](b, familyAt) }
func (b *Board) Gauges() *record.Gauges     { return at[record.Gauges](b, gaugesAt) }
func (b *Board) Proxies() *[record.Proxies]record.Proxy {
	return at[[record.Proxies]record.Proxy](b, proxiesAt)
}

func (b *Board) counters(i int) *record.Counters {
	return at[record.Counters](b, countersAt+uintptr(i)*block)
}

// Cores returns the counters of each core, Kids those for forked processes.
func (b *Board) Cores() (list []*record.Counters) {
	for i := range int(b.page.Cores) {
		list = append(list, b.counters(i))
	}
	return list
}

func (b *Board) Kids() (list []*record.Counters) {
	for i := range int(b.page.Kids) {
		list = append(list, b.counters(int(b.page.Cores)+i))
	}
	return list
}

// Stride is how far apart the counters of two cores are.
const Stride = block

// Counters returns the counters of each core, wherever they are: an enclave whose kernel cannot map the
// entry keeps them in a file of its own (Entry.Counters), which stays mapped.
func (b *Board) Counters() ([]*record.Counters, error) {
	file := words(b.page.File[:])
	if file == "" {
		return b.Cores(), nil
	}
	fd, err := syscall.Open(file, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("the enclave's counters: %s: %w", file, err)
	}
	defer syscall.Close(fd)
	const huge = 2 << 20 // the file may be of large pages
	n := int(b.page.Cores)
	low := b.page.Offset &^ (huge - 1)
	size := (b.page.Offset - low + int64(n)*int64(block) + huge - 1) &^ (huge - 1)
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil || b.page.Offset < 0 || b.page.Offset%8 != 0 || low+size > (st.Size+huge-1)&^(huge-1) {
		return nil, fmt.Errorf("the enclave's counters are not in %s", file)
	}
	if b.outside, err = syscall.Mmap(fd, low, int(size), syscall.PROT_READ, syscall.MAP_SHARED); err != nil {
		return nil, fmt.Errorf("the enclave's counters: %s: cannot be mapped: %w", file, err)
	}
	var list []*record.Counters
	for i := range n {
		list = append(list, (*record.Counters)(unsafe.Pointer(&b.outside[int(b.page.Offset-low)+i*int(block)])))
	}
	return list, nil
}

// TIDs are Linux's thread ids of the cores, 0 where one does not run yet.
func (b *Board) TIDs() []uint32 { return b.page.TIDs[:min(int(b.page.Cores), len(b.page.TIDs))] }

// Path is the file's.
func (b *Board) Path() string { return b.path }

// sweep: one in so many enclaves tidies up, lest entries of killed ones pile up where nobody lists them.
const sweep = 64

// Register makes the entry of the enclave that the calling process becomes. Its memory is there: a
// full file system is an error here, not a signal later. Cost: some tens of microseconds.
func Register(e *Entry) (*Board, error) {
	dir, err := Dir()
	if err != nil {
		return nil, err
	}
	path := dir + "/" + strconv.Itoa(e.PID) + suffix
	cores := max(1, len(e.CPUs))
	now := countersAt + uintptr(cores)*block
	size := now + record.MaxChildren*block
	const flags = syscall.O_RDWR | syscall.O_CREAT | syscall.O_EXCL | syscall.O_CLOEXEC | syscall.O_NOFOLLOW
	fd, err := syscall.Open(path, flags, 0o600)
	switch {
	case err == syscall.ENOENT:
		if _, err := MakeDir(); err != nil {
			return nil, err
		}
		fd, err = syscall.Open(path, flags, 0o600)
	case err == syscall.EEXIST:
		// Of a process that had this number before: it is ours now.
		_ = syscall.Unlink(path)
		fd, err = syscall.Open(path, flags, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer syscall.Close(fd)
	if err := safe(dir); err != nil {
		return nil, err
	}
	if e.PID%sweep == 0 {
		_, _ = List() // removes what killed enclaves have left
	}
	if err := syscall.Fallocate(fd, 0, 0, int64(now)); err == nil {
		err = syscall.Ftruncate(fd, int64(size))
	} else if err == syscall.EOPNOTSUPP {
		err = syscall.Ftruncate(fd, int64(size))
	}
	if err != nil {
		_ = syscall.Unlink(path)
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	b, err := mapBoard(fd, path, int(size))
	if err != nil {
		_ = syscall.Unlink(path)
		return nil, err
	}
	p := b.page
	*p = page{Version: version, Size: uint32(size), PID: uint32(e.PID), Cores: uint32(cores), Kids: record.MaxChildren,
		Mem: e.Mem, CPUs: mask(e.CPUs), Linux: mask(e.Linux), Offset: e.Counters.Offset, Space: pidSpace()}
	text(p.Name[:], e.Name)
	text(p.Form[:], e.Platform)
	text(p.Program[:], e.Program)
	text(p.File[:], e.Counters.File)
	p.Boot, p.Mono, p.Real, p.TSC = clock(clockBoottime), clock(clockMonotonic), clock(clockRealtime), record.Ticks()
	p.Magic = magic
	atomic.StoreUint32(&p.State, running)
	return b, nil
}

// Open maps an entry's file, for an observer or for a process of the enclave.
func Open(path string) (*Board, error) {
	fd, err := syscall.Open(path, syscall.O_RDWR|syscall.O_CLOEXEC|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer syscall.Close(fd)
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if int(st.Uid) != os.Geteuid() || st.Mode&0o777 != 0o600 {
		return nil, fmt.Errorf("%s: not an entry of yours", path)
	}
	if st.Size < countersAt || st.Size > 64<<20 {
		return nil, fmt.Errorf("%s: not an enclave's entry", path)
	}
	b, err := mapBoard(fd, path, int(st.Size))
	if err != nil {
		return nil, err
	}
	p := b.page
	if atomic.LoadUint32(&p.State) == making || p.Magic != magic || p.Version != version || p.Cores > 64 || p.Kids > record.MaxChildren ||
		countersAt+uintptr(p.Cores+p.Kids)*block > uintptr(len(b.mem)) {
		b.Close()
		return nil, fmt.Errorf("%s: not an enclave's entry, or of another version of skerry", path)
	}
	return b, nil
}

func mapBoard(fd int, path string, size int) (*Board, error) {
	mem, err := syscall.Mmap(fd, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be mapped: %w", path, err)
	}
	b := &Board{mem: mem, path: path}
	b.page = at[page](b, 0)
	return b, nil
}

// Close unmaps the file. Nothing that the board's methods returned may be used after it.
func (b *Board) Close() {
	_ = syscall.Munmap(b.mem) // of our own mapping
	if b.outside != nil {
		_ = syscall.Munmap(b.outside)
	}
	b.mem, b.page = nil, nil
}

// Entry returns what the board says, as values.
func (b *Board) Entry() *Entry {
	p := b.page
	e := &Entry{Name: words(p.Name[:]), Platform: words(p.Form[:]), Program: words(p.Program[:]), PID: int(p.PID),
		CPUs: list(&p.CPUs), Linux: list(&p.Linux), Mem: p.Mem, Started: time.Unix(0, p.Real),
		path: b.path, boot: p.Boot, tsc: p.TSC, mono: p.Mono}
	e.Counters.File, e.Counters.Offset = words(p.File[:]), p.Offset
	return e
}

// Executed notes that the enclave's first process runs another program now.
func (b *Board) Executed(program string) { text(b.page.Program[:], program) }

// First reports whether pid is the process that the entry was made for.
func (b *Board) First(pid int) bool { return int(b.page.PID) == pid }

// Here reports whether the entry's process ids mean to the caller what they mean to the enclave: not so
// from another pid namespace, where nothing can be said of it.
func (b *Board) Here() bool { return b.page.Space == pidSpace() }

func pidSpace() uint64 {
	var st syscall.Stat_t
	_ = syscall.Stat("/proc/self/ns/pid", &st) // without /proc there is one
	return st.Ino
}

// Alive reports whether any process of the enclave is.
func (b *Board) Alive() bool {
	p := b.page
	if atomic.LoadUint32(&p.State) == running && born(p.PID, p.Boot) {
		return true
	}
	f := b.Family()
	for i := range f.Owners {
		// A forked process began after the entry was made.
		if pid := atomic.LoadUint32(&f.Owners[i]); pid != 0 && syscall.Kill(int(pid), 0) != syscall.ESRCH {
			return true
		}
	}
	return false
}

// born reports whether a process with this id is there and began before a point of time.
func born(pid uint32, boot int64) bool {
	text, err := procfs.Read("/proc/" + strconv.Itoa(int(pid)) + "/stat")
	if err != nil {
		return false
	}
	// The second field, the name, may hold anything but ends with the last parenthesis; the start is the
	// 22nd, in hundredths of a second since the machine began.
	rest := text
	for i := len(text) - 1; i >= 0; i-- {
		if text[i] == ')' {
			rest = text[i+1:]
			break
		}
	}
	field := 2
	start := int64(0)
	for i := 0; i < len(rest); i++ {
		switch {
		case rest[i] == ' ':
			field++
		case field == 3 && (rest[i] == 'Z' || rest[i] == 'X'):
			return false // only waits to be taken
		case field == 22:
			start = start*10 + int64(rest[i]-'0')
		}
	}
	const tick = 10e6
	return start*tick <= boot
}

// Leave removes the entry when the enclave's first process ends, or leaves it to the last of the
// others. It allocates nothing.
func (b *Board) Leave(pid uint32) {
	f := b.Family()
	if pid == b.page.PID {
		atomic.StoreUint32(&b.page.State, ended)
	} else {
		for i := range f.Owners {
			atomic.CompareAndSwapUint32(&f.Owners[i], pid, 0)
		}
		if atomic.LoadUint32(&b.page.State) != ended {
			return
		}
	}
	if !f.Others() {
		b.remove()
	}
}

func (b *Board) remove() {
	var name [4096]byte
	if copy(name[:len(name)-1], b.path) == len(b.path) {
		const at = ^uintptr(99) // AT_FDCWD, -100
		syscall.RawSyscall(syscall.SYS_UNLINKAT, at, uintptr(unsafe.Pointer(&name[0])), 0)
	}
}

// Remove removes the entry, for platforms whose enclaves end otherwise than by Leave.
func (b *Board) Remove() { b.remove() }

const (
	clockRealtime  = 0
	clockMonotonic = 1
	clockBoottime  = 7
)

func clock(id uintptr) int64 {
	var ts syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, id, uintptr(unsafe.Pointer(&ts)), 0)
	return ts.Nano()
}

func text(dst []byte, s string) {
	clear(dst)
	copy(dst[:len(dst)-1], s)
}

func words(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

func mask(cpus []int) (m [16]uint64) {
	for _, c := range cpus {
		if c >= 0 && c < len(m)*64 {
			m[c/64] |= 1 << (c % 64)
		}
	}
	return m
}

func list(m *[16]uint64) (cpus []int) {
	for i := range len(m) * 64 {
		if m[i/64]>>(i%64)&1 != 0 {
			cpus = append(cpus, i)
		}
	}
	return cpus
}
