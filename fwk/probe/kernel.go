package probe

import (
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// From include/uapi/linux/prctl.h.
const (
	prSetSyscallUserDispatch = 59
	sysDispatchOff           = 0
	sysDispatchOn            = 1
)

// Dispatch is Syscall User Dispatch: what brings a program's system calls to the LWK.
var Dispatch = &Probe{
	Name: "dispatch", What: "Syscall User Dispatch", Required: true,
	Fn: func() Result { return explainDispatch(tryDispatch(), release()) },
}

// tryDispatch switches dispatching on for this thread, with all of the address space exempt so that
// no call is dispatched meanwhile, and off again.
func tryDispatch() syscall.Errno {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	prctl := func(mode, offset, length uintptr) syscall.Errno {
		_, _, e := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetSyscallUserDispatch, mode, offset, length, 0, 0)
		return e
	}
	if e := prctl(sysDispatchOn, 0, ^uintptr(0)); e != 0 {
		return e
	}
	return prctl(sysDispatchOff, 0, 0)
}

func explainDispatch(e syscall.Errno, kernel string) Result {
	switch {
	case e == 0:
		return good("kernel " + kernel + " has it and grants it")
	case e != unix.EINVAL:
		return bad("prctl(PR_SET_SYSCALL_USER_DISPATCH) answers "+unix.ErrnoName(e)+": a seccomp filter forbids it",
			"allow prctl option 59 in the container's or service's seccomp profile, for example docker run --security-opt seccomp=unconfined")
	case older(kernel, 5, 11):
		return bad("kernel "+kernel+" lacks Syscall User Dispatch (needs 5.11)", "boot a kernel of version 5.11 or later")
	}
	return bad("kernel "+kernel+" does not know Syscall User Dispatch, though its version says it could",
		"use a kernel with CONFIG_GENERIC_ENTRY on x86-64, and Linux itself: sandboxes such as gVisor do not have the call")
}

// older compares the first two numbers of a kernel release such as "5.10.0-28-amd64"; an unreadable
// one is not older.
func older(release string, major, minor int) bool {
	a, rest, _ := strings.Cut(release, ".")
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	x, err1 := strconv.Atoi(a)
	y, err2 := strconv.Atoi(rest[:end])
	if err1 != nil || err2 != nil {
		return false
	}
	return x < major || x == major && y < minor
}

// release is the kernel's name for itself, uname -r.
func release() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return "(unknown)"
	}
	return unix.ByteSliceToString(u.Release[:])
}

// FSGSBase is the right to change the FS and GS bases without a system call.
var FSGSBase = &Probe{
	Name: "fsgsbase", What: "thread pointer switched without Linux", Required: true,
	Fn: func() Result {
		const atHWCAP2, hwcap2FSGSBase = 26, 1 << 1 // asm/hwcap2.h
		aux, err := unix.Auxv()
		if err != nil {
			return bad("the auxiliary vector cannot be read: "+err.Error(), "start skerry by execve, not by hand")
		}
		for _, pair := range aux {
			if pair[0] == atHWCAP2 && pair[1]&hwcap2FSGSBase != 0 {
				return good("the processor has it, and Linux lets programs use it")
			}
		}
		return bad("AT_HWCAP2 does not name FSGSBASE",
			"use a processor from 2012 or later and a kernel of 5.9 or later, without nofsgsbase in its command line; in a virtual machine, pass the host's processor flags on")
	},
}

// Threads is whether the calls that make proxies and handlers are granted; each is asked in a form
// that Linux refuses for its arguments, so that only a filter's refusal is told apart.
var Threads = &Probe{
	Name: "threads", What: "clone, futex and signal calls granted", Required: true,
	Fn: func() Result {
		var denied []string
		for _, c := range []struct {
			name       string
			nr         uintptr
			a1, a2, a3 uintptr
			want       syscall.Errno
		}{
			// CLONE_THREAD without CLONE_SIGHAND is EINVAL.
			{"clone", unix.SYS_CLONE, unix.CLONE_THREAD, 0, 0, unix.EINVAL},
			{"rt_sigaction", unix.SYS_RT_SIGACTION, 0, 0, 0, unix.EINVAL},
			{"futex", unix.SYS_FUTEX, 0, 127, 0, unix.ENOSYS}, // no such operation
			{"sigaltstack", unix.SYS_SIGALTSTACK, 0, 0, 0, 0},
			{"tgkill", unix.SYS_TGKILL, 0, 0, 0, unix.EINVAL},
			{"sched_setaffinity", unix.SYS_SCHED_SETAFFINITY, 0, 0, 0, unix.EINVAL},
		} {
			_, _, e := syscall.RawSyscall6(c.nr, c.a1, c.a2, c.a3, 0, 0, 0)
			if e != c.want && (e == unix.EPERM || e == unix.EACCES || e == unix.ENOSYS) {
				denied = append(denied, c.name)
			}
		}
		if denied == nil {
			return good("all granted")
		}
		return bad("refused by a seccomp filter: "+strings.Join(denied, ", "),
			"allow these calls in the container's or service's seccomp profile")
	},
}

// Seccomp is whether a filter watches this process: allowed calls still pay for it.
var Seccomp = &Probe{
	Name: "seccomp", What: "system call filter",
	Fn: func() Result {
		switch mode := statusField("Seccomp"); mode {
		case "0":
			return good("none")
		case "":
			return good("this kernel has none")
		case "2":
			return bad("a filter is active: each call shipped to Linux passes it, and a call that it forbids fails for the program",
				"run outside of the container or service that installs it, or unconfined")
		default:
			return bad("seccomp mode "+mode, "run outside of the sandbox")
		}
	},
}

// Tracer is whether something traces us: every trapped call would stop in it.
var Tracer = &Probe{
	Name: "tracer", What: "ptrace",
	Fn: func() Result {
		if pid := statusField("TracerPid"); pid != "" && pid != "0" {
			return bad("process "+pid+" traces this one and sees each call twice", "run without strace or a debugger, and use --trace FILE")
		}
		return good("nobody traces")
	},
}

// ShadowStack is whether the processor checks return addresses in this process; switching between
// program threads would fail the check.
var ShadowStack = &Probe{
	Name: "shadow-stack", What: "user shadow stack", Required: true,
	Fn: func() Result {
		const archShstkStatus = 0x5005 // asm/prctl.h
		var features uint64
		e := archPrctl(archShstkStatus, &features)
		if e == 0 && features&1 != 0 {
			return bad("a shadow stack is on in this process", "start it without GLIBC_TUNABLES=glibc.cpu.x86_shstk")
		}
		return good("off")
	},
}

// Personality is whether the process has an odd execution domain, which programs inherit.
var Personality = &Probe{
	Name: "personality", What: "execution domain",
	Fn: func() Result {
		const noRandomize = 0x0040000
		p, _, e := syscall.RawSyscall(syscall.SYS_PERSONALITY, 0xffffffff, 0, 0)
		if e != 0 {
			return bad("personality(2) answers "+unix.ErrnoName(e), "allow it in the seccomp profile")
		}
		if p&^noRandomize != 0 {
			return bad("personality 0x"+strconv.FormatUint(uint64(p), 16), "start skerry without setarch")
		}
		return good("Linux")
	},
}
