package enclave

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"unsafe"

	"github.com/skerry-os/skerry/fwk/cpus"
)

// Claims say which CPUs the caller's enclaves have, so that two that begin at the same moment do not choose
// the same. They are one file beside the entries: a word for each CPU, the process that has it and when it
// took it. A claim ends with its process, however that ends: nothing is given back. It keeps nobody from a
// CPU; who asks for one by its number has it.
type Claims struct{ words *[claims]uint64 }

const claims = 1024 // CPUs

// OpenClaims maps the file. It blocks on nothing; Close unmaps it.
func OpenClaims() (*Claims, error) {
	const flags = syscall.O_RDWR | syscall.O_CREAT | syscall.O_CLOEXEC | syscall.O_NOFOLLOW
	dir, err := Dir()
	if err != nil {
		return nil, err
	}
	path := dir + "/cpus"
	fd, err := syscall.Open(path, flags, 0o600)
	if err == syscall.ENOENT {
		if _, err := MakeDir(); err != nil {
			return nil, err
		}
		fd, err = syscall.Open(path, flags, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer syscall.Close(fd)
	if err := safe(dir); err != nil {
		return nil, err
	}
	// Memory for all of it, or an error here and no signal later.
	err = syscall.Fallocate(fd, 0, 0, claims*8)
	if err == syscall.EOPNOTSUPP {
		err = syscall.Ftruncate(fd, claims*8)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	mem, err := syscall.Mmap(fd, 0, claims*8, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &Claims{words: (*[claims]uint64)(unsafe.Pointer(&mem[0]))}, nil
}

// Close ends the use of the file; claims stay.
func (c *Claims) Close() {
	_ = syscall.Munmap(unsafe.Slice((*byte)(unsafe.Pointer(c.words)), claims*8))
}

// Busy returns the CPUs that live processes other than this one have.
func (c *Claims) Busy() (s cpus.Set) {
	for cpu := range c.words {
		if w := atomic.LoadUint64(&c.words[cpu]); w != 0 && uint32(w) != uint32(syscall.Getpid()) && holds(w) {
			s.Add(cpu)
		}
	}
	return s
}

// Take claims all of these CPUs for this process, or none if another has one of them.
func (c *Claims) Take(list []int) bool {
	mine := claim()
	for i, cpu := range list {
		if cpu < 0 || cpu >= claims {
			continue
		}
		w := atomic.LoadUint64(&c.words[cpu])
		if w != 0 && uint32(w) != uint32(mine) && holds(w) || !atomic.CompareAndSwapUint64(&c.words[cpu], w, mine) {
			for _, cpu := range list[:i] {
				if cpu >= 0 && cpu < claims {
					atomic.CompareAndSwapUint64(&c.words[cpu], mine, 0)
				}
			}
			return false
		}
	}
	return true
}

// claim is this process and now: the process id below, hundredths of a second since the machine began above.
func claim() uint64 {
	return uint64(clock(clockBoottime)/10e6+1)<<32 | uint64(uint32(syscall.Getpid()))
}

// holds reports whether the process of a claim is still the one that made it.
func holds(w uint64) bool { return born(uint32(w), int64(w>>32)*10e6) }
