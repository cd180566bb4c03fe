package signal

import (
	"encoding/binary"
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
)

// Values of Info.Code that say who sent a signal (uapi/asm-generic/siginfo.h). Codes above CodeUser
// are the kernel's.
const (
	CodeUser   int32 = 0    // kill
	CodeKernel int32 = 0x80 // the kernel, no more known
	CodeQueue  int32 = -1   // sigqueue
	CodeTimer  int32 = -2   // a timer of timer_create
	CodeTkill  int32 = -6   // tkill, tgkill

	codeDethread int32 = -7 // the lowest of a row of codes whose layout is known
	codeAsyncNL  int32 = -60
)

// InfoSize is the size of a siginfo_t in the program's memory, in bytes.
const InfoSize = 128

// Info is what a siginfo_t says: its first 48 bytes, in its own layout. The kernel fills no more; the
// other bytes are zero. What Union means depends on Signo and Code: see the constructors.
type Info struct {
	Signo, Errno, Code int32
	_                  int32
	Union              [4]uint64
}

func pair(lo, hi uint32) uint64 { return uint64(lo) | uint64(hi)<<32 }

// Kill is the siginfo of kill(2) by a process.
func Kill(sig int, pid int32, uid uint32) Info {
	return Info{Signo: int32(sig), Code: CodeUser, Union: [4]uint64{pair(uint32(pid), uid)}}
}

// Tgkill is that of tkill(2) and tgkill(2).
func Tgkill(sig int, pid int32, uid uint32) Info {
	return Info{Signo: int32(sig), Code: CodeTkill, Union: [4]uint64{pair(uint32(pid), uid)}}
}

// Queued is that of sigqueue(3) with a value.
func Queued(sig int, pid int32, uid uint32, value uint64) Info {
	return Info{Signo: int32(sig), Code: CodeQueue, Union: [4]uint64{pair(uint32(pid), uid), value}}
}

// Fault is that of a processor exception at addr, with the code that Linux gives it (SEGV_MAPERR...).
func Fault(sig int, code int32, addr uint64) Info {
	return Info{Signo: int32(sig), Code: code, Union: [4]uint64{addr}}
}

// Child is that of SIGCHLD. code is CLD_EXITED and the like, times are in clock ticks.
func Child(code, pid int32, uid uint32, status int32, utime, stime uint64) Info {
	return Info{Signo: int32(sigCHLD), Code: code,
		Union: [4]uint64{pair(uint32(pid), uid), uint64(uint32(status)), utime, stime}}
}

// Timer is that of a timer's expiry: the timer's id, how many expiries were missed, sigev_value.
func Timer(sig int, id, overrun int32, value uint64) Info {
	return Info{Signo: int32(sig), Code: CodeTimer, Union: [4]uint64{pair(uint32(id), uint32(overrun)), value}}
}

// Kernel is that of a signal that the kernel sends by itself, with no more to say.
func Kernel(sig int) Info { return Info{Signo: int32(sig), Code: CodeKernel} }

// FromSlot makes an Info of the first 48 bytes of a siginfo_t as six words.
func FromSlot(w [6]uint64) Info {
	return Info{Signo: int32(w[0]), Errno: int32(w[0] >> 32), Code: int32(w[1]), Union: [4]uint64{w[2], w[3], w[4], w[5]}}
}

// Slot is FromSlot's inverse.
func (i *Info) Slot() [6]uint64 {
	return [6]uint64{pair(uint32(i.Signo), uint32(i.Errno)), uint64(uint32(i.Code)), i.Union[0], i.Union[1], i.Union[2], i.Union[3]}
}

// Encode writes the siginfo_t to b.
func (i *Info) Encode(b *[InfoSize]byte) {
	for k, w := range i.Slot() {
		binary.LittleEndian.PutUint64(b[8*k:], w)
	}
	clear(b[48:])
}

// CopyOut writes the siginfo_t to the program's address dst.
func (i *Info) CopyOut(user hal.User, dst uintptr) hal.Errno {
	for k, w := range i.Slot() {
		if e := user.Store64(dst+uintptr(8*k), w); e != 0 {
			return e
		}
	}
	return user.Zero(dst+48, InfoSize-48)
}

// CopyIn reads what the program passes to rt_sigqueueinfo(2) for signal sig. A code of unknown layout
// with more than 48 bytes in it is E2BIG, as in Linux. Whether the program may claim the code
// (EPERM) is the caller's to judge.
func CopyIn(user hal.User, src uintptr, sig int) (Info, hal.Errno) {
	var w [6]uint64
	for k := range w {
		v, e := user.Load64(src + uintptr(8*k))
		if e != 0 {
			return Info{}, e
		}
		w[k] = v
	}
	i := FromSlot(w)
	i.Signo = int32(sig)
	if i.Code < codeDethread && i.Code != codeAsyncNL {
		for off := uintptr(48); off < InfoSize; off += 8 {
			if v, e := user.Load64(src + off); e != 0 {
				return Info{}, e
			} else if v != 0 {
				return Info{}, syscall.E2BIG
			}
		}
	}
	return i, 0
}
