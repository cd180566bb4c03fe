package process

// What the entry point (start_amd64.s) recorded before the Go runtime started. All zero when this
// process does not run a program.
var (
	startSP       uintptr   // the stack as Linux made it: argc, argv, envp, auxv
	startIgnored  uint64    // bit n-1: signal n was ignored
	startMask     uint64    // signal mask
	startClosed   uint64    // bit n: descriptor n (0 to 2) was closed; the Go runtime has opened /dev/null there
	startFiles    [2]uint64 // RLIMIT_NOFILE: soft, hard
	startSlack    uint64    // timer slack in ns; 0: it is as it was
	startExecuted uint32    // an enclave's program has executed this one

	// Signals that came before there were handlers: nearly of them, as siginfo.
	early  [maxEarly][16]uint64
	nearly uint32
)

// maxEarly is EARLY; a signal more is lost.
const maxEarly = 32

// giveBack makes the signals that came early pending again. On the process's first thread, which alone
// may say where a signal came from.
func giveBack() {
	for i := range min(nearly, maxEarly) {
		info := addr64(&early[i][0])
		raw(sysSigqueueinfo, enc.pid, uintptr(uint32(early[i][0])), info, 0, 0, 0)
	}
}

func start() // the image's entry point, in assembly; never called from Go
