package triage

import "syscall"

// Choice says what a variant argument is for a range of values of the argument that selects (Arg.Len).
// Kind Int is any number. Sources: the manual pages of the calls, and the kernel's uapi headers.
type Choice struct {
	From, To uint64 // values, both included
	Kind     Kind
	Size     uint32 // as Arg.Size
	Len      int8   // as Arg.Len, for kinds that have a length
}

// anyValue covers all values of the selecting argument.
const anyValue = ^uint64(0)

func one(v uint64, k Kind, size uint32) Choice { return Choice{v, v, k, size, -1} }
func from(v, w uint64, k Kind, size uint32) Choice {
	return Choice{v, w, k, size, -1}
}

// variants has the choices of each variant argument; what has none, or is in no range, is not
// described, and no proxy that must check its arguments makes the call.
var variants = [...]struct {
	nr  uint16
	arg uint8
	of  []Choice
}{
	{16, 2, ioctls},
	{31, 2, []Choice{one(0, Int, 8), one(1, StructIn, 112), one(2, StructOut, 112), one(3, StructOut, 72), from(11, 12, Int, 8),
		one(13, StructOut, 112), one(14, StructOut, 48), one(15, StructOut, 112)}},
	{66, 3, []Choice{one(0, Int, 8), one(1, StructIn, 104), one(2, StructOut, 104), one(3, StructOut, 40), from(11, 12, Int, 8),
		one(13, AtMost, 1<<17), from(14, 16, Int, 8), one(17, AtMost, 1<<17), one(18, StructOut, 104), one(19, StructOut, 40), one(20, StructOut, 104)}},
	{71, 2, []Choice{one(0, Int, 8), one(1, StructIn, 120), one(2, StructOut, 120), one(3, StructOut, 32), one(11, StructOut, 120),
		one(12, StructOut, 32), one(13, StructOut, 120)}},
	{72, 2, fcntls},
	{125, 1, []Choice{from(0, anyValue, AtMost, 24)}}, {126, 1, []Choice{from(0, anyValue, AtMost, 24)}},
	{157, 1, prctls}, {157, 2, prctlRest}, {157, 3, prctlRest}, {157, 4, prctlRest},
	{165, 4, []Choice{from(0, anyValue, Options, 4096)}},
	{169, 3, []Choice{from(0, 0xa1b2c3d3, Int, 8), one(0xa1b2c3d4, String, 256), from(0xa1b2c3d5, 0xffffffff, Int, 8)}},
	{179, 3, []Choice{from(0, anyValue, AtMost, 4096)}},
	{202, 3, futexTimeouts},
	{303, 3, []Choice{from(0, anyValue, AtMost, 8)}},
	{431, 3, []Choice{one(0, Int, 8), one(1, String, 256), {2, 2, BufIn, 1, 4}, from(3, 4, Path, pathMax), from(5, 8, Int, 8)}},
	{443, 3, []Choice{from(0, anyValue, AtMost, 4096)}},
	{445, 2, []Choice{one(1, StructIn, 12), one(2, StructIn, 16)}},
}

var fcntls = []Choice{
	from(0, 4, Int, 8), one(5, StructInOut, 32), from(6, 7, StructIn, 32), from(8, 11, Int, 8), one(15, StructIn, 8),
	one(16, StructOut, 8), one(17, StructOut, 8), one(36, StructInOut, 32), from(37, 38, StructIn, 32), from(1024, 1034, Int, 8),
	one(1035, StructOut, 8), one(1036, StructIn, 8), one(1037, StructOut, 8), one(1038, StructIn, 8),
}

// prctls is about the process, about rights (which then change in every thread, see PrctlEvery), or
// harmless; what changes addresses or how calls are made is not here.
var prctls = []Choice{
	one(1, Int, 8), one(2, StructOut, 4), from(3, 4, Int, 8), from(7, 8, Int, 8), one(15, String, 16), one(16, StructOut, 16),
	one(21, Int, 8), from(23, 24, Int, 8), one(25, StructOut, 4), from(27, 30, Int, 8), one(36, Int, 8), one(37, StructOut, 4),
	from(38, 39, Int, 8), one(42, Int, 8), one(47, Int, 8), one(52, Int, 8), from(57, 58, Int, 8), one(0x59616d61, Int, 8),
}

