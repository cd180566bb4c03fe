package sys

import (
	"encoding/binary"
	"syscall"

	"github.com/skerry-os/skerry/lwk/sched"
)

// Credentials. To Linux they are each thread's own, and a program has many threads here that it does
// not know of: a call that changes nothing succeeds, a real change is refused with EPERM rather than
// done to one of them.

// ids are real, effective and saved user or group ids.
type ids [3]uint32

func (s *Sys) ids(group bool) (v ids) {
	nr := uintptr(syscall.SYS_GETRESUID)
	if group {
		nr = syscall.SYS_GETRESGID
	}
	var r, e, sv [4]byte
	s.inline(nr, address(r[:]), address(e[:]), address(sv[:]), 0)
	le := binary.LittleEndian
	return ids{le.Uint32(r[:]), le.Uint32(e[:]), le.Uint32(sv[:])}
}

// noChange answers a call that is to make the ids want.
func (s *Sys) noChange(have, want ids) int64 {
	for i, w := range want {
		if w != ^uint32(0) && w != have[i] {
			return s.notPermitted("a change of user or group; run skerry as that user")
		}
	}
	return 0
}

// notPermitted refuses, and says so to those who want to know.
func (s *Sys) notPermitted(what string) int64 {
	if s.Proc.Verbose {
		s.say("skerry: refused ", what, "\n")
	}
	return -int64(syscall.EPERM)
}

func setID(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	id := uint32(t.Args[0])
	if id == ^uint32(0) {
		return -int64(syscall.EINVAL)
	}
	have := s.ids(t.Nr == syscall.SYS_SETGID)
	want := ids{^uint32(0), id, ^uint32(0)}
	if have[1] == 0 { // with the privilege for it, all three
		want = ids{id, id, id}
	}
	return s.noChange(have, want)
}

func setReID(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	have := s.ids(t.Nr == syscall.SYS_SETREGID)
	want := ids{uint32(t.Args[0]), uint32(t.Args[1]), ^uint32(0)}
	if want[0] != ^uint32(0) || want[1] != ^uint32(0) && want[1] != have[0] {
		want[2] = have[1] // the saved id follows the effective one
		if want[1] != ^uint32(0) {
			want[2] = want[1]
		}
	}
	return s.noChange(have, want)
}

func setResID(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	return s.noChange(s.ids(t.Nr == syscall.SYS_SETRESGID), ids{uint32(t.Args[0]), uint32(t.Args[1]), uint32(t.Args[2])})
}

// setFSID answers as Linux does a change that it does not allow: with the id before, which stays.
func setFSID(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	return s.inline(uintptr(t.Nr), uint64(^uint32(0)), 0, 0, 0)
}

func setGroups(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	var have [4096]byte
	n := s.inline(syscall.SYS_GETGROUPS, uint64(len(have)/4), address(have[:]), 0, 0)
	if n < 0 || uint64(n) != t.Args[0] {
		return s.notPermitted("a change of the supplementary groups")
	}
	for i := range n {
		v, err := s.User.Load32(uintptr(t.Args[1]) + uintptr(4*i))
		if err != 0 {
			return errno(err)
		}
		if v != binary.LittleEndian.Uint32(have[4*i:]) {
			return s.notPermitted("a change of the supplementary groups")
		}
	}
	return 0
}

func capset(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	const version1 = 0x19980330
	var header [8]byte
	var have, want [24]byte
	if err := s.copyIn(header[:], uintptr(t.Args[0])); err != 0 {
		return errno(err)
	}
	size := len(want)
	if binary.LittleEndian.Uint32(header[:]) == version1 {
		size /= 2
	}
	if r := s.inline(syscall.SYS_CAPGET, address(header[:]), address(have[:]), 0, 0); r < 0 {
		return s.again(c, t) // an error, and Linux's to name
	}
	if err := s.copyIn(want[:size], uintptr(t.Args[1])); err != 0 {
		return errno(err)
	}
	if have != want {
		return s.notPermitted("a change of capabilities")
	}
	return 0
}

// apart refuses what would part one of Linux's threads from the others: their files, namespaces or
// restrictions.
func apart(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	if t.Nr == syscall.SYS_UNSHARE && t.Args[0] == 0 {
		return 0
	}
	return s.notPermitted("namespaces and restrictions of a thread's own; set them up around skerry run")
}

// onCore makes a call that is about the calling thread, to Linux, on the core: for the first thread
// that is the process, and what execve keeps.
func onCore(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	args := t.Args
	return s.inlineArgs(uintptr(t.Nr), &args)
}

// personality: what changes addresses or protections would change them for the LWK.
func personality(s *Sys, _ *sched.Core, t *sched.Thread) int64 {
	const query, noRandomize = 0xffffffff, 0x0040000
	p := uint64(uint32(t.Args[0]))
	have := s.inline(135, query, 0, 0, 0)
	if p == query || int64(p) == have {
		return have
	}
	if (p^uint64(have))&^noRandomize != 0 {
		if s.Proc.Verbose {
			s.say("skerry: refused a personality other than ADDR_NO_RANDOMIZE\n")
		}
		return -int64(syscall.EINVAL)
	}
	return s.inline(135, p, 0, 0, 0)
}
