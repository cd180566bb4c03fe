/* Catches a signal of its own on Linux and prints the frame that Linux made, in hexadecimal: name, bytes.
 * With an argument the handler runs on an alternate stack. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static char alt[64 << 10] __attribute__((aligned(64)));
static struct {
	unsigned long uc, info, sig, sp;
} seen;
static unsigned char frame[440], fp[12 << 10];
static unsigned fpsize;

static void handler(int sig, siginfo_t *si, void *p)
{
	ucontext_t *uc = p;
	seen.sig = sig;
	seen.info = (unsigned long)si;
	seen.uc = (unsigned long)uc;
	memcpy(frame, (char *)uc - 8, sizeof frame);
	memcpy(&fpsize, (char *)uc->uc_mcontext.fpregs + 468, 4);
	if (fpsize < 512 || fpsize > sizeof fp)
		fpsize = 512;
	memcpy(fp, uc->uc_mcontext.fpregs, fpsize);
}

static void hex(const char *name, const void *p, unsigned n)
{
	printf("%s ", name);
	for (unsigned i = 0; i < n; i++)
		printf("%02x", ((const unsigned char *)p)[i]);
	printf("\n");
}

int main(int argc, char **argv)
{
	(void)argv;
	stack_t st = {.ss_sp = alt, .ss_size = sizeof alt};
	if (argc > 1 && sigaltstack(&st, NULL))
		return 1;
	struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	if (sigaction(SIGUSR1, &sa, NULL))
		return 1;
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
	hex("seen", &seen, sizeof seen);
	hex("frame", frame, sizeof frame);
	hex("fp", fp, fpsize);
	return 0;
}
