package proxy

import (
	"slices"
	"sync/atomic"

	"github.com/skerry-os/skerry/abi"
)

func (w window) sort() {
	slices.SortFunc(w, func(a, b span) int { return int(a.start>>12) - int(b.start>>12) })
}

// piece returns the enclave's memory behind a program address or one of the LWK's, as far as it goes in
// one granule; nil where there is none. It never faults: what it returns is memory that stays mapped,
// whatever becomes of the program's address meanwhile.
func (s *space) piece(at uint64) []byte {
	if at >= abi.LinearBase {
		off := at - abi.LinearBase
		if off >= s.size {
			return nil
		}
		return s.mem[off:min(s.size, off&^(abi.Granule-1)+abi.Granule)]
	}
	if !s.window.starts(at) {
		return nil
	}
	g := uint64(atomic.LoadUint32(&s.granule[at/abi.Granule%granules]))
	if g == 0 || g > s.size/abi.Granule {
		return nil
	}
	return s.mem[(g-1)*abi.Granule+at%abi.Granule : g*abi.Granule]
}

// read copies the program's memory at an address to dst, as far as it is there, and returns how much.
func (s *space) read(dst []byte, at uint64) (n int) {
	for n < len(dst) {
		p := s.piece(at + uint64(n))
		if p == nil {
			break
		}
		n += copy(dst[n:], p)
	}
	return n
}

// write is the opposite.
func (s *space) write(at uint64, src []byte) (n int) {
	for n < len(src) {
		p := s.piece(at + uint64(n))
		if p == nil {
			break
		}
		n += copy(p, src[n:])
	}
	return n
}

// missing returns the first address of [at, at+n), which is in the window, that nothing backs.
func (s *space) missing(at, n uint64) (uint64, bool) {
	if n == 0 {
		return 0, false
	}
	for g := at / abi.Granule; g <= (at+n-1)/abi.Granule; g++ {
		if atomic.LoadUint32(&s.granule[g%granules]) == 0 {
			return max(at, g*abi.Granule), true
		}
	}
	return 0, false
}
