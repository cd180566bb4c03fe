package diff

import "fmt"

// Cases lists every case: the programs of test/progs in all their builds, then real programs.
func Cases() []Case {
	var all []Case
	all = append(all, cPrograms()...)
	all = append(all, dieCases()...)
	all = append(all, cxxPrograms()...)
	all = append(all, goPrograms()...)
	all = append(all, coreutils()...)
	all = append(all, interpreters()...)
	return all
}

// inVariants makes one case per C variant; only names those wanted, none means all.
func inVariants(c Case, source string, only ...string) []Case {
	var cs []Case
	for _, v := range CVariants {
		if len(only) > 0 && !contains(only, v.Name) {
			continue
		}
		k := c
		k.Variant = v.Name
		k.Build = &Build{Source: source, Tool: v.Tool, Flags: v.Flags, Libs: []string{"-lm"}}
		cs = append(cs, k)
	}
	return cs
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// cPrograms are those that check themselves and end with status 0.
func cPrograms() []Case {
	var cs []Case
	for _, name := range []string{
		"hello", "auxv", "maps", "fileio", "filemap", "memory", "mallocstress", "cwd", "procself", "lockmem", "seal", "closerange", // image, files, memory
		"sync", "tls", "manythreads", "cancel", "robust", "timedwait", "affinity", "spinner", "futex", // threads
		"signals", "sigthreads", "altstack", "restart", "faultsig", "longjmp", // signals
		"vecsig", "vecthreads", "fpctl", "jit", "rawsys", "badptr", // the processor's state and the call itself
		"poll", "clocks", "proc", "creds", "persona", "apart", "sigmax", "execsignal", "execwatch", "traced", "forkstorm", "onethread", "timers", // waiting, time, processes
		"vforkfork", "kicklimit", "spawnmem", // what the LWK needs of Linux for itself
	} {
		cs = append(cs, inVariants(Case{Name: name}, "c/"+name+".c")...)
	}
	cs = append(cs, inVariants(Case{Name: "exec", Status: 17}, "c/exec.c")...)
	cs = append(cs, inVariants(Case{Name: "args", Args: []string{"one", "", "a b", "--", "-x", "\x01\xff", "*", "$HOME"},
		Env: []string{"CASE_A=1", "CASE_EMPTY=", "CASE_LONG=with spaces = and equals"}}, "c/args.c")...)
	var input string
	for i := range 20000 {
		input += fmt.Sprintf("%d word%d\n", i, i*i)
	}
	cs = append(cs, inVariants(Case{Name: "stdin", Stdin: input}, "c/stdin.c")...)
	for _, n := range []string{"1", "2"} {
		cs = append(cs, Case{Name: "omp", Variant: n, Env: []string{"OMP_NUM_THREADS=" + n},
			Build: &Build{Source: "c/omp.c", Tool: "gcc", Flags: []string{"-fopenmp"}}})
	}
	return cs
}

// dieCases end in every way that a program can: the wait status is what is compared.
func dieCases() []Case {
	var cs []Case
	add := func(name string, status int, args ...string) {
		for _, k := range inVariants(Case{Name: "die-" + name, Args: args, Status: status}, "c/die.c", "glibc", "static", "musl") {
			cs = append(cs, k)
		}
	}
	add("0", 0, "code", "0")
	add("1", 1, "code", "1")
	add("255", 255, "code", "255")
	add("256", 0, "code", "256")
	add("atexit", 3, "atexit")
	add("_exit", 4, "_exit")
	for _, s := range []int{1, 2, 3, 6, 9, 10, 11, 13, 14, 15, 16, 24, 31, 40} {
		add(fmt.Sprintf("kill-%d", s), 128+s, "kill", fmt.Sprint(s))
	}
	add("raise-6", 134, "raise", "6")
	add("raise-11", 139, "raise", "11")
	add("abort", 134, "abort")
	add("abort-handled", 134, "abort-handled")
	add("segv", 139, "segv")
	add("segv-blocked", 139, "segv-blocked")
	add("segv-thread", 139, "segv-thread")
	add("fpe", 136, "fpe")
	add("ill", 132, "ill")
	add("trap", 133, "trap")
	add("overflow", 139, "overflow")
	add("thread-exit", 7, "thread-exit")
	add("group-exit", 8, "group-exit")
	add("main-leaves", 0, "main-leaves")
	add("threads-left", 5, "threads-left")
	add("pipe", 141, "pipe")
	add("alarm", 142, "alarm")
	return cs
}
