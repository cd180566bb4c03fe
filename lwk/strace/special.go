package strace

import (
	"github.com/skerry-os/skerry/abi/triage"
)

// special shows what has a form of its own; false: the argument's kind says it all. i is the argument's
// index.
func (p *printer) special(i int, a *triage.Arg, v uint64) bool {
	if !a.Kind.Pointer() && !a.Kind.MayPoint() {
		return p.specialNumber(i, v)
	}
	filled := p.over && p.ret >= 0 // what Linux writes is there
	switch uint32(p.call.Nr)<<4 | uint32(i) {
	case 4<<4 | 1, 5<<4 | 1, 6<<4 | 1, 262<<4 | 2:
		return filled && p.stat(v)
	case 332<<4 | 4:
		return filled && p.statx(v)
	case 7<<4 | 0, 271<<4 | 0:
		return p.pollfds(v, p.call.Args[1], false)
	case 232<<4 | 1, 281<<4 | 1, 441<<4 | 1:
		return filled && p.epolls(v, uint64(p.ret))
	case 233<<4 | 3:
		return p.epoll(v)
	case 13<<4 | 1:
		return p.action(v)
	case 13<<4 | 2:
		return filled && p.action(v)
	case 131<<4 | 0:
		return p.stack(v)
	case 131<<4 | 1:
		return filled && p.stack(v)
	case 22<<4 | 0, 293<<4 | 0, 53<<4 | 3:
		return filled && p.pair(v)
	case 61<<4 | 1:
		return filled && p.ret > 0 && p.status(v)
	case 61<<4 | 3, 98<<4 | 1:
		return filled && (p.call.Nr == 98 || p.ret > 0) && p.rusage(v)
	case 97<<4 | 1, 302<<4 | 3:
		return filled && p.rlimit(v)
	case 160<<4 | 1, 302<<4 | 2:
		return p.rlimit(v)
	case 63<<4 | 0:
		return filled && p.uname(v)
	case 99<<4 | 0:
		return filled && p.sysinfo(v)
	case 137<<4 | 1, 138<<4 | 1:
		return filled && p.statfs(v)
	case 96<<4 | 0, 36<<4 | 1, 38<<4 | 2:
		return filled && p.timevals(v, p.call.Nr != 96)
	case 38<<4 | 1:
		return p.timevals(v, true)
	case 23<<4 | 4:
		return p.timevals(v, false)
	case 223<<4 | 2, 286<<4 | 2:
		return p.timespecs(v)
	case 223<<4 | 3, 286<<4 | 3, 224<<4 | 1, 287<<4 | 1:
		return filled && p.timespecs(v)
	case 280<<4 | 2:
		return p.times(v)
	case 46<<4 | 1:
		return p.msghdr(v, 1<<30)
	case 47<<4 | 1:
		return filled && p.msghdr(v, uint64(p.ret))
	case 203<<4 | 2:
		return p.cpus(v, p.call.Args[1])
	case 204<<4 | 2:
		return filled && p.cpus(v, uint64(p.ret))
	case 217<<4 | 1, 78<<4 | 1:
		return filled && p.entries(v)
	case 435<<4 | 0:
		return p.cloneArgs(v)
	case 16<<4 | 2:
		return p.ioctl(v)
	case 72<<4 | 2:
		return p.fcntl(v)
	case 202<<4 | 3:
		return p.futexTimeout(v)
	case 157<<4 | 1:
		return p.prctl(v)
	case 79<<4 | 0:
		return filled && p.text0(v, uint64(p.ret))
	case 437<<4 | 2:
		return p.openHow(v)
	case 54<<4 | 3, 55<<4 | 3:
		return (p.call.Nr == 54 || filled) && p.number4(v)
	}
	return false
}

// specialNumber shows numbers that mean something else than their kind says.
func (p *printer) specialNumber(i int, v uint64) bool {
	switch {
	case p.call.Nr == 202 && i == 5, p.call.Nr == 202 && i == 2 && p.call.Args[1]&127 != 1 && p.call.Args[1]&127 != 10:
		if i == 5 && uint32(v) == ^uint32(0) {
			p.str("FUTEX_BITSET_MATCH_ANY")
		} else {
			p.unum(uint64(uint32(v)))
		}
		return true
	case p.call.Nr == 202 && i == 2 && int32(v) == 1<<31-1:
		p.str("INT_MAX")
		return true
	case p.call.Nr == 16 && i == 1: // ioctl's request
		for _, s := range ioctls {
			if s.v == v {
				p.str(s.n)
				return true
			}
		}
		p.hex(v)
		return true
	}
	return false
}
