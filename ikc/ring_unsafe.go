package ikc

import (
	"fmt"
	"unsafe"
)

// A slot is exactly one cache line, a cursor as well.
var (
	_ [SlotSize]byte = [unsafe.Sizeof(Slot{})]byte{}
	_ [64]byte       = [unsafe.Sizeof(Cursor{})]byte{}
)

// At returns the ring of n slots (a power of two from 2, with which full and empty differ, to MaxSlots) that lies at addr, which must be
// 64-byte aligned and stay mapped, n*SlotSize bytes, for as long as the ring is used.
//
// It is safe because every index is masked to n-1 before use, whatever the memory says.
func At(addr uintptr, n int) (Ring, error) {
	if n < 2 || n > MaxSlots || n&(n-1) != 0 {
		return Ring{}, fmt.Errorf("ikc: ring of %d slots: must be a power of two from 2 to %d", n, MaxSlots)
	}
	if addr == 0 || addr%SlotSize != 0 {
		return Ring{}, fmt.Errorf("ikc: ring at %#x: must be aligned to %d bytes", addr, SlotSize)
	}
	return Ring{slots: (*[MaxSlots]Slot)(unsafe.Add(unsafe.Pointer(nil), addr)), mask: uint32(n - 1)}, nil
}

// advance sets the position without a locked instruction. Safe: nobody else uses the cursor.
//
//go:nosplit
func (c *Cursor) advance(p uint32) { *(*uint32)(unsafe.Pointer(&c.pos)) = p }
