package strace

// open(2)
var openFlags = flagset{mask: 0x3, enum: []symbol{{0x0, "O_RDONLY"}, {0x1, "O_WRONLY"}, {0x2, "O_RDWR"}}, bits: []symbol{{0x40, "O_CREAT"}, {0x80, "O_EXCL"}, {0x100, "O_NOCTTY"}, {0x200, "O_TRUNC"}, {0x400, "O_APPEND"}, {0x800, "O_NONBLOCK"}, {0x101000, "O_SYNC"}, {0x1000, "O_DSYNC"}, {0x4000, "O_DIRECT"}, {0x8000, "O_LARGEFILE"}, {0x410000, "O_TMPFILE"}, {0x10000, "O_DIRECTORY"}, {0x20000, "O_NOFOLLOW"}, {0x40000, "O_NOATIME"}, {0x80000, "O_CLOEXEC"}, {0x200000, "O_PATH"}, {0x2000, "O_ASYNC"}}}

// *at(2)
var atFlags = flagset{bits: []symbol{{0x100, "AT_SYMLINK_NOFOLLOW"}, {0x400, "AT_SYMLINK_FOLLOW"}, {0x800, "AT_NO_AUTOMOUNT"}, {0x1000, "AT_EMPTY_PATH"}, {0x2000, "AT_STATX_FORCE_SYNC"}, {0x4000, "AT_STATX_DONT_SYNC"}, {0x8000, "AT_RECURSIVE"}}}

// unlinkat(2)
var unlinkFlags = flagset{bits: []symbol{{0x200, "AT_REMOVEDIR"}}}

// faccessat2(2)
var accessFlags = flagset{bits: []symbol{{0x200, "AT_EACCESS"}, {0x100, "AT_SYMLINK_NOFOLLOW"}, {0x1000, "AT_EMPTY_PATH"}}}

// access(2)
var accessModes = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x0, "F_OK"}}, bits: []symbol{{0x4, "R_OK"}, {0x2, "W_OK"}, {0x1, "X_OK"}}}

// statx(2)
var statxMask = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0xfff, "STATX_ALL"}}, bits: []symbol{{0x7ff, "STATX_BASIC_STATS"}, {0x800, "STATX_BTIME"}, {0x1000, "STATX_MNT_ID"}, {0x2000, "STATX_DIOALIGN"}, {0x1, "STATX_TYPE"}, {0x2, "STATX_MODE"}, {0x4, "STATX_NLINK"}, {0x8, "STATX_UID"}, {0x10, "STATX_GID"}, {0x20, "STATX_ATIME"}, {0x40, "STATX_MTIME"}, {0x80, "STATX_CTIME"}, {0x100, "STATX_INO"}, {0x200, "STATX_SIZE"}, {0x400, "STATX_BLOCKS"}}}

// mmap(2)
var protFlags = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x0, "PROT_NONE"}}, bits: []symbol{{0x1, "PROT_READ"}, {0x2, "PROT_WRITE"}, {0x4, "PROT_EXEC"}, {0x1000000, "PROT_GROWSDOWN"}, {0x2000000, "PROT_GROWSUP"}}}

// mmap(2)
var mapFlags = flagset{mask: 0xf, enum: []symbol{{0x1, "MAP_SHARED"}, {0x2, "MAP_PRIVATE"}, {0x3, "MAP_SHARED_VALIDATE"}}, bits: []symbol{{0x10, "MAP_FIXED"}, {0x20, "MAP_ANONYMOUS"}, {0x100, "MAP_GROWSDOWN"}, {0x800, "MAP_DENYWRITE"}, {0x2000, "MAP_LOCKED"}, {0x4000, "MAP_NORESERVE"}, {0x8000, "MAP_POPULATE"}, {0x10000, "MAP_NONBLOCK"}, {0x20000, "MAP_STACK"}, {0x40000, "MAP_HUGETLB"}, {0x80000, "MAP_SYNC"}, {0x100000, "MAP_FIXED_NOREPLACE"}}}

