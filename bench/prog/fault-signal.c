/* SPDX-License-Identifier: Apache-2.0
 *
 * fault-signal: a write to a page that forbids it, the signal, its handler,
 * which allows it (mprotect), and the write again. Then the page is forbidden
 * once more: two mprotect and a fault in all. It is what garbage collectors
 * and checkpointers do. */
#define _GNU_SOURCE
#include "bench.h"
#include <signal.h>
#include <sys/mman.h>

static char *page;
static volatile sig_atomic_t faults;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	if (info->si_addr != page)
		_exit(3);
	faults++;
	if (mprotect(page, 4096, PROT_READ | PROT_WRITE))
		_exit(4);
}

static uint64_t run(uint64_t iters)
{
	faults = 0;
	for (uint64_t i = 0; i < iters; i++) {
		if (mprotect(page, 4096, PROT_READ))
			bench_die("mprotect", errno);
		*(volatile char *)page = 1;
	}
	if ((uint64_t)faults != iters)
		bench_die("not each write to a read-only page was a signal", 0);
	return iters;
}

int main(int argc, char **argv)
{
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		bench_die("mmap", errno);
	struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	if (sigaction(SIGSEGV, &sa, NULL))
		bench_die("sigaction", errno);
	return bench_main(argc, argv, "fault-signal", run);
}
