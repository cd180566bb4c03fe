package launch

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/fwk/node"
)

// fakeBus is a bus with cores that come in when they are told to, or not.
type fakeBus struct {
	log    []string
	state  []uint32
	deaf   map[uint32]int // start-up messages that a core ignores
	inits  map[uint32]bool
	broken error
}

func (b *fakeBus) Init(id uint32) error {
	b.log = append(b.log, fmt.Sprint("init ", id))
	b.inits[id] = true
	return b.broken
}

func (b *fakeBus) Startup(id uint32, page uint8) error {
	b.log = append(b.log, fmt.Sprintf("start %d %#x", id, page))
	if b.deaf[id]--; b.inits[id] && b.deaf[id] < 0 {
		b.state[id/2-1] = abi.CoreBoot
	}
	return b.broken
}

func (b *fakeBus) Interrupt(id uint32, vector uint8) error { return nil }

func newStarter(b *fakeBus) *starter {
	b.state, b.inits = make([]uint32, 2), map[uint32]bool{}
	if b.deaf == nil {
		b.deaf = map[uint32]int{}
	}
	return &starter{bus: b, taken: func(int) bool { return false }, cpus: []node.CPU{{Number: 5, APIC: 2}, {Number: 6, APIC: 4}}, page: 0x20,
		state: func(i int) uint32 { return b.state[i] }, note: func(int) {},
		sleep: func(ms int) { b.log = append(b.log, fmt.Sprintf("%d ms", ms)) }}
}

func TestStartOrder(t *testing.T) {
	b := &fakeBus{}
	if err := newStarter(b).start(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(b.log, ", "); got != "init 2, init 4, 10 ms, start 2 0x20, start 4 0x20, 2 ms" {
		t.Error(got)
	}
	// One that needs the second message gets it alone.
	b = &fakeBus{deaf: map[uint32]int{4: 1}}
	if err := newStarter(b).start(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(b.log, ", "); !strings.HasSuffix(got, "2 ms, start 4 0x20") {
		t.Error(got)
	}
}

func TestStartThatFails(t *testing.T) {
	b := &fakeBus{deaf: map[uint32]int{2: 9}}
	if err := newStarter(b).start(); err == nil || !strings.Contains(err.Error(), "no sign of life from CPU 5:") {
		t.Error(err)
	}
	b = &fakeBus{broken: errors.New("no bus")}
	if err := newStarter(b).start(); err == nil || !strings.Contains(err.Error(), "no bus") {
		t.Error(err)
	}
	// A CPU that Linux has is not touched.
	b = &fakeBus{}
	s := newStarter(b)
	s.taken = func(cpu int) bool { return cpu == 5 }
	if err := s.start(); err == nil || !strings.Contains(err.Error(), "put online again: 5") || len(b.log) != 0 {
		t.Errorf("%v, %v", err, b.log)
	}
}

func TestMailbox(t *testing.T) {
	path := t.TempDir() + "/mail"
	reader, err := openMail(path, true)
	if err != nil {
		t.Fatal(err)
	}
	writer, err := openMail(path, false)
	if err != nil {
		t.Fatal(err)
	}
	if text, ok := reader.read(1); ok || reader.stopped() {
		t.Errorf("mail before it was sent: %q", text)
	}
	long := strings.Repeat("x", 2*mailSize)
	go func() {
		time.Sleep(10 * time.Millisecond)
		writer.post(long)
	}()
	var text string
	for ok := false; !ok; { // a signal of the Go runtime ends a wait early
		text, ok = reader.read(60000)
	}
	if text != long[:mailMembers-mailText] || !reader.stopped() {
		t.Errorf("%d bytes came", len(text))
	}
	if _, err := openMail(path+"/none", true); err == nil {
		t.Error("a mailbox below a file")
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Error(st, err)
	}
}

func TestDiagnose(t *testing.T) {
	b, err := enclave.Layout(3, 64<<20, 4096)
	if err != nil {
		t.Fatal(err)
	}
	mem := make([]byte, b.Free.Off)
	c := &node.Claim{CPUs: []node.CPU{{Number: 1}, {Number: 2}, {Number: 3}}}
	free := func(int) bool { return false }
	for i := range 3 {
		enclave.Core(mem, b, i).State = abi.CoreRunning
	}
	if got := Diagnose(mem, b, c, free); got != "" {
		t.Errorf("all well: %q", got)
	}
	enclave.Core(mem, b, 1).State = abi.CoreDead
	copy(mem[b.Log.Off+64:], "panic: \x1b[2Jno\n")
	mem[b.Log.Off] = 15
	got := Diagnose(mem, b, c, func(cpu int) bool { return cpu == 3 })
	for _, want := range []string{"CPU 2: dead", "CPU 3: Linux has it online", "last words:\n    panic: ?[2Jno"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if strings.ContainsRune(got, 0x1b) || strings.Contains(got, "CPU 1") {
		t.Errorf("%q", got)
	}
	if StateName(99) != "in unknown state 99" {
		t.Error(StateName(99))
	}
}
