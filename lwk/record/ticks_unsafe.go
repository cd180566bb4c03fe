package record

import "unsafe"

// ticks is Ticks for a core: a call of the assembly function would go through a wrapper that loads g
// from thread-local storage, which is the program's while a light call is handled (hal.Core.Settle). A
// func value is a pointer to a record that begins with the code's address.
var ticks = func() func() uint64 {
	ticksAt = ticksAddress()
	p := unsafe.Pointer(&ticksAt)
	return *(*func() uint64)(unsafe.Pointer(&p))
}()

var ticksAt uintptr

func ticksAddress() uintptr
