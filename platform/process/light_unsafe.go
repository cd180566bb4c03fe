package process

import (
	"unsafe"

	"github.com/skerry-os/skerry/lwk/hal"
)

// Light calls. Much of what a system call through Go costs is the FS base: the program's and Go's
// thread-local storage are both found by it, and writing it twice takes 20 ns. Go code needs it only
//   - to call assembly in Go's old stack convention (the wrapper reloads g from thread-local storage),
//   - in the runtime, where a stack grows, memory is allocated, or the scheduler runs,
//
// so that what avoids both can run with the program's FS base. Such code is light.
//
// The assembly that light code needs is therefore called through func values, whose code follows Go's
// register convention (arguments in AX, BX, CX; results in AX, BX; R14 is g and X15 zero, both kept).
// And stacks must not even be thought to grow: the runtime's monitor asks a goroutine to yield by
// changing its g's stack bound, so that light code has a shadow of g in R14, a copy whose bound nobody
// changes. The real stack is made large once (growStack).
//
// Run returns light after a system call listed in lightCalls, whose handlers promise to be light or
// to call Settle first; after any other trap it settles itself. Settle puts back Go's FS base and g;
// the next Run is light again.

// maxLight bounds the numbers in lightCalls.
const maxLight = 512

// lightCalls are the system calls whose handlers are light. Light fills it.
var lightCalls [maxLight]bool

var (
	enter       func(c *core, ctx *hal.Context) uintptr
	settle      func(c *core)
	lookAway    func() // PAUSE
	nanotime    func() int64
	mark        func(m *markPoint) uintptr
	inUse       func() uint64
	getMXCSR    func() uint32
	setMXCSR    func(v uint32)
	saveHigh    func(area uintptr)
	loadHigh    func(area uintptr)
	switchPlain func(from, to uintptr, mask uint64) uintptr
	userCopy    func(dst, src, n uintptr) (v, err uintptr)
	userZero    func(dst, n, unused uintptr) (v, err uintptr)
	userLoad32  func(addr, a, b uintptr) (v, err uintptr)
	userStore32 func(addr, val, b uintptr) (v, err uintptr)
	userLoad64  func(addr, a, b uintptr) (v, err uintptr)
	userStore64 func(addr, val, b uintptr) (v, err uintptr)
	userCAS32   func(addr, old, new uintptr) (v, err uintptr)
)

// makeLight makes the func values. A func value is a pointer to a record that begins with the code's
// address; the records are the words of symbols, which never move.
func makeLight() {
	enter = funcAt[func(*core, *hal.Context) uintptr](0)
	settle = funcAt[func(*core)](1)
	lookAway = funcAt[func()](2)
	inUse = funcAt[func() uint64](3)
	getMXCSR = funcAt[func() uint32](4)
	setMXCSR = funcAt[func(uint32)](5)
	saveHigh, loadHigh = funcAt[func(uintptr)](6), funcAt[func(uintptr)](7)
	switchPlain = funcAt[func(from, to uintptr, mask uint64) uintptr](15)
	nanotime = funcAt[func() int64](16)
	mark = funcAt[func(*markPoint) uintptr](17)
	for i, f := range [...]*func(a, b, c uintptr) (v, err uintptr){&userCopy, &userZero, &userLoad32,
		&userStore32, &userLoad64, &userStore64, &userCAS32} {
		*f = funcAt[func(a, b, c uintptr) (v, err uintptr)](8 + i)
	}
}

func funcAt[F any](i int) F {
	p := unsafe.Pointer(&symbols[symLight+i])
	return *(*F)(unsafe.Pointer(&p))
}

// gPart is how much of a g the shadow copies; the rest of its room stays zero. The runtime's structure
// is a little smaller.
const gPart, gRoom = 384, 1024

// makeShadow makes the core's shadow g, on the core's own goroutine.
func (c *core) makeShadow() {
	a := addressOf(&c.shadowG)
	// The word below the FS base is g (the runtime's convention on this system).
	g := *at[uintptr](c.gofs - 8)
	for i := uintptr(0); i < gPart; i += 8 {
		*at[uint64](a + i) = *at[uint64](g + i)
	}
	c.shadow, c.curfs = a, c.gofs
}

// Settle implements hal.Core.
func (c *core) Settle() { settle(c) }

// Light implements hal.Platform.
func (p *Platform) Light(nr int) {
	if nr >= 0 && nr < maxLight {
		lightCalls[nr] = true
	}
}
