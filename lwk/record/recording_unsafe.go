package record

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"unsafe"

	"github.com/skerry-os/skerry/lwk/spin"
)

// Recording is the head of a file in memory that an observer makes, and that an enclave writes records
// into: rings for its cores, then rings that proxies take one by one.
type Recording struct {
	Magic      uint64
	Cores      uint32
	Proxies    uint32
	CoreBytes  uint64 // of each core's ring
	ProxyBytes uint64
	Claimed    uint32 // rings that proxies have taken
	_          uint32
}

// RecordingMagic begins such a file; its rings begin at RecordingHead.
const (
	RecordingMagic = 0x31676e6964636572
	RecordingHead  = 4096
)

// Size is how large the file is.
func (r *Recording) Size() int64 {
	return RecordingHead + int64(r.Cores)*int64(r.CoreBytes) + int64(r.Proxies)*int64(r.ProxyBytes)
}

// valid reports whether rings of this kind fit into a file of size bytes.
func (r *Recording) valid(size int64) bool {
	const most = 1 << 32
	return r.Magic == RecordingMagic && r.Cores <= 64 && r.Proxies <= 4096 &&
		r.CoreBytes >= uint64(headSize) && r.CoreBytes <= most && r.CoreBytes%64 == 0 &&
		r.ProxyBytes >= uint64(headSize) && r.ProxyBytes <= most && r.ProxyBytes%64 == 0 && r.Size() <= size
}

// Core and Proxy return the ring of core or taken proxy ring i in the mapped file, nil if nobody writes
// it.
func (r *Recording) Core(mem []byte, i int) *Ring {
	return ringIn(mem, RecordingHead+uint64(i)*r.CoreBytes, r.CoreBytes)
}

func (r *Recording) Proxy(mem []byte, i int) *Ring {
	return ringIn(mem, RecordingHead+uint64(r.Cores)*r.CoreBytes+uint64(i)*r.ProxyBytes, r.ProxyBytes)
}

func ringIn(mem []byte, at, n uint64) *Ring {
	if at+n > uint64(len(mem)) {
		return nil
	}
	return ReadRing(mem[at : at+n])
}

// Rings is what proxies take rings from; see Listener.Rings. The zero value is none.
type Rings struct {
	Base, Bytes uintptr
	N           uint32
	Claimed     *uint32
}

// Claim takes a ring; nil when there is none left. Any thread may call it.
//
//go:nosplit
func (r *Rings) Claim(index uint32) *Ring {
	if r.N == 0 {
		return nil
	}
	i := atomic.AddUint32(r.Claimed, 1) - 1
	if i >= r.N {
		return nil
	}
	ring := RingAt(r.Base+uintptr(i)*r.Bytes, r.Bytes)
	ring.Index = index
	return ring
}

// Listener is the enclave's side of Switches: its cores ask it, when they were kicked or idle, whether
// they are to record. It allocates nothing; switching on makes some system calls.
type Listener struct {
	Switches *Switches
	// Rings, if set, is told where proxies' records go from now on, or that none are wanted.
	Rings func(Rings)

	lock  spin.Lock
	wants uint32 // the recording that is mapped, or could not be
	head  Recording
	base  uintptr // 0: it could not be mapped
	size  uintptr
	on    [64]uint32 // the recording that each core writes
}

// Look has core i do what is wanted.
func (l *Listener) Look(i int, c *Core) {
	want := atomic.LoadUint32(&l.Switches.Trace)
	if i >= len(l.on) || l.on[i] == want {
		return
	}
	l.lock.Lock()
	if l.wants != want {
		l.change(want)
	}
	if l.on[i] != 0 {
		atomic.AddUint32(&l.Switches.On, ^uint32(0))
	}
	l.on[i] = 0
	if want != 0 && l.base != 0 && uint32(i) < l.head.Cores {
		r := RingAt(l.base+RecordingHead+uintptr(i)*uintptr(l.head.CoreBytes), uintptr(l.head.CoreBytes))
		r.Index = uint32(i)
		c.Record(r)
		atomic.AddUint32(&l.Switches.On, 1)
	} else {
		c.Record(nil)
	}
	l.on[i] = want
	l.lock.Unlock()
}

// change maps the recording that is wanted. The one before stays mapped: a proxy may still write to it.
// Its file is gone, and its memory with it, when this process ends.
func (l *Listener) change(want uint32) {
	l.wants, l.base = want, 0
	if l.Rings != nil {
		l.Rings(Rings{})
	}
	if want == 0 {
		return
	}
	const at = ^uintptr(99) // AT_FDCWD, -100
	path := &l.Switches.Path
	path[len(path)-1] = 0
	fd, _, err := syscall.RawSyscall6(syscall.SYS_OPENAT, at, uintptr(unsafe.Pointer(path)),
		syscall.O_RDWR|syscall.O_CLOEXEC|syscall.O_NOFOLLOW, 0, 0, 0)
	if err != 0 {
		return
	}
	var st syscall.Stat_t
	if _, _, err = syscall.RawSyscall(syscall.SYS_FSTAT, fd, uintptr(unsafe.Pointer(&st)), 0); err == 0 && st.Size > RecordingHead {
		base, _, err := syscall.RawSyscall6(syscall.SYS_MMAP, 0, uintptr(st.Size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED, fd, 0)
		if err == 0 {
			head := (*Recording)(unsafe.Add(unsafe.Pointer(nil), base))
			l.head = *head
			if l.head.valid(st.Size) {
				l.base, l.size = base, uintptr(st.Size)
				if l.Rings != nil {
					l.Rings(Rings{Base: base + RecordingHead + uintptr(l.head.Cores)*uintptr(l.head.CoreBytes),
						Bytes: uintptr(l.head.ProxyBytes), N: l.head.Proxies, Claimed: &head.Claimed})
				}
			} else {
				syscall.RawSyscall(syscall.SYS_MUNMAP, base, uintptr(st.Size), 0)
			}
		}
	}
	syscall.RawSyscall(syscall.SYS_CLOSE, fd, 0, 0)
}

// NewRecording maps an observer's new file and writes its head.
func NewRecording(fd int, r Recording) ([]byte, error) {
	r.Magic = RecordingMagic
	if !r.valid(r.Size()) {
		return nil, fmt.Errorf("a recording of %d cores and %d proxies with %d and %d bytes: not possible", r.Cores, r.Proxies, r.CoreBytes, r.ProxyBytes)
	}
	mem, err := syscall.Mmap(fd, 0, int(r.Size()), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	*(*Recording)(unsafe.Pointer(unsafe.SliceData(mem))) = r
	return mem, nil
}
