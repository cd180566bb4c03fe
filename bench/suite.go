// SPDX-License-Identifier: Apache-2.0

package bench

import "time"

// singles is how many single operations are timed where the tail matters.
const singles = 20000

var kernelGroup = group("kernel", []Measurement{
	{Name: "getpid", Shows: "a system call answered without leaving the core", Target: AtMost(0.05)},
	{Name: "nullcall", Shows: "sched_get_priority_max: a constant, in the LWK by way of a Go handler", Target: AtMost(0.5)},
	{Name: "clock", Shows: "clock_gettime by the vDSO: no call on either side", Target: AtMost(1.1)},
	{Name: "yield", Shows: "sched_yield between two threads of one core, per switch", Target: AtMost(0.08),
		Spent: "saving and loading registers, the vector registers 16 to 31 and the opmasks among them; one look at messages"},
	{Name: "handoff", Shows: "a token by mutex and condition variable on one core, one way", Target: AtMost(0.08),
		Spent: "three futex calls and a switch for each token; each call saves and loads the general and XMM registers"},
	{Name: "futex-wake", Shows: "FUTEX_WAKE that finds nobody", Target: AtMost(0.5)},
	{Name: "thread-create-join", Shows: "pthread_create and pthread_join of an empty thread", Target: AtMost(0.06)},
	{Name: "mmap-touch-1m", Shows: "map 1 MiB, write every 4 KiB page, unmap", Target: AtMost(0.06)},
	{Name: "mmap-64k", Shows: "map 64 KiB and unmap it, untouched", Target: AtMost(0.5)},
	{Name: "mprotect-4k", Shows: "a page read-only and writable again: two calls", Target: AtMost(1.5),
		Spent: "Linux's own two calls, made from the core, beside the LWK's map, which changes first"},
	{Name: "fault-signal", Shows: "a forbidden write, SIGSEGV, its handler with mprotect, and mprotect again", Target: AtMost(1.5),
		Spent: "Linux's own fault and signal, which the LWK takes, and then gives to the program as its own"},
	{Name: "signal-self", Shows: "a signal to oneself, to the return from its handler", Target: AtMost(0.3),
		Spent: "the frame on the program's stack, with the whole vector state, and the return from it"},
	{Name: "timer-late", Shows: "how late a thread is back from a sleep of 200 us", Target: AtMost(1),
		Spent: "Linux's timer wakes the core that sleeps in a futex, which then runs the thread"},
	{Name: "fork-wait", Shows: "fork, exit of the child, wait", Target: AtMost(2),
		Spent: "Linux copies the tables of the LWK's memory as well as the program's; both write to pages that the other has, which copies them"},
	{Name: "posix-spawn", Shows: "posix_spawn of a small program, and wait", Target: AtMost(3),
		Spent: "a new LWK starts: the Go runtime, tables, handlers for 64 signals"},
	{Name: "pipe-threads", Shows: "a byte through a pipe to another thread and one back", Target: AtMost(0.3),
		Spent: "four calls shipped to Linux for each round trip, where a pipe is Linux's"},
	{Name: "pipe-processes", Shows: "a byte through a pipe to a forked child and one back", Target: AtMost(1.5),
		Spent: "the four calls are Linux's, made on the core; each goes through the LWK before and after"},
	{Name: "epoll-socketpair", Shows: "a byte over a socket pair and back, waited for by epoll on both ends", Target: AtMost(2),
		Spent: "six shipped calls for each round trip"},
})

