package load

import (
	"unsafe"

	"github.com/skerry-os/skerry/abi"
)

// writeBoot copies the boot page to its place; safe: it holds no pointers, and mem is checked to be
// larger.
func writeBoot(mem []byte, b *abi.Boot) {
	copy(mem, unsafe.Slice((*byte)(unsafe.Pointer(b)), unsafe.Sizeof(*b)))
}
