/* One thread reads a page while another takes it away, changes it and gives it back: every read sees the old
 * page, the new one, or a fault, and after mprotect(2) has returned, none succeeds. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile char *page;
static volatile int forbidden, stop, wrong, faults;
static __thread sigjmp_buf back;

static void handler(int sig) { siglongjmp(back, 1); }

static void *reader(void *p)
{
	while (!stop) {
		if (sigsetjmp(back, 1)) {
			faults++;
			continue;
		}
		int before = forbidden;
		char c = *page;
		if (before == 2 && forbidden == 2)
			wrong++;
		if (c != 'a' && c != 'b' && c != 0)
			wrong++;
	}
	return 0;
}

int main(void)
{
	signal(SIGSEGV, handler);
	page = mmap(0, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	page += (4 << 20) - ((long)page & ((2 << 20) - 1)) + 4096;
	pthread_t t;
	pthread_create(&t, 0, reader, 0);
	for (int i = 0; i < 2000; i++) {
		*page = i % 2 ? 'a' : 'b';
		mprotect((void *)page, 4096, PROT_NONE);
		forbidden = 2;
		for (volatile int k = 0; k < 2000; k++)
			;
		forbidden = 0;
		mprotect((void *)page, 4096, PROT_READ | PROT_WRITE);
		if (i % 10 == 0) {
			mmap((void *)page, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			if (*page)
				wrong++;
		}
	}
	stop = 1;
	pthread_join(t, 0);
	printf("wrong %d, faults %s\n", wrong, faults ? "yes" : "no");
	return 0;
}
