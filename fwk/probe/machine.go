package probe

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/cgroup"
	"github.com/skerry-os/skerry/fwk/cpus"
)

// XSave is the processor's way to save the program's vector registers. No processor with FSGSBASE
// lacks it; a hypervisor may hide it.
var XSave = &Probe{
	Name: "xsave", What: "vector registers saved by XSAVE",
	Fn: func() Result {
		flags, ok := cpuFlags()
		if !ok {
			return bad("/proc/cpuinfo names no flags", "mount /proc")
		}
		for flag := range strings.FieldsSeq(flags) {
			if flag == "xsave" {
				return good("the processor has it")
			}
		}
		return bad("the processor does not have it", "in a virtual machine, pass the host's processor flags on")
	},
}

// CPUs is whether an enclave can have a CPU of its own.
var CPUs = &Probe{
	Name: "cpus", What: "a CPU for the enclave and one for Linux",
	Fn: func() Result {
		s, err := cpus.Allowed()
		if err != nil {
			return bad("sched_getaffinity answers "+err.Error(), "allow the call in the seccomp profile")
		}
		return explainCPUs(&s)
	},
}

func explainCPUs(s *cpus.Set) Result {
	if n := s.Count(); n > 1 {
		return good(fmt.Sprintf("%d allowed: %s", n, s))
	}
	return bad("only CPU "+s.String()+" is allowed: works, but enclave and Linux share it",
		"allow more CPUs: taskset -c, docker run --cpuset-cpus, or the service's CPUAffinity")
}

// Quota is a control group's limit on processor time: it stops an enclave in the middle of its work.
var Quota = &Probe{
	Name: "cpu-quota", What: "limit on processor time",
	Fn: func() Result {
		q, ok := cgroup.FS{}.CPUQuota()
		if !ok {
			return good("none")
		}
		return bad("the control group grants "+strconv.FormatFloat(q, 'g', 3, 64)+
			" CPUs' worth of time; cores that spin use it up and are then stopped for the rest of each period",
			"set cpu.max to max, or docker run with --cpuset-cpus instead of --cpus")
	},
}

// LargePages is whether memory can come in pages of 2 MiB.
var LargePages = &Probe{
	Name: "large-pages", What: "memory in pages of 2 MiB",
	Fn: func() Result {
		if r, _, e := syscall.RawSyscall6(syscall.SYS_PRCTL, unix.PR_GET_THP_DISABLE, 0, 0, 0, 0, 0); e == 0 && r == 1 {
			return bad("switched off for this process: works, but slower", "start it without PR_SET_THP_DISABLE")
		}
		text, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled")
		if err != nil {
			return bad("this kernel has no transparent huge pages: works, but slower", "use a kernel with CONFIG_TRANSPARENT_HUGEPAGE")
		}
		return explainTHP(string(text))
	},
}

func explainTHP(enabled string) Result {
	_, rest, _ := strings.Cut(enabled, "[")
	mode, _, ok := strings.Cut(rest, "]")
	switch {
	case ok && (mode == "always" || mode == "madvise"):
		return good("transparent huge pages: " + mode)
	case ok:
		return bad("transparent huge pages: "+mode+": works, but slower",
			"as root: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled")
	}
	return bad("transparent huge pages: unreadable mode "+strconv.Quote(enabled), "see /sys/kernel/mm/transparent_hugepage")
}

// Patching is whether a page may be executed after it was written, which rewriting a call site needs.
var Patching = &Probe{
	Name: "patching", What: "rewriting call sites",
	Fn: func() Result {
		page, err := unix.Mmap(-1, 0, unix.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			return bad("no memory for the probe: "+err.Error(), "free some")
		}
		defer unix.Munmap(page)
		page[0] = 0xc3
		if err := unix.Mprotect(page, unix.PROT_READ|unix.PROT_EXEC); err != nil {
			return bad("written memory may not become executable ("+err.Error()+"): each system call would cost a trap",
				"lift SELinux execmem or the service's MemoryDenyWriteExecute")
		}
		if err := unix.Mprotect(page, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC); err != nil {
			return bad("executable memory may not become writable ("+err.Error()+"): each system call would cost a trap",
				"lift SELinux execmem or the service's MemoryDenyWriteExecute")
		}
		return good("allowed")
	},
}

// Overcommit is whether Linux lets the enclave reserve memory that it may never use.
var Overcommit = &Probe{
	Name: "overcommit", What: "reserving memory without using it",
	Fn: func() Result {
		text, err := os.ReadFile("/proc/sys/vm/overcommit_memory")
		if err != nil {
			return bad("unknown: "+err.Error(), "mount /proc")
		}
		if strings.TrimSpace(string(text)) == "2" {
			return bad("vm.overcommit_memory is 2: reservations count as used, and large ones fail", "as root: sysctl vm.overcommit_memory=0, or run with a small --mem")
		}
		return good("vm.overcommit_memory is " + strings.TrimSpace(string(text)))
	},
}

// AddressSpace is whether the process may map as much as it likes.
var AddressSpace = &Probe{
	Name: "address-space", What: "limit on mappings",
	Fn: func() Result {
		var lim unix.Rlimit
		if err := unix.Getrlimit(unix.RLIMIT_AS, &lim); err != nil {
			return bad("getrlimit answers "+err.Error(), "allow it in the seccomp profile")
		}
		if lim.Cur != unix.RLIM_INFINITY {
			return bad(fmt.Sprintf("RLIMIT_AS is %d MiB, reservations included", lim.Cur>>20), "ulimit -v unlimited")
		}
		return good("none")
	},
}

// cpuFlags is the first processor's flags line; the file has a block for each and is not read on.
func cpuFlags() (string, bool) {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "", false
	}
	defer f.Close()
	buf := make([]byte, 16<<10)
	n, _ := f.Read(buf)
	return field(string(buf[:n]), "flags")
}

// statusField is a field of /proc/self/status; "" when there is none.
func statusField(name string) string {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return ""
	}
	value, _ := field(string(text), name)
	return value
}

// field finds "name: value" in lines as /proc writes them.
func field(text, name string) (string, bool) {
	for line := range strings.Lines(text) {
		k, v, ok := strings.Cut(line, ":")
		if ok && strings.TrimSpace(k) == name {
			return strings.TrimSpace(v), true
		}
	}
	return "", false
}