// PrctlEvery reports whether a prctl option changes rights that Linux keeps for each thread.
func PrctlEvery(option uint32) bool {
	switch option {
	case 8, 24, 28, 38, 47, 57: // KEEPCAPS, CAPBSET_DROP, SECUREBITS, NO_NEW_PRIVS, CAP_AMBIENT, IO_FLUSHER
		return true
	}
	return false
}

var prctlRest = []Choice{from(0, anyValue, Int, 8)}

// futexTimeouts is by the operation: its low 7 bits, with the flags PRIVATE (128) and CLOCK_REALTIME (256).
// Operations with owners are not here: Linux would take the proxy for one.
var futexTimeouts = []Choice{
	one(0, TimeSpecIn, 16), one(9, TimeSpecIn, 16), one(1, Int, 8), from(3, 5, Int, 8), one(10, Int, 8),
	one(128, TimeSpecIn, 16), one(137, TimeSpecIn, 16), one(129, Int, 8), from(131, 133, Int, 8), one(138, Int, 8),
	one(256, TimeSpecIn, 16), one(265, TimeSpecIn, 16), one(384, TimeSpecIn, 16), one(393, TimeSpecIn, 16),
}

const siocGIFCONF = 0x8912

// ioctls are the requests of terminals, sockets, files and the like whose argument is a number or
// memory without addresses.
var ioctls = []Choice{
	// Terminals (ioctl_tty(2)).
	one(0x5401, StructOut, 36), from(0x5402, 0x5404, StructIn, 36), one(0x5405, StructOut, 18), from(0x5406, 0x5408, StructIn, 18),
	from(0x5409, 0x540e, Int, 8), one(0x540f, StructOut, 4), one(0x5410, StructIn, 4), one(0x5411, StructOut, 4), one(0x5412, StructIn, 1),
	one(0x5413, StructOut, 8), one(0x5414, StructIn, 8), one(0x5415, StructOut, 4), from(0x5416, 0x5418, StructIn, 4),
	one(0x5419, StructOut, 4), one(0x541a, StructIn, 4), one(0x541b, StructOut, 4), one(0x541d, Int, 8), from(0x5420, 0x5421, StructIn, 4),
	one(0x5422, Int, 8), one(0x5423, StructIn, 4), one(0x5424, StructOut, 4), one(0x5425, Int, 8), from(0x5427, 0x5428, Int, 8),
	one(0x5429, StructOut, 4), one(0x802c542a, StructOut, 44), from(0x402c542b, 0x402c542d, StructIn, 44), one(0x80045430, StructOut, 4),
	one(0x40045431, StructIn, 4), one(0x80045432, StructOut, 4), one(0x5437, Int, 8), from(0x80045438, 0x80045440, StructOut, 4),
	one(0x5441, Int, 8), from(0x5450, 0x5451, Int, 8), one(0x5452, StructIn, 4), one(0x5456, StructOut, 36), one(0x5457, StructIn, 36),
	one(0x545d, StructOut, 80), one(0x5460, StructOut, 8),
	// The console (ioctl_console(2)).
	one(0x4b33, StructOut, 1), one(0x4b3a, Int, 8), one(0x4b3b, StructOut, 4), one(0x4b44, StructOut, 4), one(0x4b45, Int, 8),
	one(0x5600, StructOut, 4), one(0x5603, StructOut, 6), from(0x5606, 0x5607, Int, 8),
	// Sockets and interfaces (socket(7), netdevice(7)): struct ifreq is 40 bytes.
	from(0x8901, 0x8902, StructIn, 4), from(0x8903, 0x8905, StructOut, 4), from(0x8906, 0x8907, StructOut, 16), one(siocGIFCONF, NestedInOut, 16),
	one(0x8910, StructInOut, 40), from(0x8913, 0x8927, StructInOut, 40), from(0x8929, 0x8939, StructInOut, 40),
	from(0x8942, 0x8943, StructInOut, 40), one(0x894b, StructOut, 4), from(0x8953, 0x8955, StructInOut, 68), from(0x8970, 0x8971, StructInOut, 40),
	// Files, file systems and block devices.
	one(0x80086601, StructOut, 8), one(0x40086602, StructIn, 8), one(0x80087601, StructOut, 8), one(0x40087602, StructIn, 8),
	one(0x801c581f, StructOut, 28), one(0x401c5820, StructIn, 28), one(0x40049409, Int, 8), one(0x4020940d, StructIn, 32),
	from(0xc0045877, 0xc0045878, Int, 8), one(0xc0185879, StructInOut, 24), one(0x125d, StructIn, 4), one(0x125e, StructOut, 4),
	one(0x125f, Int, 8), one(0x1260, StructOut, 8), one(0x1261, Int, 8), one(0x1268, StructOut, 4), one(0x80081270, StructOut, 8),
	one(0x80081272, StructOut, 8), one(0x1277, StructIn, 16), from(0x1278, 0x127b, StructOut, 4), one(0x127d, StructIn, 16), one(0x127e, StructOut, 2),
	one(0x127f, StructIn, 16),
	// Others: tun(4), random(4), timerfd, namespaces.
	one(0x400454ca, StructInOut, 40), one(0x400454cb, Int, 8), one(0x400454cc, Int, 8), one(0x400454ce, Int, 8), one(0x800454cf, StructOut, 4),
	one(0x800454d2, StructOut, 40), one(0x80045200, StructOut, 4), one(0x40085400, StructIn, 8), from(0xb701, 0xb703, Int, 8), one(0xb704, StructOut, 4),
}

