package proxy

import (
	"errors"
	"strconv"
	"strings"

	"github.com/skerry-os/skerry/abi"
)

// Heir is what a process that belongs to an enclave already is told of it: a child that the program has forked, or the
// same process after an execve. It comes from another proxy, by way of the environment, and is trusted as that.
type Heir struct {
	Instance    int
	Home        uint64 // granule of its boot page, rings and blocks
	Exec        bool   // the instance waits for the program of its program block
	FD          int    // the enclave's memory
	CloseOnExec []int  // descriptors of the program's that have the flag
	Files       []HeirFile

	CoresOf, MemoryOf, ImageOf uint64 // what Layout made the enclave's boot page of
}

// HeirFile is the content of a mapped file, by handle.
type HeirFile struct {
	Handle   int
	FD       int
	Off, Len uint64
}

// String encodes it for Parse.
func (h *Heir) String() string {
	b := []byte(nil)
	num := func(v uint64, end byte) { b = append(strconv.AppendUint(b, v, 10), end) }
	list := func(l []int) {
		num(uint64(len(l)), ' ')
		for _, v := range l {
			num(uint64(v), ' ')
		}
	}
	exec := uint64(0)
	if h.Exec {
		exec = 1
	}
	for _, v := range []uint64{uint64(h.Instance), h.Home, exec, uint64(h.FD), h.CoresOf, h.MemoryOf, h.ImageOf} {
		num(v, ' ')
	}
	list(h.CloseOnExec)
	num(uint64(len(h.Files)), ' ')
	for _, f := range h.Files {
		num(uint64(f.Handle), ' ')
		num(uint64(f.FD), ' ')
		num(f.Off, ' ')
		num(f.Len, ' ')
	}
	return strings.TrimSuffix(string(b), " ")
}

// ParseHeir reads what String has written.
func ParseHeir(s string) (*Heir, error) {
	words := strings.Split(s, " ")
	bad := false
	num := func() uint64 {
		if len(words) == 0 {
			bad = true
			return 0
		}
		v, err := strconv.ParseUint(words[0], 10, 64)
		words = words[1:]
		bad = bad || err != nil
		return v
	}
	count := func() int {
		n := num()
		if n > uint64(len(words)) {
			bad = true
			return 0
		}
		return int(n)
	}
	list := func() (l []int) {
		for range count() {
			l = append(l, int(num()))
		}
		return l
	}
	h := &Heir{Instance: int(num()), Home: num(), Exec: num() == 1, FD: int(num()), CoresOf: num(), MemoryOf: num(), ImageOf: num()}
	h.CloseOnExec = list()
	for range count() {
		h.Files = append(h.Files, HeirFile{int(num()), int(num()), num(), num()})
	}
	if bad || len(words) != 0 || h.Instance < 0 || h.Instance >= abi.MaxInstances || len(h.Files) > maxHandles {
		return nil, errors.New("proxy: what this process was told of its enclave makes no sense")
	}
	for _, f := range h.Files {
		if f.Handle < 0 || f.Handle >= maxHandles {
			return nil, errors.New("proxy: a mapped file of no such number")
		}
	}
	return h, nil
}
