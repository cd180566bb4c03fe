package process

import (
	"unsafe"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/ikc"
)

// peakMemory is the most memory that the process ever had resident, in bytes (getrusage(2),
// ru_maxrss). Unlike /proc/self/statm it needs no descriptor, whose number the program might get to
// see missing.
//
//go:nosplit
func peakMemory() uint64 {
	var ru [18]uint64
	raw(98, 0, uintptr(unsafe.Pointer(&ru[0])), 0, 0, 0, 0)
	return ru[4] << 10
}

// overLimit tells the LWK, once, when the program came to hold more memory than the enclave has.
//
//go:nosplit
func (e *enclave) overLimit() bool {
	have := peakMemory()
	if have <= e.limit {
		return false
	}
	e.limit = 0
	m := ikc.Slot{Kind: abi.MsgMemory | e.home<<8}
	m.Args[0] = have
	e.reply(&m)
	e.cores[e.home%maxCores].Kick()
	return true
}
