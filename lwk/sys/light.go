package sys

import "github.com/skerry-os/skerry/abi/triage"

// light are the handlers that are light (hal.Core.Settle): they and what they call are plain Go over
// the LWK's own structures and hal's methods, with nothing of the Go runtime. What is not, in a corner
// of one of them, settles first. Calls that are only shipped are light as well.
var light = [...]uint16{
	9, 10, 11, 12, 25, 28, // mmap mprotect munmap brk mremap madvise
	14, 24, 39, 56, 60, // rt_sigprocmask sched_yield getpid clone exit
	72, 78, 217, // fcntl getdents getdents64
	146, 147, 186, 202, 218, 273, 435, // sched_get_priority_* gettid futex set_tid_address set_robust_list clone3
}

// MarkLight tells the platform.
func (s *Sys) MarkLight() {
	for _, nr := range light {
		s.Plat.Light(int(nr))
	}
	for nr, w := range s.place {
		if w == triage.Ship {
			s.Plat.Light(nr)
		}
	}
}
