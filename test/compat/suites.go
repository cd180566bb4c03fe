package compat

import "strings"

// suites are all of them, in the order of the table.
func suites() []suite {
	all := []suite{
		{name: "scripts", what: "sh and bash scripts: pipelines, subshells, traps, here-documents, job control; make -j4, git, go build, sqlite, servers, MPI", run: runScripts},
		goTests("time", false, ""), goTests("sync", true, ""), goTests("os", true, ""), goTests("os/exec", true, ""),
		goTests("os/signal", true, ""), goTests("net", true, ""), goTests("syscall", true, ""),
	}
	for _, m := range []string{"test_os", "test_posix", "test_subprocess", "test_signal", "test_threading", "test_multiprocessing_fork",
		"test_socket", "test_select", "test_epoll", "test_mmap", "test_asyncio"} {
		all = append(all, pythonTests(m, m != "test_select" && m != "test_mmap"))
	}
	for _, class := range stressClasses {
		all = append(all, stressors(class))
	}
	return all
}

// reasons explain the differences that are known, by suite and test; a test's name may end in "*".
var reasons = []struct{ suite, test, why string }{
	{"go time", "TestLongAdjustTimers", "wants two CPUs, and leaves itself out: the enclave has one"},
	{"go syscall", "TestCloneTimeNamespace", "clone3 with CLONE_NEWTIME fails with EINVAL, and the test leaves itself out; not understood yet"},
	{"stress-ng vm", "vm-rw", "its processes share memory without being threads (CLONE_VM alone): ENOSYS"},
	{"stress-ng vm", "vm-segv", "PTRACE_TRACEME is EPERM, which the stressor does not look at: its child stops, and nobody continues it"},
}

func reason(suite, test string) string {
	for _, r := range reasons {
		name, prefix := strings.CutSuffix(r.test, "*")
		if r.suite == suite && (test == name || prefix && strings.HasPrefix(test, name)) {
			return r.why
		}
	}
	return ""
}
