package triage

import (
	"math"
	"math/bits"
	"strconv"
)

// Arg is one argument of a call.
type Arg struct {
	Name string // as in the manual
	Kind Kind
	Size uint32 // bytes: of a scalar in its register, of a struct, of one element, or the most of a string
	Len  int8   // index of the argument that holds (or points to) length, count or request; -1 none
	Opt  bool   // may be NULL
}

// Extent returns how many bytes at argument i the kernel may touch, given the call's six argument
// registers. Linux may touch fewer, never more; 0 means none at all, even if the address is bad, and
// math.MaxUint64 stands for a product that overflows. For a kind that holds addresses it is the outer
// memory. ok is false where registers do not tell: strings, lengths kept in memory, variants, and
// arguments that are no pointers. A NULL argument is the caller's to see first. Extent neither
// allocates nor blocks.
func (c *Call) Extent(i int, regs *[6]uint64) (n uint64, ok bool) {
	if uint(i) >= uint(len(c.Args)) {
		return 0, false
	}
	return c.ExtentOf(&c.Args[i], regs)
}

// ExtentOf is Extent for an argument as Resolve returns it.
func (c *Call) ExtentOf(a *Arg, regs *[6]uint64) (n uint64, ok bool) {
	if !a.Kind.has(kExtent) {
		return 0, false
	}
	if a.Len < 0 {
		return uint64(a.Size), true
	}
	length := c.Args[a.Len].length(regs[a.Len])
	switch a.Kind {
	case SigSetIn, SigSetOut:
		if length > 8 {
			return 0, true // EINVAL before the mask is looked at
		}
		return length, true
	case FDSet:
		return words(length), true
	case NodeMaskIn, NodeMaskOut:
		if length == 0 {
			return 0, true
		}
		return words(length - 1), true
	case PageVecOut:
		return length/4096 + min(length%4096, 1), true
	case MsgBufIn, MsgBufOut:
		if length > math.MaxUint64-8 {
			return math.MaxUint64, true
		}
		return 8 + length, true
	}
	high, low := bits.Mul64(length, uint64(a.Size))
	if high != 0 {
		return math.MaxUint64, true
	}
	return low, true
}

// length reads the register of an argument that holds a length, as wide and as signed as Linux does. A
// negative length is EINVAL before any memory is touched, hence 0.
func (a *Arg) length(reg uint64) uint64 {
	signed := int64(reg)
	if a.Size == 4 {
		reg, signed = uint64(uint32(reg)), int64(int32(reg))
	}
	if a.Kind == Int && signed < 0 {
		return 0
	}
	return reg
}

// words rounds a number of bits up to whole words of 8 bytes and returns bytes.
func words(n uint64) uint64 { return (n/64 + min(n%64, 1)) * 8 }

// Describe returns argument i in one word: name:Kind, then [length] or (bytes), then ? if it may be
// NULL. It allocates.
func (c *Call) Describe(i int) string {
	a := &c.Args[i]
	s := a.Name + ":" + a.Kind.String()
	size := strconv.FormatUint(uint64(a.Size), 10)
	switch {
	case !a.Kind.Pointer() && !a.Kind.MayPoint():
	case a.Kind.MayPoint():
		if a.Len >= 0 {
			s += "[by " + c.Args[a.Len].Name + "]"
		}
	case a.Len < 0:
		s += "(" + size + ")"
	case a.Size > 1:
		s += "[" + c.Args[a.Len].Name + "*" + size + "]"
	default:
		s += "[" + c.Args[a.Len].Name + "]"
	}
	if a.Opt {
		s += "?"
	}
	return s
}
