package hal

// Clone is the part of struct clone_args (clone3(2)) that is Linux's affair when a process is made, in
// its layout: the stack and the thread-local storage are the LWK's.
type Clone struct {
	Flags, PidFD, ChildTID, ParentTID, ExitSignal uint64
	_, _, _                                       uint64
	SetTID, SetTIDSize, Cgroup                    uint64
}
