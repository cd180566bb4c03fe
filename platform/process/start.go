package process

// What the entry point (start_amd64.s) recorded before the Go runtime started. All zero when this
// process does not run a program.
var (
	startSP      uintptr   // the stack as Linux made it: argc, argv, envp, auxv
	startIgnored uint64    // bit n-1: signal n was ignored
	startMask    uint64    // signal mask
	startClosed  uint64    // bit n: descriptor n (0 to 2) was closed; the Go runtime has opened /dev/null there
	startFiles   [2]uint64 // RLIMIT_NOFILE: soft, hard
)

func start() // the image's entry point, in assembly; never called from Go
