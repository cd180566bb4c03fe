package hal

// Clone is the part of struct clone_args (clone3(2)) that is Linux's affair when a process is made, in
// its layout: the stack and the thread-local storage are the LWK's.
type Clone struct {
	Flags, PidFD, ChildTID, ParentTID, ExitSignal uint64
	_, _, _                                       uint64
	SetTID, SetTIDSize, Cgroup                    uint64
}

// Forking is what else the platform and the LWK say to each other when a process is made.
type Forking struct {
	// Threads is how many thread numbers are in use. Alone: the program has one thread, which stays on the home
	// core, so that the platform may have that make shipped calls itself from now on, in both processes; see
	// Platform.Company.
	Threads int
	Alone   bool
	// Allowed are the cores that the child may begin on, bit i for core i. Took, in the child, is the core whose
	// CPU its only core has taken: the two have changed places.
	Allowed uint64
	Took    int
	// Share: the child is to have the program's memory and not a copy, and the caller goes on when it has executed
	// a program or ended. A platform that has Vfork makes a copy nevertheless.
	Share bool
}
