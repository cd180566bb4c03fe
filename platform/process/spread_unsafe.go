package process

import "unsafe"

// The processes that a program makes take turns on the enclave's cores: a forked child's only core has the
// CPU of the next one, and what a child of vfork executes begins there. Linux's own choice, which looks at
// what every CPU has to do just now, would be for good, as cores never move.

// next chooses the core, among cores, whose turn it is: the one after the last, beginning after the caller's.
func (e *enclave) next(core int, cores uint64) int {
	for range e.all {
		e.turn++
		if i := (core + int(e.turn)) % e.all; cores>>i&1 != 0 {
			return i
		}
	}
	return core
}

// spread lets the calling thread use another core's CPU besides its own, for a child to begin there.
func (e *enclave) spread(core, other int) {
	var m cpuMask
	m.add(e.cores[core].cpu)
	m.add(e.cores[other].cpu)
	setAffinity(0, &m)
}

// gather binds the calling thread to one core's CPU.
func (e *enclave) gather(core int) {
	var m cpuMask
	m.add(e.cores[core].cpu)
	setAffinity(0, &m)
}

// trade has two cores trade their CPUs.
func (e *enclave) trade(core, other int) {
	c, o := &e.cores[core], &e.cores[other]
	c.cpu, o.cpu = o.cpu, c.cpu
}

func (m *cpuMask) add(cpu int) { m[cpu/64%len(m)] |= 1 << (cpu % 64) }

// BeginHere moves the CPU that the calling thread is on to the front of the list, if it is in it: where an
// execve has left it.
func BeginHere(cpus []int) {
	const getcpu = 309
	var here uint32
	raw(getcpu, uintptr(unsafe.Pointer(&here)), 0, 0, 0, 0, 0)
	for i, cpu := range cpus {
		if cpu == int(here) {
			cpus[0], cpus[i] = cpus[i], cpus[0]
		}
	}
}
