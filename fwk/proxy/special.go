package proxy

import (
	"syscall"

	"github.com/skerry-os/skerry/abi/triage"
)

// special holds the few rules about values that the table cannot say: what would reach the proxy itself by
// a number instead of an address. It may change arguments.
func (g *guard) special(nr uint32, a *[6]uint64) syscall.Errno {
	const (
		rds            = 21 // addresses in control messages
		epollTarget    = 7  // KCMP_EPOLL_TFD: an address
		unshareTable   = 2  // CLOSE_RANGE_UNSHARE: the table is the program's alone already
		limitData      = 2
		limitAddresses = 9
	)
	switch nr {
	case syscall.SYS_SOCKET, syscall.SYS_SOCKETPAIR:
		if uint32(a[0]) == rds {
			return syscall.EAFNOSUPPORT
		}
	case syscall.SYS_SETSOCKOPT, syscall.SYS_GETSOCKOPT:
		if !triage.SocketOption(uint32(a[1]), uint32(a[2]), nr == syscall.SYS_SETSOCKOPT) {
			return syscall.ENOPROTOOPT
		}
	case sysCloseRange:
		a[2] &^= unshareTable
	case syscall.SYS_SETRLIMIT:
		if r := uint32(a[0]); r == limitAddresses || r == limitData {
			return syscall.EPERM
		}
	case syscall.SYS_PRLIMIT64:
		if r := uint32(a[1]); a[2] != 0 && (r == limitAddresses || r == limitData) && (int32(a[0]) == 0 || g.ours(int32(a[0]))) {
			return syscall.EPERM
		}
	case 312: // kcmp
		if uint32(a[2]) == epollTarget {
			return syscall.ENOSYS
		}
	case 310, 311: // process_vm_readv, process_vm_writev
		if g.ours(int32(a[0])) {
			return syscall.EPERM
		}
	}
	return 0
}
