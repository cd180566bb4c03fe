package triage

const waitMaskNote = "The LWK puts its signal mask in place for the wait, then ships the call without it"

// Waiting for many files, and asynchronous I/O.
var pollCalls = [...]Call{
	{7, "poll", Ship, None, args{arrInOut("fds", 8, 1), size32("nfds"), i32("timeout")}, interrupted, 0, ""},
	{23, "select", Ship, None, args{i32("nfds"), fdset("readfds"), fdset("writefds"), fdset("exceptfds"), inOutOpt("timeout", 16)}, interrupted, 0, ""},
	{206, "io_setup", Ship, None, args{u32("nr_events"), inOut("ctx_idp", 8)}, 0, 0, "Linux maps the ring at a place of its choice and moves data in the background"},
	{207, "io_destroy", Ship, None, args{u64("ctx_id")}, MayBlock, 0, ""},
	{208, "io_getevents", Ship, None, args{u64("ctx_id"), i64("min_nr"), i64("nr"), arrOut("events", 32, 2), tsInOpt("timeout")}, interrupted, 0, ""},
	{209, "io_submit", Ship, None, args{u64("ctx_id"), i64("nr"), nestIn("iocbpp", 8, 1)}, MayBlock, 0, "iocbpp holds addresses of 64-byte iocbs, which hold addresses of buffers"},
	{210, "io_cancel", Ship, None, args{u64("ctx_id"), in("iocb", 64), outOpt("result", 32)}, 0, 0, "The iocb's address is its name: it must be the one submitted"},
	{213, "epoll_create", Ship, FD, args{i32("size")}, ChangesFDs, 0, ""},
	{232, "epoll_wait", Ship, None, args{fd("epfd"), arrOut("events", 12, 2), i32("maxevents"), i32("timeout")}, interrupted, 0, ""},
	{233, "epoll_ctl", Ship, None, args{fd("epfd"), flags("op"), fd("fd"), inOpt("event", 12)}, 0, 0, ""},
	{270, "pselect6", Split, None, args{i32("nfds"), fdset("readfds"), fdset("writefds"), fdset("exceptfds"), tsInOutOpt("timeout"), setPtr("sigmask")}, interrupted, 0, waitMaskNote},
	{271, "ppoll", Split, None, args{arrInOut("fds", 8, 1), size32("nfds"), tsInOutOpt("tmo_p"), setInOpt("sigmask", 4), size("sigsetsize")}, interrupted, 0, waitMaskNote},
	{281, "epoll_pwait", Split, None, args{fd("epfd"), arrOut("events", 12, 2), i32("maxevents"), i32("timeout"), setInOpt("sigmask", 5), size("sigsetsize")}, interrupted, 0, waitMaskNote},
	{291, "epoll_create1", Ship, FD, args{flags("flags")}, ChangesFDs, 0, ""},
	{333, "io_pgetevents", Split, None, args{u64("ctx_id"), i64("min_nr"), i64("nr"), arrOut("events", 32, 2), tsInOpt("timeout"), setPtr("usig")}, interrupted, 0, waitMaskNote},
	{425, "io_uring_setup", Refuse, FD, args{u32("entries"), inOut("params", 120)}, 0, enosys, "Linux's own threads would write program memory that the LWK manages; use epoll or plain reads and writes"},
	{426, "io_uring_enter", Refuse, None, args{fd("fd"), u32("to_submit"), u32("min_complete"), flags("flags"), variant("arg", 3), size("argsz")}, 0, enosys, "Goes with io_uring_setup; use epoll or plain reads and writes"},
	{427, "io_uring_register", Refuse, None, args{fd("fd"), u32("opcode"), variant("arg", 1), u32("nr_args")}, 0, enosys, "Goes with io_uring_setup; use epoll or plain reads and writes"},
	{441, "epoll_pwait2", Split, None, args{fd("epfd"), arrOut("events", 12, 2), i32("maxevents"), tsInOpt("timeout"), setInOpt("sigmask", 5), size("sigsetsize")}, interrupted, 0, waitMaskNote},
}
