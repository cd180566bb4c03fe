package lab

import (
	"bytes"
	"os/exec"
	"testing"

	"github.com/skerry-os/skerry/bench/emulated"
	"github.com/skerry-os/skerry/fwk/lab"
)

// Programs are measured on Linux and on the LWK of one machine, by instructions.
func TestEmulated(t *testing.T) {
	o := machine(t, "6.12")
	o.Accel = lab.Counting
	c, err := lab.Open()
	if err != nil {
		t.Skip(err)
	}
	if _, err := c.QEMU(t.Context(), o.Recent(), func(s string) { t.Log(s) }); err != nil {
		t.Skipf("no QEMU that counts: %v", err)
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), o.Skerry, "bench", "emulated", "--kernel", "6.12", "--format", "json", "getpid")
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, &stderr)
	}
	rep, err := emulated.Load(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	// No ratio is asserted but that of code which no kernel is in.
	if r := rep.Ratio("compute"); len(rep.Failed()) > 0 || r < 0.9 || r > 1.1 || rep.Ratio("getpid") == 0 {
		t.Errorf("%v\n%s", rep.Failed(), out)
	}
}