// mremap(2)
var remapFlags = flagset{bits: []symbol{{0x1, "MREMAP_MAYMOVE"}, {0x2, "MREMAP_FIXED"}, {0x4, "MREMAP_DONTUNMAP"}}}

// madvise(2)
var advices = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x0, "MADV_NORMAL"}, {0x1, "MADV_RANDOM"}, {0x2, "MADV_SEQUENTIAL"}, {0x3, "MADV_WILLNEED"}, {0x4, "MADV_DONTNEED"}, {0x8, "MADV_FREE"}, {0x9, "MADV_REMOVE"}, {0xa, "MADV_DONTFORK"}, {0xb, "MADV_DOFORK"}, {0xc, "MADV_MERGEABLE"}, {0xd, "MADV_UNMERGEABLE"}, {0xe, "MADV_HUGEPAGE"}, {0xf, "MADV_NOHUGEPAGE"}, {0x10, "MADV_DONTDUMP"}, {0x11, "MADV_DODUMP"}, {0x12, "MADV_WIPEONFORK"}, {0x13, "MADV_KEEPONFORK"}, {0x14, "MADV_COLD"}, {0x15, "MADV_PAGEOUT"}, {0x16, "MADV_POPULATE_READ"}, {0x17, "MADV_POPULATE_WRITE"}, {0x19, "MADV_COLLAPSE"}}}

// msync(2)
var msyncFlags = flagset{bits: []symbol{{0x1, "MS_ASYNC"}, {0x2, "MS_INVALIDATE"}, {0x4, "MS_SYNC"}}}

// lseek(2)
var whence = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x0, "SEEK_SET"}, {0x1, "SEEK_CUR"}, {0x2, "SEEK_END"}, {0x3, "SEEK_DATA"}, {0x4, "SEEK_HOLE"}}}

// fcntl(2)
var fcntlCmds = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x0, "F_DUPFD"}, {0x1, "F_GETFD"}, {0x2, "F_SETFD"}, {0x3, "F_GETFL"}, {0x4, "F_SETFL"}, {0x5, "F_GETLK"}, {0x6, "F_SETLK"}, {0x7, "F_SETLKW"}, {0x8, "F_SETOWN"}, {0x9, "F_GETOWN"}, {0xa, "F_SETSIG"}, {0xb, "F_GETSIG"}, {0x24, "F_OFD_GETLK"}, {0x25, "F_OFD_SETLK"}, {0x26, "F_OFD_SETLKW"}, {0x400, "F_SETLEASE"}, {0x401, "F_GETLEASE"}, {0x402, "F_NOTIFY"}, {0x406, "F_DUPFD_CLOEXEC"}, {0x407, "F_SETPIPE_SZ"}, {0x408, "F_GETPIPE_SZ"}, {0x409, "F_ADD_SEALS"}, {0x40a, "F_GET_SEALS"}}}

// fcntl(2)
var lockTypes = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x0, "F_RDLCK"}, {0x1, "F_WRLCK"}, {0x2, "F_UNLCK"}}}

// flock(2)
var flockOps = flagset{mask: 0xb, enum: []symbol{{0x1, "LOCK_SH"}, {0x2, "LOCK_EX"}, {0x8, "LOCK_UN"}}, bits: []symbol{{0x4, "LOCK_NB"}}}

// socket(2)
var families = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x0, "AF_UNSPEC"}, {0x1, "AF_UNIX"}, {0x2, "AF_INET"}, {0xa, "AF_INET6"}, {0x10, "AF_NETLINK"}, {0x11, "AF_PACKET"}, {0x28, "AF_VSOCK"}, {0x26, "AF_ALG"}, {0x1f, "AF_BLUETOOTH"}}}

