// Exceptions: through functions, with destructors, rethrown, from deep frames, in threads.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <typeinfo>
#include <vector>

static void check(bool ok, const char *what)
{
	if (!ok) {
		std::fflush(stdout);
		std::fprintf(stderr, "FAIL %s\n", what);
		std::_Exit(99);
	}
}

static int destroyed;

struct Guard {
	int n;
	explicit Guard(int n) : n(n) {}
	~Guard() { destroyed += n; }
};

struct Error : std::runtime_error {
	int code;
	Error(const std::string &s, int c) : std::runtime_error(s), code(c) {}
};

__attribute__((noinline)) static int deep(int n, volatile char *up)
{
	Guard g(1);
	volatile char pad[64];
	pad[0] = up ? up[0] : 0;
	if (n == 0)
		throw Error("bottom", 42);
	return deep(n - 1, pad) + pad[0];
}

static void in_thread(std::exception_ptr *out, int n)
{
	try {
		deep(n, nullptr);
	} catch (...) {
		*out = std::current_exception();
	}
}

static void nothing_thrown() noexcept {}

int main()
{
	try {
		deep(1000, nullptr);
		check(false, "not thrown");
	} catch (const Error &e) {
		check(e.code == 42 && std::string(e.what()) == "bottom", "content");
	}
	check(destroyed == 1001, "destructors");
	std::puts("ok deep");

	destroyed = 0;
	for (int i = 0; i < 5000; i++) {
		try {
			try {
				Guard g(1);
				if (i % 3 == 0)
					throw i;
				if (i % 3 == 1)
					throw std::string("text");
				throw std::out_of_range("range");
			} catch (int k) {
				check(k == i, "int");
				throw;
			}
		} catch (int) {
			destroyed++;
		} catch (const std::string &s) {
			check(s == "text", "string");
		} catch (const std::exception &e) {
			check(std::string(e.what()) == "range", "range");
			check(typeid(e) == typeid(std::out_of_range), "typeid");
		}
	}
	check(destroyed == 5000 + 1667, "rethrown");
	std::puts("ok rethrow");

	std::vector<std::thread> threads;
	std::vector<std::exception_ptr> caught(8);
	for (int i = 0; i < 8; i++)
		threads.emplace_back(in_thread, &caught[i], 50 + i);
	for (auto &t : threads)
		t.join();
	for (auto &p : caught) {
		try {
			std::rethrow_exception(p);
		} catch (const Error &e) {
			check(e.code == 42, "across threads");
		}
	}
	std::puts("ok across threads");

	try {
		std::vector<int> v(3);
		v.at(10) = 1;
		check(false, "at");
	} catch (const std::out_of_range &) {
	}
	try {
		volatile std::size_t n = std::size_t(-1) / 2;
		::operator delete(::operator new(n)); // a plain call: a new-expression may be left out
		check(false, "bad_alloc");
	} catch (const std::bad_alloc &) {
	}
	nothing_thrown();
	check(std::uncaught_exceptions() == 0, "uncaught");
	std::puts("ok library's");
	return 0;
}
