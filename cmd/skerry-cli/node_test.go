package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/skerry-os/skerry/fwk/node"
)

// emptyNode puts a node without a reservation under the commands.
func emptyNode(t *testing.T) *node.Node {
	t.Helper()
	n := node.New(node.Linux{}, t.TempDir())
	old := thisNode
	t.Cleanup(func() { thisNode = old })
	thisNode = func() *node.Node { return n }
	return n
}

func TestNodeWithoutAReservation(t *testing.T) {
	emptyNode(t)
	if status, out, errs := call("node", "show"); status != 0 || out != "nothing is reserved\n" || errs != "" {
		t.Errorf("%d, %q, %q", status, out, errs)
	}
	var got struct {
		State  *node.State
		Claims []node.Claim
	}
	status, out, _ := call("node", "show", "--format", "json")
	if err := json.Unmarshal([]byte(out), &got); err != nil || status != 0 || got.State != nil || got.Claims == nil {
		t.Errorf("%d, %s, %v", status, out, err)
	}
	for range 2 {
		if status, out, errs := call("node", "release"); status != 0 || out+errs != "" {
			t.Errorf("%d, %q, %q", status, out, errs)
		}
	}
}

func TestNodeTable(t *testing.T) {
	n := node.New(node.Linux{}, t.TempDir())
	s := &node.State{Phase: node.Reserved, Since: time.Unix(0, 0), Mode: node.XAPIC, Memory: 128 << 20, CPUs: []node.CPU{{Number: 700, APIC: 7}, {Number: 701, APIC: 8}}}
	claims := []*node.Claim{{Name: "one", CPUs: s.CPUs[1:], Memory: 32 << 20, Runner: node.ProcessOf(os.Getpid())}}
	got := nodeTable(n, s, claims)
	for _, want := range []string{"CPUs 700-701 (xapic), 128 MiB", "memory: 96 MiB of 128 MiB free", "one"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	s.Phase = node.Releasing
	if got := nodeTable(n, s, nil); !strings.Contains(got, "interrupted: run `skerry node release`") {
		t.Error(got)
	}
}

func TestNativeVerbsRefuse(t *testing.T) {
	emptyNode(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"node", "take"}, "no such action on a node: take: give show, reserve or release"},
		{[]string{"node", "show", "x"}, "unexpected argument: x"},
		{[]string{"node", "reserve", "--cpus", "0"}, "bad --cpus: 0"},
		{[]string{"node", "reserve", "--cpus", "99999"}, "bad --cpus: 99999"},
		{[]string{"node", "reserve", "--cpus", "x"}, "bad --cpus"},
		{[]string{"node", "reserve", "--cpus", "1-1", "--mem", "12X"}, "bad --mem"},
		{[]string{"kill"}, "which enclave?"},
		{[]string{"kill", "-s", "NONSENSE", "x"}, `no such signal: "NONSENSE"`},
		{[]string{"kill", "surely-no-such-enclave"}, "cannot find the enclave"},
		{[]string{"console"}, "which enclave?"},
		{[]string{"console", "surely-no-such-enclave"}, "no such enclave: surely-no-such-enclave: see `skerry ps`"},
		{[]string{"lab", "--mem", "x", "--", "true"}, "bad --mem"},
		{[]string{"lab", "--add", "x:relative", "--", "true"}, "bad --add: x:relative"},
		{[]string{"lab", "--kernel", "2.4", "--", "true"}, "must be 6.1 or 6.12"},
	} {
		status, out, errs := call(c.args...)
		if status != 125 || out != "" || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%q: %d, %q, %q, want %q", c.args, status, out, errs, c.want)
		}
	}
}

func TestSignalNumber(t *testing.T) {
	for s, want := range map[string]int{"TERM": 15, "term": 15, "SIGKILL": 9, "0": 0, "64": 64} {
		if got, err := signalNumber(s); err != nil || int(got) != want {
			t.Errorf("%s: %d, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "65", "-1", "SIGSIG"} {
		if _, err := signalNumber(s); err == nil {
			t.Errorf("%q is a signal", s)
		}
	}
}
