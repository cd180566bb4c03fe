package enclave

import (
	"os"
	"os/exec"
	"testing"
)

// Claims of CPUs that no machine here has, lest a running enclave is in the way.
var far = []int{1020, 1021}

func openClaims(t *testing.T) *Claims {
	t.Helper()
	here(t)
	c, err := OpenClaims()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, cpu := range far {
			c.words[cpu] = 0
		}
		c.Close()
	})
	return c
}

func TestClaims(t *testing.T) {
	c := openClaims(t)
	if !c.Take(far) || !c.Take(far[:1]) {
		t.Fatal("free CPUs, or one's own, were not to be had")
	}
	if b := c.Busy(); b.Has(far[0]) {
		t.Error("one's own CPU is busy")
	}
	// Another process's, while it lives, and after it was killed.
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	other := claim()&^0xffffffff | uint64(uint32(cmd.Process.Pid))
	c.words[far[1]] = other
	if b := c.Busy(); !b.Has(far[1]) {
		t.Error("another's CPU is free")
	}
	c.words[far[0]] = 0
	if c.Take(far) || c.words[far[0]] != 0 || c.words[far[1]] != other {
		t.Errorf("taken beside another's: %#x %#x", c.words[far[0]], c.words[far[1]])
	}
	cmd.Process.Kill()
	cmd.Wait()
	if b := c.Busy(); b.Has(far[1]) || !c.Take(far) {
		t.Error("a killed process has kept its CPU")
	}
	// A process id that somebody else has by now.
	c.words[far[1]] = 1<<32 | uint64(uint32(os.Getppid()))
	if b := c.Busy(); b.Has(far[1]) {
		t.Error("a claim from before its process began holds")
	}
}
