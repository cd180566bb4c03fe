package triage

const (
	affinityNote = "The LWK's for threads of the program; other processes are asked of Linux"
	policyNote   = "Linux's, for the core that the caller is on"
)

// Scheduling and resources.
var schedCalls = [...]Call{
	{24, "sched_yield", Local, None, nil, 0, 0, "Goes to the next thread of the core, if any"},
	{97, "getrlimit", Ship, None, args{flags("resource"), out("rlim", 16)}, 0, 0, ""},
	{98, "getrusage", Ship, None, args{flags("who"), out("usage", 144)}, Thread, 0, "RUSAGE_THREAD is the proxy's"},
	{140, "getpriority", Split, None, args{flags("which"), i32("who")}, Thread, 0, "Made on the calling thread's core; the LWK itself has no priorities"},
	{141, "setpriority", Split, None, args{flags("which"), i32("who"), i32("prio")}, Thread, 0, "Made on the calling thread's core; the LWK itself has no priorities"},
	{142, "sched_setparam", Split, None, args{tid("pid"), in("param", 4)}, Thread, 0, policyNote},
	{143, "sched_getparam", Split, None, args{tid("pid"), out("param", 4)}, Thread, 0, policyNote},
	{144, "sched_setscheduler", Split, None, args{tid("pid"), flags("policy"), in("param", 4)}, Thread, 0, policyNote},
	{145, "sched_getscheduler", Split, None, args{tid("pid")}, Thread, 0, policyNote},
	{146, "sched_get_priority_max", Local, None, args{flags("policy")}, 0, 0, "Linux's bounds"},
	{147, "sched_get_priority_min", Local, None, args{flags("policy")}, 0, 0, "Linux's bounds"},
	{148, "sched_rr_get_interval", Split, None, args{tid("pid"), tsOut("tp")}, Thread, 0, policyNote},
	{160, "setrlimit", Ship, None, args{flags("resource"), in("rlim", 16)}, 0, 0, ""},
	{203, "sched_setaffinity", Split, None, args{tid("pid"), size32("cpusetsize"), {"mask", CPUSetIn, 1, 1, false}}, 0, 0, affinityNote},
	{204, "sched_getaffinity", Split, None, args{tid("pid"), size32("cpusetsize"), {"mask", CPUSetOut, 1, 1, false}}, 0, 0, affinityNote},
	{251, "ioprio_set", Split, None, args{flags("which"), i32("who"), i32("ioprio")}, Thread, 0, "Made on the calling thread's core; the LWK itself has no priorities"},
	{252, "ioprio_get", Split, None, args{flags("which"), i32("who")}, Thread, 0, "Made on the calling thread's core; the LWK itself has no priorities"},
	{302, "prlimit64", Ship, None, args{pid("pid"), flags("resource"), inOpt("new_limit", 16), outOpt("old_limit", 16)}, 0, 0, ""},
	{309, "getcpu", Local, None, args{outOpt("cpu", 4), outOpt("node", 4), addr("tcache")}, 0, 0, "The core that the LWK runs the thread on"},
	{314, "sched_setattr", Split, None, args{tid("pid"), sized("attr", 48), flags("flags")}, Thread, 0, policyNote},
	{315, "sched_getattr", Split, None, args{tid("pid"), bufOut("attr", 2), size32("size"), flags("flags")}, Thread, 0, policyNote},
}
