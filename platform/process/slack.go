package process

import (
	"os"
	"runtime"
	"strconv"
)

// restoreSlack gives the calling thread the timer slack that this process came with.
func restoreSlack() {
	if startSlack != 0 {
		raw(sysPrctl, 29, uintptr(startSlack), 0, 0, 0, 0) // PR_SET_TIMERSLACK
	}
}

// Ordinary makes the Go runtime what it would be in any other program, where this process will be none of
// this platform's: all processors, and timers as exact as they came.
func Ordinary() {
	runtime.GOMAXPROCS(runtime.NumCPU())
	threads, _ := os.ReadDir("/proc/self/task")
	for _, t := range threads {
		// Needs CAP_SYS_NICE; without, the runtime's own threads are woken later than they could be.
		_ = os.WriteFile("/proc/"+t.Name()+"/timerslack_ns", strconv.AppendUint(nil, startSlack, 10), 0)
	}
}
