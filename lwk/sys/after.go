package sys

import (
	"syscall"

	"github.com/skerry-os/skerry/lwk/sched"
)

// What is left to do when Linux has answered a shipped call.
const (
	afterNothing sched.After = iota
	afterMask                // end the wait with another signal mask
	afterSignalfd
	afterTimer
	afterSignals // the process may have been sent signals, which the caller sees to have come
)

func (s *Sys) after(_ *sched.Core, t *sched.Thread, ret int64) int64 {
	switch t.After {
	case afterMask:
		if ret != -int64(syscall.EINTR) {
			t.Sig.RestoreMask()
			if s.fdSignals != 0 {
				s.keep()
			}
		}
	case afterSignalfd:
		if ret >= 0 {
			s.signalfdMade(t)
		}
	case afterSignals:
		if ret >= 0 && !t.Borrowed {
			s.Plat.Collect() // what goes with it is there before the call returns
		}
	case afterTimer:
		if ret == 0 {
			s.timerMade(t)
		}
	}
	return ret
}