// socket(2)
var socketTypes = flagset{mask: 0xf, enum: []symbol{{0x1, "SOCK_STREAM"}, {0x2, "SOCK_DGRAM"}, {0x3, "SOCK_RAW"}, {0x4, "SOCK_RDM"}, {0x5, "SOCK_SEQPACKET"}, {0x6, "SOCK_DCCP"}, {0xa, "SOCK_PACKET"}}, bits: []symbol{{0x80000, "SOCK_CLOEXEC"}, {0x800, "SOCK_NONBLOCK"}}}

// the protocols of internet sockets
var protocols = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x0, "IPPROTO_IP"}, {0x1, "IPPROTO_ICMP"}, {0x6, "IPPROTO_TCP"}, {0x11, "IPPROTO_UDP"}, {0x29, "IPPROTO_IPV6"}, {0xff, "IPPROTO_RAW"}}}

// accept4(2)
var acceptFlags = flagset{bits: []symbol{{0x80000, "SOCK_CLOEXEC"}, {0x800, "SOCK_NONBLOCK"}}}

// send(2), recv(2)
var msgFlags = flagset{bits: []symbol{{0x1, "MSG_OOB"}, {0x2, "MSG_PEEK"}, {0x4, "MSG_DONTROUTE"}, {0x8, "MSG_CTRUNC"}, {0x20, "MSG_TRUNC"}, {0x40, "MSG_DONTWAIT"}, {0x80, "MSG_EOR"}, {0x100, "MSG_WAITALL"}, {0x800, "MSG_CONFIRM"}, {0x2000, "MSG_ERRQUEUE"}, {0x4000, "MSG_NOSIGNAL"}, {0x8000, "MSG_MORE"}, {0x10000, "MSG_WAITFORONE"}, {0x4000000, "MSG_ZEROCOPY"}, {0x20000000, "MSG_FASTOPEN"}, {0x40000000, "MSG_CMSG_CLOEXEC"}}}

// shutdown(2)
var shutdowns = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x0, "SHUT_RD"}, {0x1, "SHUT_WR"}, {0x2, "SHUT_RDWR"}}}

// setsockopt(2)
var sockLevels = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x1, "SOL_SOCKET"}, {0x0, "SOL_IP"}, {0x6, "SOL_TCP"}, {0x11, "SOL_UDP"}, {0x29, "SOL_IPV6"}}}

// socket(7)
var sockOptions = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x1, "SO_DEBUG"}, {0x2, "SO_REUSEADDR"}, {0x3, "SO_TYPE"}, {0x4, "SO_ERROR"}, {0x5, "SO_DONTROUTE"}, {0x6, "SO_BROADCAST"}, {0x7, "SO_SNDBUF"}, {0x8, "SO_RCVBUF"}, {0x9, "SO_KEEPALIVE"}, {0xa, "SO_OOBINLINE"}, {0xd, "SO_LINGER"}, {0xf, "SO_REUSEPORT"}, {0x10, "SO_PASSCRED"}, {0x11, "SO_PEERCRED"}, {0x12, "SO_RCVLOWAT"}, {0x13, "SO_SNDLOWAT"}, {0x14, "SO_RCVTIMEO"}, {0x15, "SO_SNDTIMEO"}, {0x1e, "SO_ACCEPTCONN"}, {0x26, "SO_PROTOCOL"}, {0x27, "SO_DOMAIN"}}}

// tcp(7)
var tcpOptions = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x1, "TCP_NODELAY"}, {0x2, "TCP_MAXSEG"}, {0x3, "TCP_CORK"}, {0x4, "TCP_KEEPIDLE"}, {0x5, "TCP_KEEPINTVL"}, {0x6, "TCP_KEEPCNT"}, {0x9, "TCP_DEFER_ACCEPT"}, {0xb, "TCP_INFO"}, {0xc, "TCP_QUICKACK"}, {0xd, "TCP_CONGESTION"}, {0x12, "TCP_USER_TIMEOUT"}, {0x17, "TCP_FASTOPEN"}}}

