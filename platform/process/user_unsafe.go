package process

import (
	"syscall"
	"unsafe"

	"github.com/skerry-os/skerry/lwk/hal"
)

// user implements hal.User by the routines of user_amd64.s. Handing them a Go slice's address as a
// number is safe because they are called at once and the core's goroutine stack cannot move
// meanwhile.
type user struct{}

// userEnd: program addresses are below it.
const userTop = 0x7ffffffff000

func bad(addr, n uintptr) bool { return addr >= userTop || n > userTop-addr }

func result(_, err uintptr) hal.Errno { return hal.Errno(err) }

func (user) CopyIn(dst []byte, src uintptr) hal.Errno {
	if bad(src, uintptr(len(dst))) {
		return syscall.EFAULT
	}
	return result(userCopy(uintptr(unsafe.Pointer(unsafe.SliceData(dst))), src, uintptr(len(dst))))
}

func (user) CopyOut(dst uintptr, src []byte) hal.Errno {
	if bad(dst, uintptr(len(src))) {
		return syscall.EFAULT
	}
	return result(userCopy(dst, uintptr(unsafe.Pointer(unsafe.SliceData(src))), uintptr(len(src))))
}

func (user) Zero(dst, n uintptr) hal.Errno {
	if bad(dst, n) {
		return syscall.EFAULT
	}
	return result(userZero(dst, n, 0))
}

func (user) Load32(addr uintptr) (uint32, hal.Errno) {
	if bad(addr, 4) {
		return 0, syscall.EFAULT
	}
	v, err := userLoad32(addr, 0, 0)
	return uint32(v), hal.Errno(err)
}

func (user) Store32(addr uintptr, v uint32) hal.Errno {
	if bad(addr, 4) {
		return syscall.EFAULT
	}
	return result(userStore32(addr, uintptr(v), 0))
}

func (user) CAS32(addr uintptr, old, new uint32) (uint32, hal.Errno) {
	if bad(addr, 4) {
		return 0, syscall.EFAULT
	}
	v, err := userCAS32(addr, uintptr(old), uintptr(new))
	return uint32(v), hal.Errno(err)
}

func (user) Load64(addr uintptr) (uint64, hal.Errno) {
	if bad(addr, 8) {
		return 0, syscall.EFAULT
	}
	v, err := userLoad64(addr, 0, 0)
	return uint64(v), hal.Errno(err)
}

func (user) Store64(addr uintptr, v uint64) hal.Errno {
	if bad(addr, 8) {
		return syscall.EFAULT
	}
	return result(userStore64(addr, uintptr(v), 0))
}

// bytesAt is memory outside the Go heap as a slice; see at.
func bytesAt(addr uintptr, n int) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(nil), addr)), n)
}

//go:nosplit
func addressOf[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }

//go:nosplit
func addr64(p *uint64) uintptr { return uintptr(unsafe.Pointer(p)) }
