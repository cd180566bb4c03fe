package cpus

// Default is how many of the allowed CPUs an enclave takes when nobody says: half, rounded up, but
// one always stays with Linux unless there is only one.
func Default(allowed int) int {
	if allowed <= 1 {
		return allowed
	}
	return min((allowed+1)/2, allowed-1)
}

// Choose takes n CPUs out of allowed for an enclave, in rising order, or all of them when there are
// no more than n.
//
// It starts from the highest number, because CPU 0 does the machine's own chores (interrupts, timers
// of others), and takes whole physical cores as long as they fit, so that an enclave shares as few
// cores with Linux as it can: a busy hardware thread slows its sibling by a third. siblings answers
// the CPUs on the core of a CPU (Siblings); nil says that every CPU is a core of its own.
func Choose(allowed *Set, n int, siblings func(cpu int) Set) []int {
	list := allowed.List()
	if n >= len(list) {
		return list
	}
	var chosen, seen, rest Set
	got := 0
	for i := len(list) - 1; i >= 0 && got < n; i-- {
		cpu := list[i]
		if seen.Has(cpu) {
			continue
		}
		core := Of(cpu)
		if siblings != nil {
			core = siblings(cpu)
			core = core.And(allowed)
			core.Add(cpu)
		}
		fits := got+core.Count() <= n && !core.Has(list[0])
		for _, c := range core.List() {
			if seen.Has(c) {
				continue
			}
			seen.Add(c)
			if fits {
				chosen.Add(c)
				got++
			} else {
				rest.Add(c)
			}
		}
	}
	// What no whole core could fill comes from the cores that were passed over, highest first.
	left := rest.List()
	for i := len(left) - 1; i >= 0 && got < n; i-- {
		chosen.Add(left[i])
		got++
	}
	return chosen.List()
}
