package procfs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for _, n := range []int{0, 1, 511, 512, 513, 5000} {
		text := strings.Repeat("x", n)
		if err := os.WriteFile(path, []byte(text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := Read(path); err != nil || got != text {
			t.Errorf("%d bytes came back as %d, %v", n, len(got), err)
		}
		if got, err := Head(path, 100); err != nil || got != (text + "\n")[:min(n+1, 100)] {
			t.Errorf("head of %d bytes: %q, %v", n, got, err)
		}
	}
	for _, bad := range []string{path + "none", filepath.Dir(path)} {
		if _, err := Read(bad); err == nil {
			t.Errorf("Read(%s) succeeded", bad)
		}
	}
	if _, err := Head(path+"none", 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Head of no file: %v", err)
	}
}
