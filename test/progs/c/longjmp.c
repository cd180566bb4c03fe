// siglongjmp and swapcontext out of handlers, often; masks come back as saved.
#include "check.h"
#include <setjmp.h>

static sigjmp_buf back;
static volatile int n;

static void handler(int sig)
{
	siglongjmp(back, sig);
}

int main(void)
{
	struct sigaction sa = {.sa_handler = handler};
	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0 && sigaction(SIGSEGV, &sa, NULL) == 0);
	sigset_t now;
	for (n = 0; n < 2000; n++) {
		int r = sigsetjmp(back, 1);
		if (r == 0) {
			if (n & 1)
				raise(SIGUSR1);
			else
				*(volatile int *)(uintptr_t)(n & 0xff8) = 1;
			CHECK(!"came back");
		}
		EQ(r, n & 1 ? SIGUSR1 : SIGSEGV);
		CHECK(sigprocmask(SIG_BLOCK, NULL, &now) == 0 && !sigismember(&now, SIGUSR1) && !sigismember(&now, SIGSEGV));
	}
	ok("siglongjmp restores the mask");

	int r = sigsetjmp(back, 0);
	if (r == 0)
		raise(SIGUSR1);
	CHECK(sigprocmask(SIG_BLOCK, NULL, &now) == 0 && sigismember(&now, SIGUSR1));
	ok("without a saved mask it stays blocked");
	return 0;
}
