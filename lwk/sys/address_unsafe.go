package sys

import (
	"unsafe"

	"github.com/skerry-os/skerry/lwk/hal"
)

// A pointer that goes through an interface makes the compiler put what it points to on the heap, where
// it stays for good, as nothing is collected while a program runs. The functions below hide pointers to
// buffers on the stack. That is safe because the platform's methods do not keep them, and because a
// core's stack is grown once for all (see sched.Core.Loop), so that addresses of it stay what they are.

func hide[T any](p *T) *T { return (*T)(unsafe.Add(unsafe.Pointer(nil), uintptr(unsafe.Pointer(p)))) }

func hideBytes(b []byte) []byte { return unsafe.Slice(hide(unsafe.SliceData(b)), len(b)) }

// copyIn and copyOut are the methods of hal.User.
func (s *Sys) copyIn(dst []byte, src uintptr) hal.Errno  { return s.User.CopyIn(hideBytes(dst), src) }
func (s *Sys) copyOut(dst uintptr, src []byte) hal.Errno { return s.User.CopyOut(dst, hideBytes(src)) }

// inlineArgs is hal.Platform.Inline.
func (s *Sys) inlineArgs(nr uintptr, args *[6]uint64) int64 { return s.Plat.Inline(nr, hide(args)) }

// address is where a buffer of the LWK's lies, for a system call of its own that is made at once.
func address(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }

// bytesString views bytes that do not change while the string is in use.
func bytesString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// address64 is that of an array of words.
func address64(w *[2]uint64) uint64 { return uint64(uintptr(unsafe.Pointer(w))) }

// addressOf is where a string of the LWK's lies that ends with a zero byte.
func addressOf(s string) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.StringData(s)))) }

// addressWords is that of any number of words.
func addressWords(w []uint64) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(w)))) }
