// Package install knows how skerry's programs lie on a machine: skerry itself, which starts programs
// and is therefore small; skerry-cli, which is every other verb; skerry-lwk, the native image. They
// are in one folder (bin/ of the source tree), or skerry in PREFIX/bin and the rest in PREFIX/lib/skerry.
package install

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Names of the programs.
const (
	Skerry = "skerry"
	CLI    = "skerry-cli"
	LWK    = "skerry-lwk"
)

// Find returns the absolute path of one of skerry's programs, seen from the running one. The error
// says where it was looked for.
func Find(name string) (string, error) {
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return "", fmt.Errorf("cannot tell where skerry is installed: %w (is /proc mounted?)", err)
	}
	// A binary that was replaced while it runs: its folder is still the right one.
	dir := filepath.Dir(strings.TrimSuffix(exe, " (deleted)"))
	for _, d := range [...]string{dir, filepath.Join(dir, "../lib/skerry"), filepath.Join(dir, "../../bin")} {
		path := filepath.Join(d, name)
		var st syscall.Stat_t
		if syscall.Stat(path, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFREG {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is neither in %s nor in %s (make build, or install again)", name, dir, filepath.Join(dir, "../lib/skerry"))
}
