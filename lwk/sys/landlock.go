package sys

import (
	"encoding/binary"
	"syscall"
)

// landlock_restrict_self(2) and execve(2): a program of an enclave is executed by way of the LWK's own
// file, which a ruleset made for the program does not know.

// admitSelf adds to a ruleset that the LWK's file may be read and executed, where that was to be denied.
// The program's own files are still judged each by itself: since Linux 6.14 can be asked whether it would
// execute a file (proc.Check). An older one cannot, and nothing is added.
func (s *Sys) admitSelf(ruleset uint64) {
	const (
		sysExecveat, sysAddRule        = 322, 445
		beneath                        = 1 // LANDLOCK_RULE_PATH_BENEATH
		execute, read           uint64 = 1, 4
		openPath                       = 0x200000
	)
	var nothing [2]uint64
	ask := [6]uint64{^uint64(0), address64(&nothing), address64(&nothing), address64(&nothing), atEmpty | atCheck}
	if s.inlineArgs(sysExecveat, &ask) != -int64(syscall.EBADF) {
		return
	}
	fd := s.inline(syscall.SYS_OPENAT, ^uint64(99), addressOf("/proc/self/exe\x00"), openPath|syscall.O_CLOEXEC, 0)
	if fd < 0 {
		return
	}
	var rule [12]byte
	for _, may := range [...]uint64{execute | read, execute, read} { // a ruleset takes only what it denies otherwise
		binary.LittleEndian.PutUint64(rule[:], may)
		binary.LittleEndian.PutUint32(rule[8:], uint32(fd))
		if s.inline(sysAddRule, ruleset, beneath, address(rule[:]), 0) != -int64(syscall.EINVAL) {
			break
		}
	}
	s.inline(syscall.SYS_CLOSE, uint64(fd), 0, 0, 0)
}