// variantOf has, for each call, the index in variants of its first variant argument, plus one.
var variantOf [Limit]uint8

func init() {
	for i := len(variants) - 1; i >= 0; i-- {
		variantOf[variants[i].nr] = uint8(i + 1)
	}
}

// Resolve returns argument i as it is in a call with these registers: for a variant argument what its
// selecting argument makes it, for any other the table's. ok is false when nothing describes it. It
// neither allocates nor blocks.
func (c *Call) Resolve(i int, regs *[6]uint64) (a Arg, ok bool) {
	a = c.Args[i]
	if !a.Kind.MayPoint() {
		return a, true
	}
	n := int(variantOf[c.Nr])
	if n == 0 || a.Len < 0 {
		return a, false
	}
	by := regs[a.Len]
	if c.Args[a.Len].Size == 4 {
		by = uint64(uint32(by))
	}
	for n--; n < len(variants) && variants[n].nr == c.Nr; n++ {
		if int(variants[n].arg) != i {
			continue
		}
		for _, ch := range variants[n].of {
			if by >= ch.From && by <= ch.To {
				return Arg{a.Name, ch.Kind, ch.Size, ch.Len, ch.Kind != Int}, true
			}
		}
	}
	return a, false
}

// Undescribed returns the error for a call with an argument that Resolve does not know: what Linux says
// of an operation that it does not know.
func (c *Call) Undescribed() syscall.Errno {
	switch c.Nr {
	case 16:
		return syscall.ENOTTY
	case 72, 157:
		return syscall.EINVAL
	case 54, 55:
		return syscall.ENOPROTOOPT
	}
	return syscall.ENOSYS
}

// socketOptions lists the options that hold no addresses, by level; the flags say for which of getsockopt
// and setsockopt.
var socketOptions = [...]struct {
	level, from, to uint32
	get, set        bool
}{
	// SOL_SOCKET: not the filters (26, 51), whose program is behind an address, and not zero copy (60), which
	// leaves pages with Linux after the call.
	{1, 1, 25, true, true}, {1, 27, 50, true, true}, {1, 52, 59, true, true}, {1, 61, 90, true, true},
	{0, 1, 63, true, true}, {0, 80, 80, true, false}, // IP; from 64 on are netfilter's
	{41, 1, 63, true, true}, {41, 66, 78, true, true}, {41, 80, 80, true, false}, // IPv6
	{6, 1, 34, true, true}, {6, 36, 60, true, true}, // TCP; 35 is zero copy
	{17, 1, 200, true, true}, {255, 1, 63, true, true}, {58, 1, 63, true, true}, // UDP, raw, ICMPv6
	{263, 1, 17, true, true}, {263, 19, 21, true, true}, // packet(7); 22 holds a filter
	{270, 1, 63, true, true}, {282, 1, 10, true, true}, {279, 1, 10, false, true}, // netlink, TLS, ALG
	{40, 0, 16, true, true}, // vsock
}

// SocketOption reports whether a socket option of a level is one whose memory holds no addresses.
func SocketOption(level, name uint32, set bool) bool {
	for i := range socketOptions {
		if o := &socketOptions[i]; o.level == level && name >= o.from && name <= o.to {
			return set && o.set || !set && o.get
		}
	}
	return false
}