var shippingGroup = group("shipping", []Measurement{
	{Name: "ship-null", Shows: "getppid, shipped to Linux and back", Target: OverRoundTrip(1.5), Singles: singles,
		Spent: "two messages between two cores and Linux's own call: the model is in docs/performance.md"},
	{Name: "ship-pread-4k", Shows: "pread of 4 KiB in the page cache, shipped", Target: AtMost(1.6), Singles: singles,
		Spent: "as ship-null, and the 4 KiB, which were copied into the other core's cache"},
	{Name: "ship-write-4k", Shows: "pwrite of 4 KiB in the page cache, shipped", Target: AtMost(1.6), Singles: singles,
		Spent: "as ship-null, and the 4 KiB, which the other core has to fetch"},
	{Name: "ship-open-close", Shows: "open and close of a file, shipped: two calls", Target: AtMost(1.6), Singles: singles / 2,
		Spent: "as ship-null, twice; open also keeps track of the descriptor"},
	{Name: "ship-asleep", Shows: "getppid after 3 ms without a call: the proxy sleeps", Target: Within(100 * time.Microsecond), Singles: 200,
		Spent: "Linux wakes a thread on an idle CPU; in a virtual machine the host may have to wake the CPU, too"},
})

var memoryGroup = group("memory", append(append(
	pages("touch", "first write to a fresh 4 KiB, mapping and unmapping of 16 MiB included", AtMost(0.5), AtMost(1.1), AtMost(1.1)),
	pages("chase", "a load at random in 128 MiB that depends on the one before", AtMost(1.1), AtMost(1.1), AtMost(1.1))...),
	pages("stream", "STREAM's four kernels, for each KiB moved", AtMost(1.1), AtMost(1.1), AtMost(1.1))...))

// pages makes the three measurements of one program by page size.
func pages(program, shows string, asGiven, small, huge Target) []Measurement {
	var list []Measurement
	for _, p := range []struct {
		size, text string
		target     Target
	}{{"default", "pages as the system gives them", asGiven}, {"small", "4 KiB pages", small}, {"huge", "huge pages asked for", huge}} {
		list = append(list, Measurement{Name: program + "-" + p.size, Program: program, Args: []string{"--pages", p.size},
			Shows: shows + "; " + p.text, Target: p.target,
			Spent: "Linux's own mappings and faults, which the LWK asks for where its pool does not serve"})
	}
	return list
}

var channelsGroup = group("channels", []Measurement{
	{Name: roundTrip, Shows: "a cache line to another core and back, on Linux", Kind: Context, Pair: true},
	{Name: "wake-far", Shows: "a thread that sleeps on another CPU is woken and answers by a cache line, on Linux", Kind: Context, Pair: true},
	{Name: "ring-oneway", Shows: "a 64-byte message between two cores, one way", Kind: Context, Pair: true, drive: ringOneWay},
	{Name: "ring-roundtrip", Shows: "a message to another core and its answer, by two rings", Kind: Context, Pair: true, drive: ringRoundTrip},
	{Name: "ring-throughput", Shows: "one of many messages in one direction", Kind: Context, Pair: true, drive: ringThroughput},
	{Name: "ring-proxy", Shows: "as ring-roundtrip, with getppid made before the answer: a proxy that does nothing else", Kind: Context, Pair: true, drive: ringProxy},
})

// stolen is what is to say where computing takes longer.
const stolen = "the core is preferred, not taken: Linux's tick, its other threads, interrupts and the host come there as to any CPU"

var noiseGroup = group("noise", []Measurement{
	{Name: "fwq", Shows: "fixed work: 32768 steps in registers, again and again", Target: AtMost(1.05), Singles: 10000, Spent: stolen},
	{Name: "ftq", Shows: "fixed time: a unit of work, counted in quanta of 100 us", Target: AtMost(1.05), Singles: 5000, Spent: stolen},
	{Name: "selfish", Shows: "ns lost in each ms to detours of more than 500 ns", Target: AtMost(1), Singles: 1, Spent: stolen},
})

var controlsGroup = group("controls", []Measurement{
	{Name: "compute", Shows: "integer and floating-point loop in registers", Kind: Control},
	{Name: "memcpy", Shows: "copy of 1 MiB", Kind: Control},
})

func group(name string, list []Measurement) []Measurement {
	for i := range list {
		list[i].Group = name
	}
	return list
}
