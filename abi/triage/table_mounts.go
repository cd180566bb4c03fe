package triage

// Mounts and file systems.
var mountCalls = [...]Call{
	{155, "pivot_root", Ship, None, args{path("new_root"), path("put_old")}, 0, 0, ""},
	{165, "mount", Ship, None, args{pathOpt("source"), path("target"), textOpt("filesystemtype", pathMax), fl64("mountflags"), variant("data", 2)}, MayBlock, 0, "data is a string or a page of what the file system defines; Linux copies up to one page"},
	{166, "umount2", Ship, None, args{path("target"), flags("flags")}, MayBlock, 0, ""},
	{167, "swapon", Ship, None, args{path("path"), flags("swapflags")}, MayBlock, 0, ""},
	{168, "swapoff", Ship, None, args{path("path")}, MayBlock, 0, ""},
	{179, "quotactl", Ship, None, args{u32("cmd"), pathOpt("special"), uid("id"), variant("addr", 0)}, 0, 0, ""},
	{428, "open_tree", Ship, FD, args{dirfd("dirfd"), path("pathname"), flags("flags")}, ChangesFDs, 0, ""},
	{429, "move_mount", Ship, None, args{dirfd("from_dirfd"), pathOpt("from_pathname"), dirfd("to_dirfd"), pathOpt("to_pathname"), flags("flags")}, 0, 0, ""},
	{430, "fsopen", Ship, FD, args{text("fsname", pathMax), flags("flags")}, ChangesFDs, 0, ""},
	{431, "fsconfig", Ship, None, args{fd("fd"), u32("cmd"), textOpt("key", 256), variant("value", 1), i32("aux")}, MayBlock, 0, "value is a string, a path or aux bytes, by cmd"},
	{432, "fsmount", Ship, FD, args{fd("fs_fd"), flags("flags"), flags("attr_flags")}, MayBlock | ChangesFDs, 0, ""},
	{433, "fspick", Ship, FD, args{dirfd("dirfd"), path("pathname"), flags("flags")}, ChangesFDs, 0, ""},
	{442, "mount_setattr", Ship, None, args{dirfd("dirfd"), path("pathname"), flags("flags"), bufIn("attr", 4), size("size")}, 0, 0, ""},
	{443, "quotactl_fd", Ship, None, args{fd("fd"), u32("cmd"), uid("id"), variant("addr", 1)}, 0, 0, ""},
	{457, "statmount", Ship, None, args{sized("req", 24), bufOut("buf", 2), size("bufsize"), flags("flags")}, 0, 0, ""},
	{458, "listmount", Ship, None, args{sized("req", 24), arrOut("mnt_ids", 8, 2), size("nr_mnt_ids"), flags("flags")}, 0, 0, ""},
	{467, "open_tree_attr", Ship, FD, args{dirfd("dirfd"), path("pathname"), flags("flags"), bufInOpt("attr", 4), size("size")}, ChangesFDs, 0, ""},
}
