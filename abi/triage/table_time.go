package triage

const (
	clockNote = "The vDSO answers nearly all; the LWK answers the rest from the same clock"
	timerNote = "Linux's timer; its signal reaches the LWK through the process"
)

// Clocks, timers and sleep.
var timeCalls = [...]Call{
	{35, "nanosleep", Local, None, args{tsIn("duration"), tsOutOpt("rem")}, interrupted, 0, "Parks the thread; the core goes on with others"},
	{36, "getitimer", Ship, None, args{flags("which"), out("curr_value", 32)}, 0, 0, timerNote},
	{37, "alarm", Ship, None, args{u32("seconds")}, 0, 0, timerNote},
	{38, "setitimer", Ship, None, args{flags("which"), inOpt("new_value", 32), outOpt("old_value", 32)}, 0, 0, timerNote},
	{96, "gettimeofday", Local, None, args{outOpt("tv", 16), outOpt("tz", 8)}, 0, 0, clockNote},
	{100, "times", Ship, None, args{outOpt("buf", 32)}, 0, 0, ""},
	{159, "adjtimex", Ship, None, args{inOut("buf", 208)}, 0, 0, ""},
	{164, "settimeofday", Ship, None, args{inOpt("tv", 16), inOpt("tz", 8)}, 0, 0, ""},
	{201, "time", Local, None, args{outOpt("tloc", 8)}, 0, 0, clockNote},
	{222, "timer_create", Split, None, args{i32("clockid"), inOpt("sevp", 64), out("timerid", 4)}, 0, 0, "Linux's timer; for SIGEV_THREAD_ID the LWK names the thread that gets the signal"},
	{223, "timer_settime", Split, None, args{i32("timerid"), flags("flags"), in("new_value", 32), outOpt("old_value", 32)}, 0, 0, timerNote},
	{224, "timer_gettime", Ship, None, args{i32("timerid"), out("curr_value", 32)}, 0, 0, ""},
	{225, "timer_getoverrun", Split, None, args{i32("timerid")}, 0, 0, "The LWK answers for a signal that a thread has taken from it: it may be several of Linux's"},
	{226, "timer_delete", Split, None, args{i32("timerid")}, 0, 0, "Linux's timer; the LWK forgets whose signal it was"},
	{227, "clock_settime", Ship, None, args{i32("clockid"), tsIn("tp")}, 0, 0, ""},
	{228, "clock_gettime", Local, None, args{i32("clockid"), tsOut("tp")}, 0, 0, clockNote},
	{229, "clock_getres", Ship, None, args{i32("clockid"), tsOutOpt("res")}, 0, 0, ""},
	{230, "clock_nanosleep", Local, None, args{i32("clockid"), flags("flags"), tsIn("t"), tsOutOpt("remain")}, interrupted, 0, "Parks the thread; the core goes on with others"},
	{283, "timerfd_create", Ship, FD, args{i32("clockid"), flags("flags")}, ChangesFDs, 0, ""},
	{286, "timerfd_settime", Ship, None, args{fd("fd"), flags("flags"), in("new_value", 32), outOpt("old_value", 32)}, 0, 0, ""},
	{287, "timerfd_gettime", Ship, None, args{fd("fd"), out("curr_value", 32)}, 0, 0, ""},
	{305, "clock_adjtime", Ship, None, args{i32("clockid"), inOut("buf", 208)}, 0, 0, ""},
}
