package triage

const (
	goneNote  = "Gone from Linux long ago; Linux answers the same"
	neverNote = "A reserved number that Linux never implemented; Linux answers the same"
	segNote   = "For 32-bit programs only; Linux answers the same. Use arch_prctl"
)

// Calls that x86-64 Linux has a number for and no longer, or never, answers.
var oldCalls = [...]Call{
	{134, "uselib", Refuse, None, args{path("library")}, 0, enosys, goneNote},
	{156, "_sysctl", Refuse, None, args{{"args", NestedInOut, 80, -1, false}}, 0, enosys, "Gone from Linux; Linux answers the same. Read and write /proc/sys"},
	{174, "create_module", Refuse, Addr, args{text("name", 56), size("size")}, 0, enosys, goneNote},
	{177, "get_kernel_syms", Refuse, None, args{variant("table", -1)}, 0, enosys, goneNote},
	{178, "query_module", Refuse, None, args{textOpt("name", 56), flags("which"), bufOut("buf", 3), size("bufsize"), out("ret", 8)}, 0, enosys, goneNote},
	{180, "nfsservctl", Refuse, None, args{flags("cmd"), variant("argp", 0), variant("resp", 0)}, 0, enosys, goneNote},
	{181, "getpmsg", Refuse, None, nil, 0, enosys, neverNote},
	{182, "putpmsg", Refuse, None, nil, 0, enosys, neverNote},
	{183, "afs_syscall", Refuse, None, nil, 0, enosys, neverNote},
	{184, "tuxcall", Refuse, None, nil, 0, enosys, neverNote},
	{185, "security", Refuse, None, nil, 0, enosys, neverNote},
	{205, "set_thread_area", Refuse, None, args{inOut("u_info", 16)}, 0, enosys, segNote},
	{211, "get_thread_area", Refuse, None, args{inOut("u_info", 16)}, 0, enosys, segNote},
	{212, "lookup_dcookie", Refuse, None, args{u64("cookie"), bufOut("buffer", 2), size("len")}, 0, enosys, "Gone from Linux 6.7, and of use to one profiler only; use perf"},
	{214, "epoll_ctl_old", Refuse, None, args{fd("epfd"), flags("op"), fd("fd"), inOpt("event", 12)}, 0, enosys, "Never implemented; use epoll_ctl"},
	{215, "epoll_wait_old", Refuse, None, args{fd("epfd"), arrOut("events", 12, 2), i32("maxevents"), i32("timeout")}, 0, enosys, "Never implemented; use epoll_wait"},
	{236, "vserver", Refuse, None, nil, 0, enosys, neverNote},
}
