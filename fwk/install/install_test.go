package install

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFind(t *testing.T) {
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Skip(err)
	}
	if got, err := Find(filepath.Base(exe)); err != nil || got != exe {
		t.Errorf("myself: %q, %v, want %q", got, err, exe)
	}
	if got, err := Find("surely-no-such-program"); err == nil {
		t.Errorf("found %q", got)
	}
	if got, err := Find("."); err == nil {
		t.Errorf("a folder was taken for a program: %q", got)
	}
}
