package triage

import (
	"slices"
	"strings"
	"testing"
)

// Lists from signal(7), "Interruption of system calls and library functions by signal handlers", with the
// calls behind the library functions named there and the variants of one call that share its code.
const (
	manRestart = `read readv write writev ioctl open wait4 waitid accept connect recvfrom recvmmsg recvmsg sendto sendmsg
		flock fcntl mq_timedreceive mq_timedsend futex getrandom`
	manNever = `pause rt_sigsuspend rt_sigtimedwait epoll_wait epoll_pwait poll ppoll select pselect6 msgrcv msgsnd semop semtimedop
		clock_nanosleep nanosleep io_getevents`
	// With a timeout of the socket (or of recvmmsg) never restarted.
	manTimeout = `accept recvfrom recvmmsg recvmsg connect sendto sendmsg`

	// Not in the manual page; what the kernel's sources do.
	alsoRestart = `pread64 pwrite64 preadv pwritev preadv2 pwritev2 openat openat2 open_by_handle_at creat accept4 sendmmsg sendfile
		splice tee vmsplice syslog request_key`
	alsoNever   = `epoll_pwait2 io_pgetevents`
	alsoTimeout = `read readv write writev preadv2 pwritev2 accept4 sendmmsg sendfile splice futex`
)

func TestRestartIsAsSignal7Says(t *testing.T) {
	for _, check := range []struct {
		flag Flags
		want string
	}{
		{Restart, manRestart + " " + alsoRestart},
		{RestartNoHand, manNever + " " + alsoNever},
		{TimeoutEINTR, manTimeout + " " + alsoTimeout},
	} {
		want := strings.Fields(check.want)
		for _, name := range want {
			if c := ByName(name); c == nil || c.Flags&check.flag == 0 {
				t.Errorf("%s must have %v", name, check.flag.Names())
			}
		}
		for _, c := range All() {
			if c.Flags&check.flag != 0 && !slices.Contains(want, c.Name) {
				t.Errorf("%s has %v, and no source for it", c.Name, check.flag.Names())
			}
		}
	}
}