// poll(2)
var pollEvents = flagset{bits: []symbol{{0x1, "POLLIN"}, {0x2, "POLLPRI"}, {0x4, "POLLOUT"}, {0x8, "POLLERR"}, {0x10, "POLLHUP"}, {0x20, "POLLNVAL"}, {0x40, "POLLRDNORM"}, {0x80, "POLLRDBAND"}, {0x100, "POLLWRNORM"}, {0x200, "POLLWRBAND"}, {0x400, "POLLMSG"}, {0x2000, "POLLRDHUP"}}}

// epoll_ctl(2)
var epollEvents = flagset{bits: []symbol{{0x1, "EPOLLIN"}, {0x2, "EPOLLPRI"}, {0x4, "EPOLLOUT"}, {0x8, "EPOLLERR"}, {0x10, "EPOLLHUP"}, {0x40, "EPOLLRDNORM"}, {0x80, "EPOLLRDBAND"}, {0x100, "EPOLLWRNORM"}, {0x200, "EPOLLWRBAND"}, {0x400, "EPOLLMSG"}, {0x2000, "EPOLLRDHUP"}, {0x10000000, "EPOLLEXCLUSIVE"}, {0x20000000, "EPOLLWAKEUP"}, {0x40000000, "EPOLLONESHOT"}, {0x80000000, "EPOLLET"}}}

// epoll_ctl(2)
var epollOps = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x1, "EPOLL_CTL_ADD"}, {0x2, "EPOLL_CTL_DEL"}, {0x3, "EPOLL_CTL_MOD"}}}

// epoll_create1(2)
var epollFlags = flagset{bits: []symbol{{0x80000, "EPOLL_CLOEXEC"}}}

// pipe2(2), dup3(2)
var pipeFlags = flagset{bits: []symbol{{0x80000, "O_CLOEXEC"}, {0x800, "O_NONBLOCK"}, {0x4000, "O_DIRECT"}}}

// eventfd(2)
var eventFlags = flagset{bits: []symbol{{0x1, "EFD_SEMAPHORE"}, {0x80000, "EFD_CLOEXEC"}, {0x800, "EFD_NONBLOCK"}}}

// timerfd_create(2)
var timerfdFlags = flagset{bits: []symbol{{0x80000, "TFD_CLOEXEC"}, {0x800, "TFD_NONBLOCK"}}}

// signalfd(2)
var signalfdFlags = flagset{bits: []symbol{{0x80000, "SFD_CLOEXEC"}, {0x800, "SFD_NONBLOCK"}}}

// memfd_create(2)
var memfdFlags = flagset{bits: []symbol{{0x1, "MFD_CLOEXEC"}, {0x2, "MFD_ALLOW_SEALING"}, {0x4, "MFD_HUGETLB"}}}

// getrandom(2)
var randomFlags = flagset{bits: []symbol{{0x1, "GRND_NONBLOCK"}, {0x2, "GRND_RANDOM"}}}

// close_range(2)
var rangeFlags = flagset{bits: []symbol{{0x2, "CLOSE_RANGE_UNSHARE"}, {0x4, "CLOSE_RANGE_CLOEXEC"}}}

// wait4(2)
var waitOptions = flagset{bits: []symbol{{0x1, "WNOHANG"}, {0x2, "WUNTRACED"}, {0x4, "WEXITED"}, {0x8, "WCONTINUED"}, {0x1000000, "WNOWAIT"}, {0x80000000, "__WCLONE"}}}

// waitid(2)
var waitIDs = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x0, "P_ALL"}, {0x1, "P_PID"}, {0x2, "P_PGID"}, {0x3, "P_PIDFD"}}}

