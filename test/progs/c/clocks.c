// Clocks go forward, sleeps are not short, timers fire; what the system says of itself is well-formed.
#include "check.h"
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>

static volatile sig_atomic_t fired;
static volatile int value;

static void on_timer(int sig, siginfo_t *si, void *uc)
{
	(void)sig;
	(void)uc;
	fired++;
	value = si->si_value.sival_int;
}

int main(void)
{
	clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, 4, 5, 6, 7};
	for (int c = 0; c < 8; c++) {
		struct timespec a, b;
		CHECK(clock_gettime(clocks[c], &a) == 0);
		for (int i = 0; i < 2000; i++) {
			CHECK(clock_gettime(clocks[c], &b) == 0);
			CHECK(c == 0 || not_before(b, a));
			a = b;
		}
		CHECK(clock_getres(clocks[c], &b) == 0);
	}
	struct timespec ts;
	FAILS(clock_gettime(9999, &ts), EINVAL);
	struct timeval tv;
	// time() reads the coarse clock, which may still be in the second before.
	CHECK(gettimeofday(&tv, NULL) == 0 && tv.tv_sec > 1600000000 && time(NULL) >= tv.tv_sec - 1);
	// The kernel's own answer and the vDSO's agree.
	struct timespec x, y, z;
	CHECK(clock_gettime(CLOCK_MONOTONIC, &x) == 0);
	CHECK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &y) == 0);
	CHECK(clock_gettime(CLOCK_MONOTONIC, &z) == 0);
	CHECK(not_before(y, x) && not_before(z, y));
	ok("clocks");

	struct timespec until = after_ms(CLOCK_MONOTONIC, 10), now, ten = {0, 10000000};
	CHECK(nanosleep(&ten, NULL) == 0);
	CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0 && not_before(now, until));
	until = after_ms(CLOCK_MONOTONIC, 10);
	ZERO(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
	CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0 && not_before(now, until));
	struct timespec bad = {0, 1000000000};
	FAILS(nanosleep(&bad, NULL), EINVAL);
	EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &x, NULL), 0); // long past
	ok("sleeps");

	struct sigaction sa = {.sa_sigaction = on_timer, .sa_flags = SA_SIGINFO};
	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
	struct sigevent se = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 321};
	timer_t timer;
	CHECK(timer_create(CLOCK_MONOTONIC, &se, &timer) == 0);
	struct itimerspec it = {{0, 2000000}, {0, 2000000}}, off = {{0, 0}, {0, 0}};
	CHECK(timer_settime(timer, 0, &it, NULL) == 0);
	while (fired < 3)
		usleep(500);
	EQ(value, 321);
	CHECK(timer_settime(timer, 0, &off, &it) == 0);
	CHECK(timer_delete(timer) == 0);
	ok("timer_create");

	unsigned char a[300], b[300];
	EQ(getrandom(a, sizeof a, 0), sizeof a);
	EQ(getrandom(b, sizeof b, GRND_NONBLOCK), sizeof b);
	CHECK(memcmp(a, b, sizeof a) != 0);
	ok("getrandom");

	struct utsname u;
	CHECK(uname(&u) == 0);
	printf("%s %s\n", u.sysname, u.machine);
	CHECK(u.release[0] >= '1' && u.release[0] <= '9' && u.nodename[0]);
	CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
	CHECK(sysconf(_SC_OPEN_MAX) > 0);
	struct sysinfo si;
	CHECK(sysinfo(&si) == 0 && si.totalram > 0 && si.uptime >= 0);
	struct rusage ru;
	CHECK(getrusage(RUSAGE_SELF, &ru) == 0 && ru.ru_maxrss > 0);
	struct tms tm;
	CHECK(times(&tm) != (clock_t)-1);
	// Work is accounted to the process.
	struct timespec cpu0, cpu1;
	CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu0) == 0);
	volatile double d = 1;
	for (int i = 0; i < 3000000; i++)
		d = d * 1.0000001;
	CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu1) == 0);
	CHECK(!not_before(cpu0, cpu1));
	ok("uname, sysconf, rusage");
	return 0;
}
