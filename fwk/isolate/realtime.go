// SPDX-License-Identifier: Apache-2.0

package isolate

import (
	"errors"
	"runtime"

	"golang.org/x/sys/unix"
)

// setRealTime puts the calling thread into the real-time class: round robin,
// lowest priority. What it starts is not in it (SCHED_FLAG_RESET_ON_FORK).
func setRealTime() error {
	err := unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 1,
		Flags: unix.SCHED_FLAG_RESET_ON_FORK}, 0)
	if errors.Is(err, unix.EPERM) {
		return errors.New("not permitted: it takes root (CAP_SYS_NICE) or a limit on real-time priority (ulimit -r), and a control group with real-time time")
	}
	return err
}

// canRealTime tries it on a thread that is not used again.
func canRealTime() error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with this goroutine
		result <- setRealTime()
	}()
	return <-result
}
