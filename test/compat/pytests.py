"""Runs tests of Python's own suite and says how each ended: lines "VERDICT ID" in the file "verdicts".

usage: pytests.py MODULE...     VERDICT: start, pass, fail, skip
A test that began and has no end is the one that hung or broke the process.
"""
import os
import sys
import unittest

out = open("verdicts", "w", buffering=1)
main = os.getpid()


def say(verdict, test):
    if os.getpid() == main:
        out.write("%s %s\n" % (verdict, test.id()))


class Result(unittest.TextTestResult):
    def startTest(self, test):
        self.bad = False
        say("start", test)
        super().startTest(test)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None and not self.bad:
            self.bad = True
            say("fail", test)

    def addSuccess(self, test):
        super().addSuccess(test)
        if not self.bad:
            say("pass", test)

    def addError(self, test, err):
        super().addError(test, err)
        say("fail", test)

    addFailure = addError

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        say("skip", test)

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        say("pass", test)

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        say("fail", test)


def flat(suite):
    """Its tests, but for those of sockets between virtual machines, which hang in one."""
    for t in suite:
        if isinstance(t, unittest.TestSuite):
            yield from flat(t)
        elif "VSOCK" not in t.id():
            yield t


def run():
    from test import support
    support.verbose = 1
    support.use_resources = []
    for name in sys.argv[1:]:
        suite = unittest.defaultTestLoader.loadTestsFromName(name)
        unittest.TextTestRunner(verbosity=2, resultclass=Result).run(unittest.TestSuite(flat(suite)))


if __name__ == "__main__":
    run()
