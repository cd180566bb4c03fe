package native

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// emulator are the lines of testdata/bad.c in which QEMU's processor is not the one that runs the tests: it
// has no alignment checks and no SSE exceptions, takes the wrong vector, or tells another error code. That the
// program goes on after them is looked at all the same.
var emulator = map[string]bool{
	"push not canonical": true, "iret to ring 0": true, "far return to ring 0": true, "alignment check": true, "sse divide": true,
	"int 0x0e": true, "int 0x41": true, "int 2": true, "int 8": true,
	"return to not canonical": true, // the trap number: Linux tries, the LWK does not
}

// placed are addresses that Linux and the LWK choose differently.
var placed = regexp.MustCompile(`0x7[0-9a-f]{11}\b`)

// TestMisbehave runs a program that does everything a program must not, from ring 3, and compares what it got
// with what Linux gives it here.
func TestMisbehave(t *testing.T) {
	Need(t)
	bad := compile(t, "gcc", "testdata/bad.c", "-static", "-w")
	out, err := exec.Command(bad).Output()
	if err != nil {
		t.Fatalf("on Linux: %v\n%s", err, out)
	}
	r := Run(t, Config{Args: []string{bad}})
	want, got := strings.Split(string(out), "\n"), strings.Split(string(r.Out), "\n")
	if len(want) != len(got) || r.Status.ExitStatus() != 0 {
		t.Fatalf("status %v, %d lines; on Linux %d:\n%s\nlog: %s", r.Status, len(got), len(want), r.Out, r.Log)
	}
	for i := range want {
		name, _, _ := strings.Cut(want[i], ":")
		w, g := placed.ReplaceAllString(want[i], "PLACE"), placed.ReplaceAllString(got[i], "PLACE")
		if w != g && !(emulator[name] && strings.HasPrefix(got[i], name+":")) {
			t.Errorf("%s\non Linux %s", got[i], want[i])
		}
	}
	for i, s := range r.States {
		if s != 3 {
			t.Errorf("core %d is in state %d, want parked (3)", i, s)
		}
	}
	if len(r.Epitaphs) != 0 {
		t.Error(r.describe())
	}
}