// clone(2), without the signal
var cloneFlags = flagset{bits: []symbol{{0x100, "CLONE_VM"}, {0x200, "CLONE_FS"}, {0x400, "CLONE_FILES"}, {0x800, "CLONE_SIGHAND"}, {0x1000, "CLONE_PIDFD"}, {0x2000, "CLONE_PTRACE"}, {0x4000, "CLONE_VFORK"}, {0x8000, "CLONE_PARENT"}, {0x10000, "CLONE_THREAD"}, {0x20000, "CLONE_NEWNS"}, {0x40000, "CLONE_SYSVSEM"}, {0x80000, "CLONE_SETTLS"}, {0x100000, "CLONE_PARENT_SETTID"}, {0x200000, "CLONE_CHILD_CLEARTID"}, {0x800000, "CLONE_UNTRACED"}, {0x1000000, "CLONE_CHILD_SETTID"}, {0x2000000, "CLONE_NEWCGROUP"}, {0x4000000, "CLONE_NEWUTS"}, {0x8000000, "CLONE_NEWIPC"}, {0x10000000, "CLONE_NEWUSER"}, {0x20000000, "CLONE_NEWPID"}, {0x40000000, "CLONE_NEWNET"}, {0x80000000, "CLONE_IO"}, {0x100000000, "CLONE_CLEAR_SIGHAND"}, {0x200000000, "CLONE_INTO_CGROUP"}}}

// sigprocmask(2)
var maskHows = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x0, "SIG_BLOCK"}, {0x1, "SIG_UNBLOCK"}, {0x2, "SIG_SETMASK"}}}

// sigaction(2)
var saFlags = flagset{bits: []symbol{{0x4000000, "SA_RESTORER"}, {0x8000000, "SA_ONSTACK"}, {0x10000000, "SA_RESTART"}, {0x40000000, "SA_NODEFER"}, {0x80000000, "SA_RESETHAND"}, {0x4, "SA_SIGINFO"}, {0x1, "SA_NOCLDSTOP"}, {0x2, "SA_NOCLDWAIT"}}}

// sigaltstack(2)
var ssFlags = flagset{bits: []symbol{{0x1, "SS_ONSTACK"}, {0x2, "SS_DISABLE"}, {0x80000000, "SS_AUTODISARM"}}}

// getrlimit(2)
var resources = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x0, "RLIMIT_CPU"}, {0x1, "RLIMIT_FSIZE"}, {0x2, "RLIMIT_DATA"}, {0x3, "RLIMIT_STACK"}, {0x4, "RLIMIT_CORE"}, {0x5, "RLIMIT_RSS"}, {0x6, "RLIMIT_NPROC"}, {0x7, "RLIMIT_NOFILE"}, {0x8, "RLIMIT_MEMLOCK"}, {0x9, "RLIMIT_AS"}, {0xa, "RLIMIT_LOCKS"}, {0xb, "RLIMIT_SIGPENDING"}, {0xc, "RLIMIT_MSGQUEUE"}, {0xd, "RLIMIT_NICE"}, {0xe, "RLIMIT_RTPRIO"}, {0xf, "RLIMIT_RTTIME"}}}

// getrusage(2)
var usageWhos = flagset{mask: 0xffffffff, enum: []symbol{{0x0, "RUSAGE_SELF"}, {0xffffffff, "RUSAGE_CHILDREN"}, {0x1, "RUSAGE_THREAD"}}}

// clock_gettime(2)
var clocks = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x0, "CLOCK_REALTIME"}, {0x1, "CLOCK_MONOTONIC"}, {0x2, "CLOCK_PROCESS_CPUTIME_ID"}, {0x3, "CLOCK_THREAD_CPUTIME_ID"}, {0x4, "CLOCK_MONOTONIC_RAW"}, {0x5, "CLOCK_REALTIME_COARSE"}, {0x6, "CLOCK_MONOTONIC_COARSE"}, {0x7, "CLOCK_BOOTTIME"}, {0xb, "CLOCK_TAI"}}}

// clock_nanosleep(2)
var timerFlags = flagset{bits: []symbol{{0x1, "TIMER_ABSTIME"}}}

