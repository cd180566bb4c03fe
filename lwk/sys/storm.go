package sys

import "github.com/skerry-os/skerry/lwk/proc/signal"

// A timer may expire faster than the program takes its signals. In Linux the signal waits until the
// program unblocks it. Here each expiry is a message that interrupts the program, even while it blocks the
// signal, and could keep it from ever going on. A signal that comes again and again while it is pending
// is therefore left with Linux whenever every thread blocks it, as those of a signalfd are.

// stormy is how often that may happen.
const stormy = 64

// came counts a signal of the process that has come.
func (s *Sys) came(sig int) {
	if s.fdSignals.Has(sig) || !s.K.Pending.Queue.Pending().Has(sig) {
		return
	}
	if s.repeated++; s.repeated >= stormy {
		s.repeated = 0
		s.fdSignals |= signal.Of(sig) &^ neverKept
		s.keep()
	}
}
