package triage

const (
	credThread = Cred | Thread
	credNote   = "Made by every thread of Linux's behind the program, or by none: one program thread's change is all threads'"
	apartNote  = "For a program of one thread, whose threads at Linux are made anew; EPERM with several"
	keyNote    = "Made on the core, whose keyrings fork and execve hand on; it may block the core"
)

// Credentials and confinement. Linux keeps them for each thread: a change is made by all of Linux's
// threads behind the program.
var credCalls = [...]Call{
	{102, "getuid", Ship, UID, nil, credThread, 0, ""},
	{104, "getgid", Ship, GID, nil, credThread, 0, ""},
	{105, "setuid", Split, None, args{uid("uid")}, credThread, 0, credNote},
	{106, "setgid", Split, None, args{gid("gid")}, credThread, 0, credNote},
	{107, "geteuid", Ship, UID, nil, credThread, 0, ""},
	{108, "getegid", Ship, GID, nil, credThread, 0, ""},
	{113, "setreuid", Split, None, args{uid("ruid"), uid("euid")}, credThread, 0, credNote},
	{114, "setregid", Split, None, args{gid("rgid"), gid("egid")}, credThread, 0, credNote},
	{115, "getgroups", Ship, None, args{i32("size"), arrOut("list", 4, 0)}, credThread, 0, ""},
	{116, "setgroups", Split, None, args{i32("size"), arrIn("list", 4, 0)}, credThread, 0, credNote},
	{117, "setresuid", Split, None, args{uid("ruid"), uid("euid"), uid("suid")}, credThread, 0, credNote},
	{118, "getresuid", Ship, None, args{out("ruid", 4), out("euid", 4), out("suid", 4)}, credThread, 0, ""},
	{119, "setresgid", Split, None, args{gid("rgid"), gid("egid"), gid("sgid")}, credThread, 0, credNote},
	{120, "getresgid", Ship, None, args{out("rgid", 4), out("egid", 4), out("sgid", 4)}, credThread, 0, ""},
	{122, "setfsuid", Split, UID, args{uid("fsuid")}, credThread, 0, credNote},
	{123, "setfsgid", Split, GID, args{gid("fsgid")}, credThread, 0, credNote},
	{125, "capget", Ship, None, args{inOut("hdrp", 8), variant("datap", 0)}, credThread, 0, "datap is 12 bytes for version 1, else 24"},
	{126, "capset", Split, None, args{inOut("hdrp", 8), variant("datap", 0)}, credThread, 0, credNote},
	{248, "add_key", Split, None, args{text("type", 32), textOpt("description", pathMax), bufInOpt("payload", 3), size("plen"), i32("keyring")}, credThread, 0, keyNote},
	{249, "request_key", Split, None, args{text("type", 32), text("description", pathMax), textOpt("callout_info", pathMax), i32("dest_keyring")}, waits | credThread, 0, keyNote},
	{250, "keyctl", Split, None, args{flags("operation"), variant("arg2", 0), variant("arg3", 0), variant("arg4", 0), variant("arg5", 0)}, MayBlock | credThread, 0, keyNote},
	{444, "landlock_create_ruleset", Ship, FD, args{bufInOpt("attr", 1), size("size"), flags("flags")}, ChangesFDs, 0, ""},
	{445, "landlock_add_rule", Ship, None, args{fd("ruleset_fd"), flags("rule_type"), variant("rule_attr", 1), flags("flags")}, 0, 0, "rule_attr is 12 bytes for a path, 16 for a port"},
	{446, "landlock_restrict_self", Split, None, args{fd("ruleset_fd"), flags("flags")}, credThread, 0, apartNote},
	{459, "lsm_get_self_attr", Ship, None, args{flags("attr"), bufOutPtrOpt("ctx", 2), inOut("size", 4), flags("flags")}, credThread, 0, ""},
	{460, "lsm_set_self_attr", Split, None, args{flags("attr"), bufIn("ctx", 2), size32("size"), flags("flags")}, credThread, 0, credNote},
	{461, "lsm_list_modules", Ship, None, args{bufOutPtr("ids", 1), inOut("size", 4), flags("flags")}, 0, 0, ""},
}
