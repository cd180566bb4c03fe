// An exception that nobody catches, in a thread: the program ends by SIGABRT and says why.
#include <cstdio>
#include <stdexcept>
#include <thread>

int main()
{
	std::puts("about to throw");
	std::fflush(stdout);
	std::thread t([] { throw std::runtime_error("nobody catches this"); });
	t.join();
	return 0;
}
