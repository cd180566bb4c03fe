package triage

// System V IPC and POSIX message queues.
var ipcCalls = [...]Call{
	{29, "shmget", Ship, None, args{i32("key"), size("size"), flags("shmflg")}, 0, 0, ""},
	{30, "shmat", Split, Addr, args{i32("shmid"), addr("shmaddr"), flags("shmflg")}, 0, 0, "The LWK chooses the address, Linux attaches the segment there"},
	{31, "shmctl", Ship, None, args{i32("shmid"), flags("cmd"), variant("buf", 1)}, 0, 0, "buf is 112 bytes for IPC_STAT, IPC_SET and SHM_STAT; 72 for IPC_INFO, 48 for SHM_INFO"},
	{64, "semget", Ship, None, args{i32("key"), i32("nsems"), flags("semflg")}, 0, 0, ""},
	{65, "semop", Ship, None, args{i32("semid"), arrIn("sops", 6, 2), size32("nsops")}, interrupted, 0, ""},
	{66, "semctl", Ship, None, args{i32("semid"), i32("semnum"), flags("cmd"), variant("arg", 2)}, 0, 0, "arg is a number for SETVAL, 16 bits for each semaphore for GETALL and SETALL, else a struct"},
	{67, "shmdt", Split, None, args{addr("shmaddr")}, 0, 0, "The LWK unmaps the segment, which detaches it"},
	{68, "msgget", Ship, None, args{i32("key"), flags("msgflg")}, 0, 0, ""},
	{69, "msgsnd", Ship, None, args{i32("msqid"), {"msgp", MsgBufIn, 1, 2, false}, size("msgsz"), flags("msgflg")}, interrupted, 0, ""},
	{70, "msgrcv", Ship, None, args{i32("msqid"), {"msgp", MsgBufOut, 1, 2, false}, size("msgsz"), i64("msgtyp"), flags("msgflg")}, interrupted, 0, ""},
	{71, "msgctl", Ship, None, args{i32("msqid"), flags("cmd"), variant("buf", 1)}, 0, 0, "buf is 120 bytes for IPC_STAT, IPC_SET and MSG_STAT; 32 for IPC_INFO and MSG_INFO"},
	{220, "semtimedop", Ship, None, args{i32("semid"), arrIn("sops", 6, 2), size32("nsops"), tsInOpt("timeout")}, interrupted, 0, ""},
	{240, "mq_open", Ship, FD, args{text("name", pathMax), flags("oflag"), mode("mode"), inOpt("attr", 64)}, ChangesFDs, 0, ""},
	{241, "mq_unlink", Ship, None, args{text("name", pathMax)}, 0, 0, ""},
	{242, "mq_timedsend", Ship, None, args{fd("mqdes"), bufIn("msg_ptr", 2), size("msg_len"), u32("msg_prio"), tsInOpt("abs_timeout")}, waits, 0, ""},
	{243, "mq_timedreceive", Ship, None, args{fd("mqdes"), bufOut("msg_ptr", 2), size("msg_len"), outOpt("msg_prio", 4), tsInOpt("abs_timeout")}, waits, 0, ""},
	{244, "mq_notify", Ship, None, args{fd("mqdes"), nestInOpt("sevp", 64, -1)}, 0, 0, "With SIGEV_THREAD sevp holds the address of a 32-byte cookie"},
	{245, "mq_getsetattr", Ship, None, args{fd("mqdes"), inOpt("newattr", 64), outOpt("oldattr", 64)}, 0, 0, ""},
}
