package triage

const (
	sendNote = "The LWK delivers to the program's own process; other processes are signalled by Linux"
	maskNote = "Signal masks are the LWK's"
)

// Signals. Dispositions, masks and delivery are the LWK's; Linux sees only what must be seen outside.
var signalCalls = [...]Call{
	{13, "rt_sigaction", Local, None, args{sig("signum"), inOpt("act", 32), outOpt("oldact", 32), size("sigsetsize")}, 0, 0, "Dispositions are the LWK's; ignored and default ones are mirrored for exec and for the wait status"},
	{14, "rt_sigprocmask", Local, None, args{flags("how"), setInOpt("set", 3), setOutOpt("oldset", 3), size("sigsetsize")}, 0, 0, maskNote},
	{15, "rt_sigreturn", Local, None, nil, NoReturn, 0, "The LWK built the frame and takes it down"},
	{34, "pause", Local, None, nil, interrupted, 0, "Parks the thread until a signal"},
	{62, "kill", Split, None, args{pid("pid"), sig("sig")}, 0, 0, sendNote},
	{127, "rt_sigpending", Local, None, args{setOut("set", 1), size("sigsetsize")}, 0, 0, "Pending signals are the LWK's"},
	{128, "rt_sigtimedwait", Local, Signal, args{setIn("set", 3), outOpt("info", 128), tsInOpt("timeout"), size("sigsetsize")}, interrupted, 0, "Parks the thread until a signal or the timeout"},
	{129, "rt_sigqueueinfo", Split, None, args{pid("tgid"), sig("sig"), in("info", 128)}, 0, 0, sendNote},
	{130, "rt_sigsuspend", Local, None, args{setIn("mask", 1), size("sigsetsize")}, interrupted, 0, "Parks the thread until a signal"},
	{131, "sigaltstack", Local, None, args{inOpt("ss", 24), outOpt("old_ss", 24)}, 0, 0, "Alternate stacks are the LWK's"},
	{200, "tkill", Split, None, args{tid("tid"), sig("sig")}, 0, 0, sendNote},
	{219, "restart_syscall", Refuse, None, nil, 0, eintr, "Linux's own way to resume a call, useless from a program; the LWK restarts calls itself"},
	{234, "tgkill", Split, None, args{pid("tgid"), tid("tid"), sig("sig")}, 0, 0, sendNote},
	{282, "signalfd", Split, FD, args{fd("fd"), setIn("mask", 2), size("sizemask")}, ChangesFDs, 0, "Linux makes the descriptor; the LWK lets signals of its mask through to Linux"},
	{289, "signalfd4", Split, FD, args{fd("fd"), setIn("mask", 2), size("sizemask"), flags("flags")}, ChangesFDs, 0, "As signalfd"},
	{297, "rt_tgsigqueueinfo", Split, None, args{pid("tgid"), tid("tid"), sig("sig"), in("info", 128)}, 0, 0, sendNote},
	{424, "pidfd_send_signal", Split, None, args{fd("pidfd"), sig("sig"), inOpt("info", 128), flags("flags")}, 0, 0, "Sent to the program itself, the signal comes back to the LWK through Linux"},
}
