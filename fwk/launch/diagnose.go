package launch

import (
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/fwk/node"
)

var stateNames = [...]string{"has not come in", "starting", "running", "parked", "dead"}

// StateName names a core's state.
func StateName(s uint32) string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("in unknown state %d", s)
}

var epitaphNames = map[uint32]string{abi.EpitaphPanic: "panic", abi.EpitaphFault: "fault in the kernel",
	abi.EpitaphDouble: "double fault", abi.EpitaphCheck: "machine check", abi.EpitaphHalt: "gave up"}

// Diagnose says what is known of cores that are not well, and the end of the log; "" when all are well.
func Diagnose(mem []byte, b *abi.Boot, c *node.Claim, taken func(cpu int) bool) string {
	var s strings.Builder
	for i, cpu := range c.CPUs {
		if taken(cpu.Number) {
			fmt.Fprintf(&s, "  CPU %d: Linux has it online\n", cpu.Number)
			continue
		}
		state := atomic.LoadUint32(&enclave.Core(mem, b, i).State)
		ep, ok := enclave.Epitaph(mem, b, i)
		if state == abi.CoreRunning && !ok {
			continue
		}
		fmt.Fprintf(&s, "  CPU %d: %s\n", cpu.Number, StateName(state))
		if ok {
			s.WriteString("    " + lastWords(&ep) + "\n")
		}
	}
	if s.Len() == 0 {
		return ""
	}
	if text, _ := enclave.ReadLog(mem, b, 0); len(text) > 0 {
		s.WriteString("  the kernel's last words:\n")
		lines := strings.Split(strings.TrimRight(clean(string(text)), "\n"), "\n")
		for _, line := range lines[max(0, len(lines)-12):] {
			s.WriteString("    " + line + "\n")
		}
	}
	return strings.TrimRight(s.String(), "\n")
}

// clean replaces what could drive a terminal: the text is the enclave's.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 {
			return '?'
		}
		return r
	}, s)
}