// setitimer(2)
var itimers = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x0, "ITIMER_REAL"}, {0x1, "ITIMER_VIRTUAL"}, {0x2, "ITIMER_PROF"}}}

// prctl(2)
var prctls = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x1, "PR_SET_PDEATHSIG"}, {0x2, "PR_GET_PDEATHSIG"}, {0x3, "PR_GET_DUMPABLE"}, {0x4, "PR_SET_DUMPABLE"}, {0x7, "PR_GET_KEEPCAPS"}, {0x8, "PR_SET_KEEPCAPS"}, {0xf, "PR_SET_NAME"}, {0x10, "PR_GET_NAME"}, {0x15, "PR_GET_SECCOMP"}, {0x16, "PR_SET_SECCOMP"}, {0x17, "PR_CAPBSET_READ"}, {0x18, "PR_CAPBSET_DROP"}, {0x1b, "PR_GET_SECUREBITS"}, {0x1c, "PR_SET_SECUREBITS"}, {0x1d, "PR_SET_TIMERSLACK"}, {0x1e, "PR_GET_TIMERSLACK"}, {0x23, "PR_SET_MM"}, {0x24, "PR_SET_CHILD_SUBREAPER"}, {0x25, "PR_GET_CHILD_SUBREAPER"}, {0x26, "PR_SET_NO_NEW_PRIVS"}, {0x27, "PR_GET_NO_NEW_PRIVS"}, {0x29, "PR_SET_THP_DISABLE"}, {0x2a, "PR_GET_THP_DISABLE"}, {0x2f, "PR_CAP_AMBIENT"}, {0x53564d41, "PR_SET_VMA"}, {0x41555856, "PR_GET_AUXV"}}}

// arch_prctl(2)
var archPrctls = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x1001, "ARCH_SET_GS"}, {0x1002, "ARCH_SET_FS"}, {0x1003, "ARCH_GET_FS"}, {0x1004, "ARCH_GET_GS"}, {0x1011, "ARCH_GET_CPUID"}, {0x1012, "ARCH_SET_CPUID"}, {0x3001, "ARCH_CET_STATUS"}, {0x5005, "ARCH_SHSTK_STATUS"}}}

// membarrier(2)
var membarriers = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x0, "MEMBARRIER_CMD_QUERY"}, {0x1, "MEMBARRIER_CMD_GLOBAL"}, {0x2, "MEMBARRIER_CMD_GLOBAL_EXPEDITED"}, {0x4, "MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED"}, {0x8, "MEMBARRIER_CMD_PRIVATE_EXPEDITED"}, {0x10, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED"}}}

// posix_fadvise(2)
var fadvices = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x0, "POSIX_FADV_NORMAL"}, {0x1, "POSIX_FADV_RANDOM"}, {0x2, "POSIX_FADV_SEQUENTIAL"}, {0x3, "POSIX_FADV_WILLNEED"}, {0x4, "POSIX_FADV_DONTNEED"}, {0x5, "POSIX_FADV_NOREUSE"}}}

// renameat2(2)
var renameFlags = flagset{bits: []symbol{{0x1, "RENAME_NOREPLACE"}, {0x2, "RENAME_EXCHANGE"}, {0x4, "RENAME_WHITEOUT"}}}

// fallocate(2)
var fallocModes = flagset{bits: []symbol{{0x1, "FALLOC_FL_KEEP_SIZE"}, {0x2, "FALLOC_FL_PUNCH_HOLE"}, {0x8, "FALLOC_FL_COLLAPSE_RANGE"}, {0x10, "FALLOC_FL_ZERO_RANGE"}, {0x20, "FALLOC_FL_INSERT_RANGE"}}}

// sched(7)
var schedPolicies = flagset{mask: 0xffffffffffffffff, enum: []symbol{{0x0, "SCHED_OTHER"}, {0x1, "SCHED_FIFO"}, {0x2, "SCHED_RR"}, {0x3, "SCHED_BATCH"}, {0x5, "SCHED_IDLE"}, {0x6, "SCHED_DEADLINE"}}}

