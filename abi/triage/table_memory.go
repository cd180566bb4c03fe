package triage

const placeNote = "Linux's, of memory that the LWK then maps anew before it is another mapping's"

// The address space.
var memoryCalls = [...]Call{
	{9, "mmap", Local, Addr, args{addr("addr"), size("length"), fl64("prot"), fl64("flags"), fd64("fd"), off("offset")}, 0, 0, "The LWK chooses the address; anonymous memory comes from its pool, files are mapped by Linux at that place"},
	{10, "mprotect", Local, None, args{addr("addr"), size("len"), fl64("prot")}, 0, 0, "The LWK keeps the map of the address space"},
	{11, "munmap", Local, None, args{addr("addr"), size("length")}, 0, 0, "Freed memory goes back to the LWK's pool"},
	{12, "brk", Local, Addr, args{addr("addr")}, 0, 0, "The heap is an area of the LWK's"},
	{25, "mremap", Local, Addr, args{addr("old_address"), size("old_size"), size("new_size"), fl64("flags"), addr("new_address")}, 0, 0, "The LWK chooses the new address"},
	{26, "msync", Split, None, args{addr("addr"), size("length"), flags("flags")}, MayBlock, 0, "Refused where the LWK's map has a hole, else Linux's"},
	{27, "mincore", Split, None, args{addr("addr"), size("length"), {"vec", PageVecOut, 1, 1, false}}, 0, 0, "Refused where the LWK's map has a hole, else Linux's"},
	{28, "madvise", Local, None, args{addr("addr"), size("length"), flags("advice")}, 0, 0, "Pages given up go back to the LWK's pool; advice that changes nothing visible is accepted"},
	{149, "mlock", Split, None, args{addr("addr"), size("len")}, 0, 0, "Refused where the LWK's map has a hole, else Linux's"},
	{150, "munlock", Split, None, args{addr("addr"), size("len")}, 0, 0, "Refused where the LWK's map has a hole, else Linux's"},
	{151, "mlockall", Split, None, args{flags("flags")}, 0, 0, "Locks what the program has mapped, one mapping after another"},
	{152, "munlockall", Split, None, nil, 0, 0, "As mlockall"},
	{216, "remap_file_pages", Split, None, args{addr("addr"), size("size"), fl64("prot"), size("pgoff"), fl64("flags")}, 0, 0, "Obsolete: Linux maps the range anew"},
	{237, "mbind", Split, None, args{addr("addr"), size("len"), fl64("mode"), nodesIn("nodemask", 4), size("maxnode"), flags("flags")}, 0, 0, placeNote},
	{238, "set_mempolicy", Split, None, args{flags("mode"), nodesIn("nodemask", 2), size("maxnode")}, Thread, 0, "Made on the calling thread's core, whose faults it governs"},
	{239, "get_mempolicy", Split, None, args{outOpt("mode", 4), nodesOut("nodemask", 2), size("maxnode"), addr("addr"), fl64("flags")}, Thread, 0, "Made on the calling thread's core, whose faults it governs"},
	{256, "migrate_pages", Ship, None, args{pid("pid"), size("maxnode"), nodesIn("old_nodes", 1), nodesIn("new_nodes", 1)}, 0, 0, ""},
	{279, "move_pages", Ship, None, args{pid("pid"), size("count"), nestIn("pages", 8, 1), arrInOpt("nodes", 4, 1), arrOut("status", 4, 1), flags("flags")}, 0, 0, "pages holds addresses of the process named, looked up and not read"},
	{310, "process_vm_readv", Ship, None, args{pid("pid"), iovOut("local_iov", 2), size("liovcnt"), nestIn("remote_iov", 16, 4), size("riovcnt"), fl64("flags")}, 0, 0, "remote_iov holds addresses of the other process"},
	{311, "process_vm_writev", Ship, None, args{pid("pid"), iovIn("local_iov", 2), size("liovcnt"), nestIn("remote_iov", 16, 4), size("riovcnt"), fl64("flags")}, 0, 0, "remote_iov holds addresses of the other process"},
	{323, "userfaultfd", Refuse, FD, args{flags("flags")}, 0, enosys, "Faults in the LWK's memory are the LWK's; use mprotect and SIGSEGV"},
	{325, "mlock2", Split, None, args{addr("addr"), size("len"), flags("flags")}, 0, 0, "Refused where the LWK's map has a hole, else Linux's"},
	{329, "pkey_mprotect", Local, None, args{addr("addr"), size("len"), fl64("prot"), i32("pkey")}, 0, 0, "As mprotect when pkey is -1; there are no other keys"},
	{330, "pkey_alloc", Local, None, args{fl64("flags"), fl64("access_rights")}, Thread, 0, "As on a machine without protection keys: PKRU is not switched with the LWK's threads"},
	{331, "pkey_free", Ship, None, args{i32("pkey")}, 0, 0, ""},
	{440, "process_madvise", Ship, None, args{fd("pidfd"), nestIn("iovec", 16, 2), size("vlen"), flags("advice"), flags("flags")}, 0, 0, "iovec holds addresses of the process named"},
	{448, "process_mrelease", Ship, None, args{fd("pidfd"), flags("flags")}, 0, 0, ""},
	{450, "set_mempolicy_home_node", Split, None, args{addr("start"), size("len"), u64("home_node"), fl64("flags")}, 0, 0, placeNote},
	{453, "map_shadow_stack", Refuse, Addr, args{addr("addr"), size("size"), flags("flags")}, 0, eopnotsupp, "Programs run without shadow stacks, as on a machine that has none"},
	{462, "mseal", Local, None, args{addr("start"), size("len"), fl64("flags")}, 0, 0, "The LWK keeps the map of the address space; Linux is not told"},
}
