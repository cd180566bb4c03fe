// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/cpus"
)

// allowedCPUs returns the CPUs that the calling process may run on, ascending.
func allowedCPUs() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("asking which CPUs are allowed: %w", err)
	}
	var list []int
	for cpu := 0; len(list) < set.Count(); cpu++ {
		if set.IsSet(cpu) {
			list = append(list, cpu)
		}
	}
	return list, nil
}

// EnclaveCPU returns the CPU on which programs are compared when the caller
// has no wish: the last one allowed, since Linux favours the first for
// interrupts and its own work.
func EnclaveCPU() (int, error) {
	list, err := allowedCPUs()
	if err != nil {
		return 0, err
	}
	return list[len(list)-1], nil
}

// CPUList returns cpu as a list for `skerry run --cpus`. It is written as a
// range, because a single number means how many.
func CPUList(cpu int) string { return fmt.Sprintf("%d-%d", cpu, cpu) }

// cpuList is CPUList for several.
func cpuList(list []int) string {
	if len(list) == 1 {
		return CPUList(list[0])
	}
	return cpus.Format(list)
}

// startOn calls start on an OS thread that may run only on on, so that a
// process started there inherits that, and then frees the thread again. No
// CPUs: where the thread is does not change. realtime: the thread is in the
// real-time class (SCHED_FIFO, lowest priority) meanwhile, and so is what it
// starts.
func startOn(on []int, realtime bool, start func() error) error {
	if len(on) == 0 && !realtime {
		return start()
	}
	var before, only unix.CPUSet
	for _, cpu := range on {
		only.Set(cpu)
	}
	runtime.LockOSThread()
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("asking which CPUs are allowed: %w", err)
	}
	if len(on) == 0 {
		only = before
	}
	if err := unix.SchedSetaffinity(0, &only); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("pinning to CPU %v: %w", on, err)
	}
	startErr := error(nil)
	if realtime {
		startErr = setPolicy(unix.SCHED_FIFO, 1)
	}
	if startErr == nil {
		startErr = start()
	}
	err := unix.SchedSetaffinity(0, &before)
	if realtime {
		err = errors.Join(err, setPolicy(unix.SCHED_NORMAL, 0))
	}
	if err != nil {
		// The thread stays locked: it ends with its goroutine instead of
		// serving others from the wrong CPU.
		return fmt.Errorf("freeing the thread that started a program: %w", err)
	}
	runtime.UnlockOSThread()
	return startErr
}

// setPolicy gives the calling thread a scheduling policy and priority.
func setPolicy(policy uint32, priority uint32) error {
	err := unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: policy, Priority: priority}, 0)
	if err != nil {
		return fmt.Errorf("scheduling policy %d, priority %d: %w", policy, priority, err)
	}
	return nil
}
