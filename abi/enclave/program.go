package enclave

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Program is what an enclave is to run, and with what. The Linux side writes it before the cores
// start; on an execve the LWK writes the next one, of which only Path, Args, Env, Mask and Ignored count.
type Program struct {
	Path string // as Linux would resolve it from the proxy's directory
	Args []string
	Env  []string

	PID     uint32
	Verbose bool
	Limit   uint64 // --mem, bytes; 0: none
	Ignored uint64 // signals that are ignored from the start, bit n-1
	Mask    uint64 // signals that the first thread blocks
	Stack   uint64 // RLIMIT_STACK, bytes
	Random  [16]byte
	Aux     []byte // Linux's auxiliary vector for the proxy, as it lies in memory
}

const programMagic = 0x31706b73

var errProgram = errors.New("program block: it ends before its content does")

// Append appends the block's bytes to b. It allocates as needed.
func (p *Program) Append(b []byte) []byte {
	le := binary.LittleEndian
	u32 := func(v uint32) { b = le.AppendUint32(b, v) }
	u64 := func(v uint64) { b = le.AppendUint64(b, v) }
	str := func(s string) { u32(uint32(len(s))); b = append(b, s...) }
	u32(programMagic)
	u32(p.PID)
	if p.Verbose {
		u32(1)
	} else {
		u32(0)
	}
	u64(p.Limit)
	u64(p.Ignored)
	u64(p.Mask)
	u64(p.Stack)
	b = append(b, p.Random[:]...)
	str(string(p.Aux))
	str(p.Path)
	for _, list := range [...][]string{p.Args, p.Env} {
		u32(uint32(len(list)))
		for _, s := range list {
			str(s)
		}
	}
	return b
}

// ParseProgram reads a block. It keeps nothing of b.
func ParseProgram(b []byte) (*Program, error) {
	le := binary.LittleEndian
	bad := false
	take := func(n int) []byte {
		if n < 0 || n > len(b) {
			bad = true
			return nil
		}
		t := b[:n]
		b = b[n:]
		return t
	}
	u32 := func() uint32 {
		if t := take(4); t != nil {
			return le.Uint32(t)
		}
		return 0
	}
	u64 := func() uint64 {
		if t := take(8); t != nil {
			return le.Uint64(t)
		}
		return 0
	}
	str := func() string { return string(take(int(u32()))) }
	if m := u32(); m != programMagic {
		return nil, fmt.Errorf("program block: begins with %#x instead of %#x", m, uint32(programMagic))
	}
	p := &Program{PID: u32(), Verbose: u32() != 0, Limit: u64(), Ignored: u64(), Mask: u64(), Stack: u64()}
	copy(p.Random[:], take(16))
	p.Aux = []byte(str())
	p.Path = str()
	for _, list := range [...]*[]string{&p.Args, &p.Env} {
		n := u32()
		if int(n) > len(b)/4 {
			return nil, errProgram
		}
		for range n {
			*list = append(*list, str())
		}
	}
	if bad {
		return nil, errProgram
	}
	return p, nil
}
