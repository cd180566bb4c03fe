package native

import (
	"unsafe"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
)

// What the image's main function needs beside the platform.

// Program reads the program block.
func Program() (*enclave.Program, error) {
	s := boot().Program
	p, err := enclave.ParseProgram(unsafe.Slice((*byte)(pointerTo(abi.LinearBase+uintptr(s.Off))), s.Len))
	if err == nil {
		programPID = p.PID
	}
	return p, err
}

// programPID is the program's process number, 0: not known yet.
var programPID uint32

// CPUs returns Linux's numbers of the cores.
func CPUs() []int {
	b := boot()
	list := make([]int, b.NCores)
	for i := range list {
		list[i] = int(b.CPU[i])
	}
	return list
}

// Reserved returns address ranges that a program cannot have.
func Reserved() [][2]uintptr {
	list := [][2]uintptr{{windowEnd, abi.UserEnd}}
	for _, r := range boot().Reserved {
		if r[0] < r[1] {
			list = append(list, [2]uintptr{uintptr(r[0]), uintptr(r[1])})
		}
	}
	return list
}

// PoolMemory maps the pool of lwk/mem: addresses for as much memory as there is.
func (p *Platform) PoolMemory() (base, size uintptr) {
	const poolBase = 0x0f0000000000
	size = uintptr(boot().Free.Len)
	for _, r := range Reserved() {
		if r[0] < poolBase+size && poolBase < r[1] {
			return 0, 0 // the program runs without
		}
	}
	if mem.Map(poolBase, size, protRead|protWrite, mapAnon|2, -1, 0, false) != 0 {
		return 0, 0
	}
	return poolBase, size
}

// Fail tells Linux why there is nothing to run, and halts.
func Fail(errno int, why string) {
	n := min(len(why), ownSlot)
	copy(unsafe.Slice((*byte)(pointerTo(bounceAt(0))), ownSlot), why[:n])
	tell(abi.MsgFailed, [6]uint64{uint64(errno), 0, uint64(n)})
	depart()
}
