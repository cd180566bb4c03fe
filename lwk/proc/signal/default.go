package signal

// Disposition is what happens when a signal is taken.
type Disposition uint8

const (
	Ignore    Disposition = iota // nothing
	Terminate                    // the program ends
	Core                         // the program ends, with a core dump if there are to be any
	Stop                         // the program stops until SIGCONT
	Continue                     // nothing more: continuing was done when the signal was sent
	Handle                       // a handler runs; see Push
)

const (
	bit = Set(1)

	stops  = bit<<(19-1) | bit<<(20-1) | bit<<(21-1) | bit<<(22-1) // STOP TSTP TTIN TTOU
	cores  = bit<<(3-1) | bit<<(4-1) | bit<<(5-1) | bit<<(6-1) | bit<<(7-1) | bit<<(8-1) | bit<<(11-1) | bit<<(24-1) | bit<<(25-1) | bit<<(31-1)
	mild   = bit<<(17-1) | bit<<(18-1) | bit<<(23-1) | bit<<(28-1)                         // CHLD CONT URG WINCH
	faults = bit<<(11-1) | bit<<(7-1) | bit<<(4-1) | bit<<(5-1) | bit<<(8-1) | bit<<(31-1) // SEGV BUS ILL TRAP FPE SYS
)

// Default returns the default disposition of a signal (signal(7)).
func Default(sig int) Disposition {
	switch s := Of(sig); {
	case sig == sigCONT:
		return Continue
	case s&mild != 0:
		return Ignore
	case s&stops != 0:
		return Stop
	case s&cores != 0:
		return Core
	}
	return Terminate
}

// Conflicts returns the pending signals that sending sig does away with, on every queue of the
// process: SIGCONT for a stop signal, the stop signals for SIGCONT, none for others.
func Conflicts(sig int) Set {
	switch {
	case stops.Has(sig):
		return Of(sigCONT)
	case sig == sigCONT:
		return stops
	}
	return 0
}
