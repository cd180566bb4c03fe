package procfs

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestCreateReadList(t *testing.T) {
	dir := t.TempDir()
	var want []string
	for i := range 300 { // more than one buffer of names
		name := "a-file-with-a-long-name-" + strconv.Itoa(1000+i)
		if err := Create(filepath.Join(dir, name), "", 0o600); err != nil {
			t.Fatal(err)
		}
		want = append(want, name)
	}
	if got, err := List(dir); err != nil || !slices.Equal(got, want) {
		t.Errorf("%d names, %v", len(got), err)
	}
	path := filepath.Join(dir, want[0])
	for _, text := range []string{"", "x\n\n", strings.Repeat("0123456789", 5000), "short"} {
		if err := Create(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadAll(path); err != nil || string(got) != text {
			t.Errorf("%d bytes came back as %d, %v", len(text), len(got), err)
		}
	}
	if err := Write(filepath.Join(dir, "none"), "x"); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("writing to a file that is not there: %v", err)
	}
	if _, err := List(path); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("listing a file: %v", err)
	}
	// A file of /proc says that it has no size.
	got, err := ReadAll("/proc/self/status")
	same, _ := os.ReadFile("/proc/self/status")
	if err != nil || len(got) == 0 || !bytes.Equal(got[:20], same[:20]) {
		t.Errorf("%q, %v", got, err)
	}
}