// futex(2)
var futexOps = flagset{mask: 0xff, enum: []symbol{{0x0, "FUTEX_WAIT"}, {0x80, "FUTEX_WAIT_PRIVATE"}, {0x1, "FUTEX_WAKE"}, {0x81, "FUTEX_WAKE_PRIVATE"}, {0x2, "FUTEX_FD"}, {0x82, "FUTEX_FD_PRIVATE"}, {0x3, "FUTEX_REQUEUE"}, {0x83, "FUTEX_REQUEUE_PRIVATE"}, {0x4, "FUTEX_CMP_REQUEUE"}, {0x84, "FUTEX_CMP_REQUEUE_PRIVATE"}, {0x5, "FUTEX_WAKE_OP"}, {0x85, "FUTEX_WAKE_OP_PRIVATE"}, {0x6, "FUTEX_LOCK_PI"}, {0x86, "FUTEX_LOCK_PI_PRIVATE"}, {0x7, "FUTEX_UNLOCK_PI"}, {0x87, "FUTEX_UNLOCK_PI_PRIVATE"}, {0x8, "FUTEX_TRYLOCK_PI"}, {0x88, "FUTEX_TRYLOCK_PI_PRIVATE"}, {0x9, "FUTEX_WAIT_BITSET"}, {0x89, "FUTEX_WAIT_BITSET_PRIVATE"}, {0xa, "FUTEX_WAKE_BITSET"}, {0x8a, "FUTEX_WAKE_BITSET_PRIVATE"}, {0xb, "FUTEX_WAIT_REQUEUE_PI"}, {0x8b, "FUTEX_WAIT_REQUEUE_PI_PRIVATE"}, {0xc, "FUTEX_CMP_REQUEUE_PI"}, {0x8c, "FUTEX_CMP_REQUEUE_PI_PRIVATE"}, {0xd, "FUTEX_LOCK_PI2"}, {0x8d, "FUTEX_LOCK_PI2_PRIVATE"}}, bits: []symbol{{0x100, "FUTEX_CLOCK_REALTIME"}}}

// stat(2)
var fileTypes = [...]symbol{{0x8000, "S_IFREG"}, {0x4000, "S_IFDIR"}, {0xa000, "S_IFLNK"}, {0x2000, "S_IFCHR"}, {0x1000, "S_IFIFO"}, {0xc000, "S_IFSOCK"}, {0x6000, "S_IFBLK"}}

// ioctl(2)
var ioctls = [...]symbol{{0x5401, "TCGETS"}, {0x5402, "TCSETS"}, {0x5403, "TCSETSW"}, {0x5404, "TCSETSF"}, {0x5409, "TCSBRK"}, {0x540b, "TCFLSH"}, {0x540e, "TIOCSCTTY"}, {0x540f, "TIOCGPGRP"}, {0x5410, "TIOCSPGRP"}, {0x5429, "TIOCGSID"}, {0x5413, "TIOCGWINSZ"}, {0x5414, "TIOCSWINSZ"}, {0x541b, "FIONREAD"}, {0x5421, "FIONBIO"}, {0x5451, "FIOCLEX"}, {0x5450, "FIONCLEX"}, {0x5422, "TIOCNOTTY"}, {0x80045430, "TIOCGPTN"}, {0x40045431, "TIOCSPTLCK"}, {0x40049409, "FICLONE"}}

// statx(2)
var statxFlags = flagset{mask: 0x6000, enum: []symbol{{0x0, "AT_STATX_SYNC_AS_STAT"}, {0x2000, "AT_STATX_FORCE_SYNC"}, {0x4000, "AT_STATX_DONT_SYNC"}},
	bits: []symbol{{0x100, "AT_SYMLINK_NOFOLLOW"}, {0x800, "AT_NO_AUTOMOUNT"}, {0x1000, "AT_EMPTY_PATH"}}}
