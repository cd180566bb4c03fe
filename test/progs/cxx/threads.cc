// The standard library's threads: mutexes, condition variables, futures, atomics, thread_local with destructors.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <future>
#include <mutex>
#include <numeric>
#include <shared_mutex>
#include <stdexcept>
#include <thread>
#include <vector>

static void check(bool ok, const char *what)
{
	if (!ok) {
		std::fprintf(stderr, "FAIL %s\n", what);
		std::_Exit(99);
	}
}

static std::atomic<int> made{0}, destroyed{0};

struct Local {
	int n = 7;
	Local() { made++; }
	~Local() { destroyed += n; }
};

static thread_local Local local;

template <class T> class Queue {
	std::mutex mu;
	std::condition_variable cv;
	std::deque<T> q;

public:
	void put(T v)
	{
		std::lock_guard<std::mutex> l(mu);
		q.push_back(v);
		cv.notify_one();
	}
	T get()
	{
		std::unique_lock<std::mutex> l(mu);
		cv.wait(l, [this] { return !q.empty(); });
		T v = q.front();
		q.pop_front();
		return v;
	}
};

static Queue<long> work, results;

int main()
{
	std::vector<std::thread> pool;
	for (int i = 0; i < 6; i++)
		pool.emplace_back([] {
			for (long v; (v = work.get()) >= 0;)
				results.put(v * v);
		});
	long want = 0, got = 0;
	for (long i = 0; i < 5000; i++) {
		work.put(i);
		want += i * i;
	}
	for (long i = 0; i < 5000; i++)
		got += results.get();
	check(got == want, "queue");
	for (auto &t : pool)
		work.put(-1);
	for (auto &t : pool)
		t.join();
	std::puts("ok queues");

	for (int i = 0; i < 20; i++)
		std::thread([i] { local.n = i; }).join();
	check(made == 20 && destroyed == 190, "thread_local");
	check(local.n == 7, "main's own");
	std::puts("ok thread_local");

	std::vector<std::future<long>> fs;
	for (int i = 0; i < 20; i++)
		fs.push_back(std::async(std::launch::async, [i] {
			std::vector<long> v(1000 + i);
			std::iota(v.begin(), v.end(), 0);
			return std::accumulate(v.begin(), v.end(), 0l);
		}));
	for (int i = 0; i < 20; i++)
		check(fs[i].get() == long(1000 + i) * (999 + i) / 2, "async");
	auto bad = std::async(std::launch::async, []() -> int { throw std::logic_error("in async"); });
	try {
		bad.get();
		check(false, "exception in async");
	} catch (const std::logic_error &e) {
		check(std::string(e.what()) == "in async", "its text");
	}
	std::promise<int> p;
	auto f = p.get_future();
	check(f.wait_for(std::chrono::milliseconds(3)) == std::future_status::timeout, "not ready");
	std::thread setter([&] { p.set_value(5); });
	check(f.get() == 5, "promise");
	setter.join();
	std::puts("ok futures");

	std::shared_mutex sm;
	long a = 0, b = 0;
	std::vector<std::thread> rw;
	for (int i = 0; i < 6; i++)
		rw.emplace_back([&, i] {
			for (int k = 0; k < 1000; k++)
				if (i < 2) {
					std::unique_lock<std::shared_mutex> l(sm);
					a++;
					b++;
				} else {
					std::shared_lock<std::shared_mutex> l(sm);
					check(a == b, "shared");
				}
		});
	for (auto &t : rw)
		t.join();
	check(a == 2000, "count");
	std::timed_mutex tm;
	tm.lock();
	bool taken = true;
	std::thread([&] { taken = tm.try_lock_for(std::chrono::milliseconds(3)); }).join();
	check(!taken, "timed");
	tm.unlock();
	std::once_flag once;
	std::atomic<int> onces{0};
	std::vector<std::thread> os;
	for (int i = 0; i < 5; i++)
		os.emplace_back([&] { std::call_once(once, [&] { onces++; }); });
	for (auto &t : os)
		t.join();
	check(onces == 1, "once");
	auto t0 = std::chrono::steady_clock::now();
	std::this_thread::sleep_for(std::chrono::milliseconds(5));
	check(std::chrono::steady_clock::now() - t0 >= std::chrono::milliseconds(5), "sleep_for");
	std::puts("ok locks");
	return 0;
}
