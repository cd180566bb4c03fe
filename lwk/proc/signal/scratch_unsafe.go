package signal

import "unsafe"

// aligned returns the scratch's memory from its first multiple of 64 on, fpAt+MaxFPSize bytes.
//
// Safe: the address is only looked at to choose an index that the slice expression checks. Objects
// of the Go heap do not move, and a Scratch is there: parts of it go to methods of hal's interfaces.
func (s *Scratch) aligned() []byte {
	off := -uintptr(unsafe.Pointer(&s.raw)) & 63
	return s.raw[off : off+fpAt+MaxFPSize]
}
