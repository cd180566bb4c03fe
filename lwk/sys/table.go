package sys

import "github.com/skerry-os/skerry/abi"

const (
	msgSignal = abi.MsgSignal
	msgMemory = abi.MsgMemory
)

// table has the handlers of the calls that the triage table places in the LWK, wholly or in part. A
// test holds it against that table.
var table = [...]struct {
	nr uint16
	h  handler
}{
	{9, mmap},
	{10, mprotect},
	{11, munmap},
	{12, brk},
	{25, mremap},
	{28, madvise},
	{462, mseal},

	{26, ranged},   // msync
	{27, ranged},   // mincore
	{149, ranged},  // mlock
	{150, ranged},  // munlock
	{325, ranged},  // mlock2
	{237, policed}, // mbind
	{450, policed}, // set_mempolicy_home_node
	{151, mlockall},
	{152, munlockall},
	{216, remapFilePages},
	{30, shmat},
	{67, shmdt},
	{329, pkeyMprotect},
	{330, pkeyAlloc},

	{13, rtSigaction},
	{14, rtSigprocmask},
	{15, rtSigreturn},
	{34, pause},
	{62, kill},
	{127, rtSigpending},
	{128, rtSigtimedwait},
	{129, rtSigqueueinfo},
	{130, rtSigsuspend},
	{131, sigaltstack},
	{200, tkill},
	{234, tgkill},
	{297, rtTgsigqueueinfo},
	{424, pidfdSendSignal},
	{282, signalfd},
	{289, signalfd},
	{222, timerCreate},
	{223, timerSettime},
	{225, timerGetoverrun},
	{226, timerDelete},

	{24, schedYield},
	{39, getpid},
	{56, clone},
	{60, exit},
	{158, archPrctl},
	{186, gettid},
	{202, futex},
	{218, setTidAddress},
	{231, exitGroup},
	{273, setRobustList},
	{274, getRobustList},
	{309, getcpu},
	{324, membarrier},
	{435, clone3},

	{142, policy},
	{143, policy},
	{144, policy},
	{145, policy},
	{146, priorityMax},
	{147, priorityMin},
	{148, policy},
	{203, schedSetaffinity},
	{204, schedGetaffinity},
	{314, policy},
	{315, policy},
	{140, onCore}, // getpriority
	{141, onCore}, // setpriority
	{251, onCore}, // ioprio_set
	{252, onCore}, // ioprio_get
	{238, onCore}, // set_mempolicy
	{239, onCore}, // get_mempolicy

	{105, everywhere},
	{106, everywhere},
	{113, everywhere},
	{114, everywhere},
	{116, everywhere},
	{117, everywhere},
	{119, everywhere},
	{122, setFSID},
	{123, setFSID},
	{126, capset},
	{248, onCore}, // add_key
	{249, onCore}, // request_key
	{250, onCore}, // keyctl
	{101, ptrace},
	{135, personality},
	{272, unshare},    // unshare
	{308, setns},      // setns
	{446, restrict},   // landlock_restrict_self
	{460, everywhere}, // lsm_set_self_attr

	{35, nanosleep},
	{96, gettimeofday},
	{201, time},
	{228, clockGettime},
	{230, clockNanosleep},

	{157, prctl},
	{271, ppoll},
	{270, pselect6},
	{281, epollPwait},
	{441, epollPwait2},
	{333, ioPgetevents},

	{2, open},
	{257, openat},
	{437, openat2},
	{4, path0},   // stat
	{6, path0},   // lstat
	{21, path0},  // access
	{262, path1}, // newfstatat
	{269, path1}, // faccessat
	{332, path1}, // statx
	{439, path1}, // faccessat2
	{72, fcntl},
	{436, closeRange},
	{78, getdents},
	{217, getdents}, // getdents64
	{89, readlink},
	{267, readlinkat},

	{57, fork},
	{61, wait},  // wait4
	{247, wait}, // waitid
	{58, vfork},
	{59, execve},
	{322, execveat},
}
