package lab

import (
	"os"
	"strings"
	"testing"

	"github.com/skerry-os/skerry/fwk/lab"
)

// A stock kernel with control groups of version 2 gives an enclave's core a partition of its own, and
// takes it back after the program's end, after SIGKILL of it, and of it and its keeper.
func TestIsolate(t *testing.T) {
	script, err := os.ReadFile("isolate.sh")
	if err != nil {
		t.Fatal(err)
	}
	o := machine(t, "6.12", "sh", "/isolate.sh")
	o.Smp, o.Mem = 3, 1<<30
	o.Accel = "tcg-single" // partitions make Linux patch its scheduler's and allocator's code: see brokenByQEMU
	o.Files = append(o.Files, lab.File{Guest: "/isolate.sh", Data: script})
	_, out, errs := run(t, o)
	for _, want := range []string{
		"partition isolated of 2, Linux has 0-1\n", "child 7\n", "executed 5\n", "status 0\n",
		"ended: cpus 0-2 groups 0 states 0\n",
		"running: cpus 0-1 groups 1 states 1\n",
		"killed: cpus 0-2 groups 0 states 0\n",
		"both: cpus 0-1 groups 1 states 1\n",
		"swept\nswept: cpus 0-2 groups 0 states 0\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q", want)
		}
	}
	if t.Failed() {
		t.Logf("output:\n%s\n%s", out, errs)
	}
}
