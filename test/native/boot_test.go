package native

import (
	"testing"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
)

func TestBoot(t *testing.T) {
	Need(t)
	m := Start(t, Config{Cores: 1, Memory: 96 << 20})
	err := m.Wait(0, abi.CoreParked, abi.CoreDead)
	if e, ok := enclave.Epitaph(m.Mem, m.Boot, 0); ok {
		t.Errorf("epitaph: %s: kind %d, vector %d, rip %#x, cr2 %#x, err %#x\n%#x\n%#x", enclave.Line(&e), e.Kind, e.Vector, e.RIP, e.CR2, e.Error, e.Regs, e.Stack)
	}
	if err != nil {
		t.Error(err)
	}
	t.Log(m.Log())
}
