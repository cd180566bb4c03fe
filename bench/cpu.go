// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// allowedCPUs returns the CPUs that the calling process may run on, ascending.
func allowedCPUs() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("asking which CPUs are allowed: %w", err)
	}
	var cpus []int
	for cpu := 0; len(cpus) < set.Count(); cpu++ {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus, nil
}

// EnclaveCPU returns the CPU on which programs are compared when the caller
// has no wish: the last one allowed, since Linux favours the first for
// interrupts and its own work.
func EnclaveCPU() (int, error) {
	cpus, err := allowedCPUs()
	if err != nil {
		return 0, err
	}
	return cpus[len(cpus)-1], nil
}

// CPUList returns cpu as a list for `skerry run --cpus`. It is written as a
// range, because a single number means how many.
func CPUList(cpu int) string { return fmt.Sprintf("%d-%d", cpu, cpu) }

// startOn calls start on an OS thread that may run only on cpus, so that a
// process started there inherits that, and then frees the thread again. No
// CPUs: start is just called.
func startOn(cpus []int, start func() error) error {
	if len(cpus) == 0 {
		return start()
	}
	var before, only unix.CPUSet
	for _, cpu := range cpus {
		only.Set(cpu)
	}
	runtime.LockOSThread()
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("asking which CPUs are allowed: %w", err)
	}
	if err := unix.SchedSetaffinity(0, &only); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("pinning to CPU %v: %w", cpus, err)
	}
	startErr := start()
	if err := unix.SchedSetaffinity(0, &before); err != nil {
		// The thread stays locked: it ends with its goroutine instead of
		// serving others from the wrong CPU.
		return fmt.Errorf("freeing the thread that started a program: %w", err)
	}
	runtime.UnlockOSThread()
	return startErr
}
