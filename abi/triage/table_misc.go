package triage

// The system as a whole: its name, administration, tracing and the processor's own facilities.
var miscCalls = [...]Call{
	{63, "uname", Ship, None, args{out("buf", 390)}, 0, 0, ""},
	{99, "sysinfo", Ship, None, args{out("info", 112)}, 0, 0, ""},
	{103, "syslog", Ship, None, args{flags("type"), bufOutOpt("bufp", 2), i32("size")}, waits, 0, ""},
	{136, "ustat", Ship, None, args{u32("dev"), out("ubuf", 32)}, 0, 0, ""},
	{139, "sysfs", Ship, None, args{flags("option"), variant("arg1", 0), variant("arg2", 0)}, 0, 0, ""},
	{153, "vhangup", Ship, None, nil, 0, 0, ""},
	{154, "modify_ldt", Refuse, None, args{flags("func"), variant("ptr", 0), size("bytecount")}, 0, enosys, "Segments are not switched with the LWK's threads; use arch_prctl for thread-local storage"},
	{163, "acct", Ship, None, args{pathOpt("filename")}, 0, 0, ""},
	{169, "reboot", Ship, None, args{i32("magic"), i32("magic2"), flags("op"), variant("arg", 2)}, 0, 0, ""},
	{170, "sethostname", Ship, None, args{bufIn("name", 1), i32("len")}, 0, 0, ""},
	{171, "setdomainname", Ship, None, args{bufIn("name", 1), i32("len")}, 0, 0, ""},
	{172, "iopl", Refuse, None, args{u32("level")}, 0, enosys, "Ports are not given to programs of an enclave; run drivers under Linux"},
	{173, "ioperm", Refuse, None, args{u64("from"), u64("num"), i32("turn_on")}, 0, enosys, "Ports are not given to programs of an enclave; run drivers under Linux"},
	{175, "init_module", Ship, None, args{bufIn("module_image", 1), size("len"), text("param_values", 1<<20)}, MayBlock, 0, ""},
	{176, "delete_module", Ship, None, args{text("name", 56), flags("flags")}, MayBlock, 0, ""},
	{246, "kexec_load", Ship, None, args{u64("entry"), size("nr_segments"), nestIn("segments", 32, 1), fl64("flags")}, 0, 0, "Each segment begins with the address and length of a buffer"},
	{298, "perf_event_open", Ship, FD, args{sized("attr", 64), tid("pid"), i32("cpu"), fd("group_fd"), fl64("flags")}, ChangesFDs | Thread, 0, "pid 0 counts the thread's proxy, not its core"},
	{313, "finit_module", Ship, None, args{fd("fd"), text("param_values", 1<<20), flags("flags")}, MayBlock, 0, ""},
	{318, "getrandom", Ship, None, args{bufOut("buf", 1), size("buflen"), flags("flags")}, waits, 0, ""},
	{320, "kexec_file_load", Ship, None, args{fd("kernel_fd"), fd("initrd_fd"), size("cmdline_len"), bufInOpt("cmdline", 2), fl64("flags")}, MayBlock, 0, ""},
	{321, "bpf", Ship, None, args{flags("cmd"), nestInOut("attr", 1, 2), size32("size")}, ChangesFDs, 0, "attr holds addresses, by cmd"},
	{335, "uretprobe", Refuse, None, nil, 0, enosys, "Linux's own return from a probe, useless from a program"},
	{336, "uprobe", Refuse, None, nil, 0, enosys, "Linux's own entry to a probe, useless from a program"},
	{470, "listns", Ship, None, args{sized("req", 32), arrOut("ns_ids", 8, 2), size("nr_ns_ids"), flags("flags")}, 0, 0, ""},
}
