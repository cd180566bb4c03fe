package cpus

import (
	"strconv"
	"syscall"
	"unsafe"

	"github.com/skerry-os/skerry/fwk/procfs"
)

// Allowed is the set of CPUs that Linux lets the calling thread use: sched_getaffinity(2), which
// already is the meet of taskset, cpuset and what is online.
func Allowed() (Set, error) {
	var s Set
	// The kernel writes at most len bytes into s, which outlives the call.
	_, _, e := syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, unsafe.Sizeof(s), uintptr(unsafe.Pointer(&s)))
	if e != 0 {
		return Set{}, e
	}
	return s, nil
}

// Online is the set of CPUs that the machine runs, allowed or not. It reads one small file of sysfs
// and fails where sysfs is not mounted.
func Online() (Set, error) {
	text, err := procfs.Read("/sys/devices/system/cpu/online")
	if err != nil {
		return Set{}, err
	}
	return Parse(text)
}

// Siblings answers which CPUs share the physical core of cpu, itself included. Without an answer
// from sysfs it is cpu alone.
func Siblings(cpu int) Set {
	text, err := procfs.Read("/sys/devices/system/cpu/cpu" + strconv.Itoa(cpu) + "/topology/thread_siblings_list")
	if err == nil {
		if s, err := Parse(text); err == nil && s.Has(cpu) {
			return s
		}
	}
	return Of(cpu)
}

// SMT reports whether any physical core runs more than one CPU.
func SMT() bool {
	text, err := procfs.Read("/sys/devices/system/cpu/smt/active")
	return err == nil && text == "1"
}
