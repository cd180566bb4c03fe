package native

import (
	"sync/atomic"

	"github.com/skerry-os/skerry/abi"
)

// Park halts all cores for good, the caller's last. The others stop wherever they are: by an NMI.
func Park() {
	pretouch()
	park()
}

//go:nosplit
func park() {
	atomic.StoreUint32(&stopping, 1)
	me := getCPU().index
	for i := range boot().NCores {
		if i != me {
			sendIPI(cpus[i%abi.MaxCores].apic, ipiNMI)
		}
	}
	atomic.StoreUint32(&coreBlock(me).State, abi.CoreParked)
	stopForever()
}

// pretouch has the stack below the caller's frame get its pages, for calls that hold a lock which the
// trap for missing pages takes as well.
//
//go:noinline
func pretouch() {
	var room [pageSize]byte
	touch(&room)
}

//go:noinline
func touch(p *[pageSize]byte) { p[0] = 1 }
