package pin

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// table is a pagemap with entries by huge page from address base on.
type table struct {
	base    uint64
	entries []uint64
}

func (t table) ReadAt(b []byte, off int64) (int, error) {
	i := (uint64(off)/8*4096 - t.base) / Size
	if i >= uint64(len(t.entries)) {
		return 0, io.EOF
	}
	binary.LittleEndian.PutUint64(b, t.entries[i])
	return 8, nil
}

func TestWhere(t *testing.T) {
	const here = 1 << 63
	ok := []uint64{here | 0x12200000/4096, here | 1<<61 | 0x4000000000/4096}
	got, err := where(table{Size * 7, ok}, Size*7, 2)
	if err != nil || !slices.Equal(got, []uint64{0x12200000, 0x4000000000}) {
		t.Errorf("%#x, %v", got, err)
	}
	for _, c := range []struct {
		entries []uint64
		want    string
	}{
		{[]uint64{0}, "page 0 is not in memory"},
		{[]uint64{here | 512, here}, "capabilities"},
		{[]uint64{here | 513}, "not a huge page"},
		{nil, "EOF"},
	} {
		if _, err := where(table{0, c.entries}, 0, max(1, len(c.entries))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.entries, err, c.want)
		}
	}
}

func TestMapRefusesOddSizes(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, n := range []uint64{0, 4096, Size + 1, 1 << 60} {
		if _, err := Map(int(f.Fd()), n); err == nil {
			t.Errorf("%d: mapped", n)
		}
	}
}

func TestPin(t *testing.T) {
	mem, err := unix.Mmap(-1, 0, 1<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANON|unix.MAP_POPULATE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(mem)
	ring, err := Pin(mem)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOMEM) {
		t.Skipf("io_uring is not granted here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	mem[0] = 1 // still ours
	// A range that is not mapped cannot be pinned.
	if err := unix.Mprotect(mem[:4096], unix.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	if ring, err := Pin(mem[:4096]); err == nil {
		ring.Close()
		t.Error("memory without access was pinned")
	}
}
