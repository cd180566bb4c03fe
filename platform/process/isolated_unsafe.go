package process

import (
	"strings"
	"unsafe"

	"github.com/skerry-os/skerry/fwk/procfs"
)

// Where fwk/isolate took the enclave's CPUs from the rest of the machine, only threads in one control
// group may use them, and only there may core threads be: each goes in before it is bound to its CPU.
// All other threads have to be outside. Without such a group the real-time class stands in for it.
//
// What was taken is found by looking at this process, so that it is the same after an execve.

// isolation is what Boot found; its zero value is a process that is not isolated. The paths end with
// a NUL and are written before any thread but the first exists.
type isolation struct {
	inside, outside [isolationPath]byte // cgroup.threads of the two groups; empty: none
	realTime        bool
}

const isolationPath = 256

var isolated isolation

const (
	sysSchedSetscheduler = 144
	sysSchedGetscheduler = 145
	schedRR              = 2
	schedResetOnFork     = 0x40000000
)

// find looks at what fwk/isolate did to the calling thread, the process's first.
func (i *isolation) find() {
	policy, err := raw(sysSchedGetscheduler, 0, 0, 0, 0, 0, 0)
	i.realTime = err == 0 && policy == schedRR|schedResetOnFork
	text, _ := procfs.Read("/proc/self/cgroup") // "": no group
	for line := range strings.SplitSeq(text, "\n") {
		path, ok := strings.CutPrefix(line, "0::")
		path = strings.TrimSuffix(path, "/cores") // where an execve left the first thread
		if !ok || !strings.HasPrefix(path[strings.LastIndexByte(path, '/')+1:], "skerry-") {
			continue
		}
		outside, inside := "/sys/fs/cgroup"+path+"/cgroup.threads", "/sys/fs/cgroup"+path+"/cores/cgroup.threads"
		if len(inside) < isolationPath {
			copy(i.outside[:], outside)
			copy(i.inside[:], inside)
		}
	}
}

// enter moves the calling thread, a core's, to where it may use the enclave's CPUs. It allocates
// nothing: a forked child does it, too.
func (i *isolation) enter() {
	if i.inside[0] != 0 {
		moveTo(&i.inside, 0)
	}
	if i.realTime {
		priority := int32(1)
		raw(sysSchedSetscheduler, 0, schedRR|schedResetOnFork, uintptr(unsafe.Pointer(&priority)), 0, 0, 0)
	}
}

// leave moves a thread (0: the caller) out of there.
func (i *isolation) leave(tid uintptr) {
	if i.outside[0] != 0 {
		moveTo(&i.outside, tid)
	}
}

// moveTo writes a thread's number into a group's file. Where that fails (the program has changed its
// root directory), the thread stays where it is: slower, and right.
func moveTo(path *[isolationPath]byte, tid uintptr) {
	const oWronlyCloexec, sysOpen, sysWrite, sysClose = 0o2000001, 2, 1, 3
	var digits [20]byte
	at := len(digits)
	for {
		at--
		digits[at] = byte('0' + tid%10)
		if tid /= 10; tid == 0 {
			break
		}
	}
	// path is a global, and digits are on this stack: both outlive the calls.
	fd, err := raw(sysOpen, uintptr(unsafe.Pointer(path)), oWronlyCloexec, 0, 0, 0, 0)
	if err != 0 {
		return
	}
	raw(sysWrite, fd, uintptr(unsafe.Pointer(&digits[at])), uintptr(len(digits)-at), 0, 0, 0)
	raw(sysClose, fd, 0, 0, 0, 0, 0)
}
