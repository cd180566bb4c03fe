package sys

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/sched"
)

// personality(2). Linux is told of what only concerns its own calls, by each of its threads. What places
// memory or protects it would do so to the LWK: that is kept here, for the program alone.
const (
	pageZero     = 0x0100000 // MMAP_PAGE_ZERO: no page is mapped there
	compatLayout = 0x0200000 // ADDR_COMPAT_LAYOUT: places are the LWK's choice in any case
	readExec     = 0x0400000 // READ_IMPLIES_EXEC
	limit32      = 0x0800000 // ADDR_LIMIT_32BIT and ADDR_LIMIT_3GB: nothing to a 64-bit program, on Linux as well
	limit3G      = 0x8000000
	funcPtrs     = 0x0080000 // FDPIC_FUNCPTRS: other machines'
	keptHere     = pageZero | compatLayout | readExec | limit32 | limit3G | funcPtrs
)

func personality(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	const query = 0xffffffff
	c.HAL.Settle()
	p := uint32(t.Args[0])
	linux := s.inline(syscall.SYS_PERSONALITY, query, 0, 0, 0)
	if linux < 0 {
		return linux
	}
	have := int64(uint32(linux)&^keptHere | s.Proc.Persona)
	if p == query {
		return have
	}
	args := [6]uint64{uint64(uint32(linux)&keptHere | p&^keptHere)}
	if args[0] != uint64(linux) {
		if r := s.everywhere(c, t, syscall.SYS_PERSONALITY, &args); r < 0 {
			return r
		}
	}
	s.Proc.Persona = p & keptHere
	return have
}

// implied adds what a readable mapping of this program may do besides.
func (s *Sys) implied(prot int32) int32 {
	if s.Proc.Persona&readExec != 0 && prot&syscall.PROT_READ != 0 {
		prot |= syscall.PROT_EXEC
	}
	return prot
}
