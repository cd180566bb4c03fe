package triage

// File descriptors themselves, and the kinds of file that only a call can make.
var fdCalls = [...]Call{
	{3, "close", Ship, None, args{fd("fd")}, MayBlock | ChangesFDs, 0, ""},
	{22, "pipe", Ship, None, args{out("pipefd", 8)}, ChangesFDs, 0, ""},
	{32, "dup", Ship, FD, args{fd("oldfd")}, ChangesFDs, 0, ""},
	{33, "dup2", Ship, FD, args{fd("oldfd"), fd("newfd")}, MayBlock | ChangesFDs, 0, ""},
	{72, "fcntl", Split, None, args{fd("fd"), u32("cmd"), {"arg", Fcntl, 8, 1, true}}, waits | ChangesFDs, 0, "Of F_SETOWN_EX with a thread: its process. The argument is a number, or a struct for the locks, owners and hints"},
	{253, "inotify_init", Ship, FD, nil, ChangesFDs, 0, ""},
	{254, "inotify_add_watch", Ship, None, args{fd("fd"), path("pathname"), flags("mask")}, 0, 0, ""},
	{255, "inotify_rm_watch", Ship, None, args{fd("fd"), i32("wd")}, 0, 0, ""},
	{284, "eventfd", Ship, FD, args{u32("initval")}, ChangesFDs, 0, ""},
	{290, "eventfd2", Ship, FD, args{u32("initval"), flags("flags")}, ChangesFDs, 0, ""},
	{292, "dup3", Ship, FD, args{fd("oldfd"), fd("newfd"), flags("flags")}, MayBlock | ChangesFDs, 0, ""},
	{293, "pipe2", Ship, None, args{out("pipefd", 8), flags("flags")}, ChangesFDs, 0, ""},
	{294, "inotify_init1", Ship, FD, args{flags("flags")}, ChangesFDs, 0, ""},
	{300, "fanotify_init", Ship, FD, args{flags("flags"), flags("event_f_flags")}, ChangesFDs, 0, ""},
	{301, "fanotify_mark", Ship, None, args{fd("fanotify_fd"), flags("flags"), fl64("mask"), dirfd("dirfd"), pathOpt("pathname")}, 0, 0, ""},
	{319, "memfd_create", Ship, FD, args{text("name", 250), flags("flags")}, ChangesFDs, 0, ""},
	{434, "pidfd_open", Ship, FD, args{pid("pid"), flags("flags")}, ChangesFDs, 0, ""},
	{436, "close_range", Split, None, args{fd("first"), fd("last"), flags("flags")}, MayBlock | ChangesFDs, 0, "CLOSE_RANGE_UNSHARE is for programs of one thread"},
	{438, "pidfd_getfd", Ship, FD, args{fd("pidfd"), fd("targetfd"), flags("flags")}, ChangesFDs, 0, ""},
	{447, "memfd_secret", Ship, FD, args{flags("flags")}, ChangesFDs, 0, ""},
}
