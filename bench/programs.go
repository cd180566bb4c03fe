// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed prog
var sources embed.FS

// buildFlags are the compiler's. No -march: both sides run the same, plain
// code. Static, so that a measurement has no dynamic loader in it.
var buildFlags = []string{"-std=gnu11", "-O2", "-pthread", "-static"}

// ErrNoCompiler says that the programs cannot be built here.
var ErrNoCompiler = errors.New("no C compiler (cc or gcc) in PATH")

// Compiler returns the path of a C compiler, or ErrNoCompiler.
func Compiler() (string, error) {
	for _, name := range []string{"cc", "gcc"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoCompiler
}

// Build compiles every measurement's program with the compiler cc into the
// directory dir, which it makes. It takes a few seconds and runs cc once per
// program. Each program appears complete or not at all.
func Build(ctx context.Context, cc, dir string) error {
	dir, err := filepath.Abs(dir) // compilers run in other directories
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return fmt.Errorf("a directory for the benchmark programs: %w", err)
	}
	work, err := os.MkdirTemp(dir, ".build-")
	if err != nil {
		return fmt.Errorf("a directory to build benchmark programs in: %w", err)
	}
	defer os.RemoveAll(work)
	if err := os.CopyFS(work, sources); err != nil {
		return fmt.Errorf("writing out the benchmark sources: %w", err)
	}
	for _, name := range programNames() {
		built := filepath.Join(work, name)
		args := append(append([]string{}, buildFlags...), extraFlags[name]...)
		args = append(args, "-o", built, filepath.Join(work, "prog", name+".c"))
		if out, err := exec.CommandContext(ctx, cc, args...).CombinedOutput(); err != nil {
			return fmt.Errorf("building the benchmark program %s with %s: %w: %s (a static C library is needed: apt-get install libc6-dev)",
				name, cc, err, lastLine(out))
		}
		if err := os.Rename(built, filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("putting a built program in its place: %w", err)
		}
	}
	return buildGo(ctx, work, dir)
}

// buildGo builds the one program that is in Go, where there is Go. Without it
// the measurement says what it lacks.
func buildGo(ctx context.Context, work, dir string) error {
	compiler, err := exec.LookPath("go")
	if err != nil {
		return nil
	}
	built := filepath.Join(work, goWeb)
	cmd := exec.CommandContext(ctx, compiler, "build", "-trimpath", "-o", built, "main.go")
	cmd.Dir = filepath.Join(work, "prog", goWeb)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GO111MODULE=off", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the benchmark program %s with %s: %w: %s", goWeb, compiler, err, lastLine(out))
	}
	return os.Rename(built, filepath.Join(dir, goWeb))
}

// programNames are the programs in C that measurements use, each once.
func programNames() []string {
	var names []string
	for _, m := range Measurements() {
		if m.drive == nil && !slices.Contains(names, m.program()) {
			names = append(names, m.program())
		}
	}
	return names
}

// extraFlags are those of single programs.
var extraFlags = map[string][]string{"stencil": {"-fopenmp"}}

// Programs returns a directory that holds the programs of ms: `bench` beside
// the executable exe if they are there; otherwise a directory in the user's
// cache, into which it builds all programs the first time. It fails with what
// to install or run when neither works.
func Programs(ctx context.Context, exe string, ms []Measurement) (string, error) {
	beside := filepath.Join(filepath.Dir(exe), "bench")
	if complete(beside, ms) {
		return beside, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("the benchmark programs are not in %s, and there is no cache to build them in (%w); run `make build`, or set HOME", beside, err)
	}
	dir := filepath.Join(cache, "skerry", "bench-"+sourceHash())
	if complete(dir, Measurements()) {
		return dir, nil
	}
	cc, err := Compiler()
	if err != nil {
		return "", fmt.Errorf("the benchmark programs are not in %s and cannot be built: %w; run `apt-get install gcc libc6-dev`, or `make build` where there is a compiler", beside, err)
	}
	if err := Build(ctx, cc, dir); err != nil {
		return "", err
	}
	return dir, nil
}

// complete reports whether dir has an executable file for each of ms.
func complete(dir string, ms []Measurement) bool {
	for _, m := range ms {
		if m.drive != nil {
			continue
		}
		info, err := os.Stat(filepath.Join(dir, m.program()))
		if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

// sourceHash names what the programs are built from, so that a newer skerry
// does not measure with an older one's programs.
func sourceHash() string {
	h := sha256.New()
	fmt.Fprintln(h, strings.Join(buildFlags, " "), extraFlags)
	err := fs.WalkDir(sources, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := sources.ReadFile(path)
		fmt.Fprintln(h, path, len(text))
		h.Write(text)
		return err
	})
	if err != nil {
		panic("bench: reading embedded sources: " + err.Error()) // a broken binary
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}
