package image

import "encoding/binary"

// Tags of the auxiliary vector (Linux, uapi/linux/auxvec.h and x86's).
const (
	ATNull        = 0
	ATPhdr        = 3
	ATPhent       = 4
	ATPhnum       = 5
	ATPagesz      = 6
	ATBase        = 7
	ATFlags       = 8
	ATEntry       = 9
	ATUID         = 11
	ATEUID        = 12
	ATGID         = 13
	ATEGID        = 14
	ATPlatform    = 15
	ATHwcap       = 16
	ATClktck      = 17
	ATSecure      = 23
	ATRandom      = 25
	ATHwcap2      = 26
	ATExecfn      = 31
	ATSysinfoEHDR = 33
	ATMinSigStkSz = 51
)

// AuxEntry is one pair of the auxiliary vector.
type AuxEntry struct{ Tag, Value uint64 }

// HostAux is what a program gets from the machine's own auxiliary vector unchanged. What the LWK
// answers differently is not in it: above all AT_RSEQ_* (27, 28), because rseq(2) is refused.
type HostAux struct {
	SysinfoEHDR          uint64 // where the vDSO is mapped, 0 if it is not
	MinSigStkSz          uint64 // bytes, 0 from a kernel that does not say
	HWCap, HWCap2        uint64
	PageSize, ClkTck     uint64 // bytes; ticks per second
	UID, EUID, GID, EGID uint64
	Secure               uint64
}

// ParseAux reads an auxiliary vector as it is in memory or in /proc/self/auxv: pairs of 64-bit words
// up to AT_NULL or the end of raw; a half pair at the end is ignored. It does not allocate.
func ParseAux(raw []byte) (h HostAux) {
	for ; len(raw) >= 16; raw = raw[16:] {
		v := binary.LittleEndian.Uint64(raw[8:])
		switch binary.LittleEndian.Uint64(raw) {
		case ATNull:
			return h
		case ATSysinfoEHDR:
			h.SysinfoEHDR = v
		case ATMinSigStkSz:
			h.MinSigStkSz = v
		case ATHwcap:
			h.HWCap = v
		case ATHwcap2:
			h.HWCap2 = v
		case ATPagesz:
			h.PageSize = v
		case ATClktck:
			h.ClkTck = v
		case ATUID:
			h.UID = v
		case ATEUID:
			h.EUID = v
		case ATGID:
			h.GID = v
		case ATEGID:
			h.EGID = v
		case ATSecure:
			h.Secure = v
		}
	}
	return h
}

// Aux is the auxiliary vector for img loaded at bias, with its interpreter loaded at bias interpBase
// (0 without one), in Linux's order. Stack puts the addresses of its strings into AT_RANDOM, AT_EXECFN
// and AT_PLATFORM. A page size or clock that the host does not tell is 4096 and 100.
func Aux(img *Image, bias, interpBase uint64, host HostAux) []AuxEntry {
	a := make([]AuxEntry, 0, 24)
	if host.SysinfoEHDR != 0 {
		a = append(a, AuxEntry{ATSysinfoEHDR, host.SysinfoEHDR})
	}
	a = append(a, AuxEntry{ATHwcap, host.HWCap}, AuxEntry{ATPagesz, orElse(host.PageSize, PageSize)},
		AuxEntry{ATClktck, orElse(host.ClkTck, 100)})
	if host.MinSigStkSz != 0 {
		a = append(a, AuxEntry{ATMinSigStkSz, host.MinSigStkSz})
	}
	return append(a,
		AuxEntry{ATPhdr, bias + img.PhdrVaddr},
		AuxEntry{ATPhent, uint64(img.Phentsize)},
		AuxEntry{ATPhnum, uint64(img.Phnum)},
		AuxEntry{ATBase, interpBase},
		AuxEntry{ATFlags, 0},
		AuxEntry{ATEntry, bias + img.Entry},
		AuxEntry{ATUID, host.UID},
		AuxEntry{ATEUID, host.EUID},
		AuxEntry{ATGID, host.GID},
		AuxEntry{ATEGID, host.EGID},
		AuxEntry{ATSecure, host.Secure},
		AuxEntry{ATRandom, 0},
		AuxEntry{ATHwcap2, host.HWCap2},
		AuxEntry{ATExecfn, 0},
		AuxEntry{ATPlatform, 0},
	)
}

func orElse(v, otherwise uint64) uint64 {
	if v == 0 {
		return otherwise
	}
	return v
}
