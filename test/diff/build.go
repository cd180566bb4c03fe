package diff

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// A Build is a program made from test/progs. Programs are kept in build/test of the repository under a name that their
// source, compiler and flags decide, so a second run does not build them again.
type Build struct {
	Source string   // under test/progs: c/x.c, cxx/x.cc or go/x
	Tool   string   // gcc, g++, musl-gcc or go
	Flags  []string // between the tool and the source
	Libs   []string // behind the source
}

// CVariants are the forms in which a C program is tested.
var CVariants = []struct {
	Name, Tool string
	Flags      []string
}{
	{"glibc", "gcc", []string{"-pie"}},
	{"static", "gcc", []string{"-static"}},
	{"static-pie", "gcc", []string{"-static-pie"}},
	{"no-pie", "gcc", []string{"-no-pie"}},
	{"musl", "musl-gcc", nil},
	{"musl-static", "musl-gcc", []string{"-static"}},
}

func (b *Build) needs() []string { return []string{b.Tool} }

var builds sync.Map // output path -> *buildOnce

type buildOnce struct {
	once sync.Once
	err  error
}

// Path builds the program unless that is done, and is its absolute path.
func (b *Build) Path() (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	src := filepath.Join(root, "test", "progs", b.Source)
	key, err := b.key(src)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(buildDir(root), key)
	// The program keeps its plain name: it shows in /proc/self/comm and messages.
	name := strings.TrimSuffix(filepath.Base(b.Source), filepath.Ext(b.Source))
	out := filepath.Join(dir, name)
	v, _ := builds.LoadOrStore(out, new(buildOnce))
	bo := v.(*buildOnce)
	bo.once.Do(func() { bo.err = b.build(src, out) })
	return out, bo.err
}

// buildDir is build/test of the repository, or a directory of the user's own when that cannot be written.
var buildDir = func() func(root string) string {
	var once sync.Once
	var dir string
	return func(root string) string {
		once.Do(func() {
			dir = filepath.Join(root, "build", "test")
			if os.MkdirAll(dir, 0o755) == nil {
				if f, err := os.CreateTemp(dir, "writable-"); err == nil {
					f.Close()
					_ = os.Remove(f.Name())
					return
				}
			}
			dir = filepath.Join(os.TempDir(), fmt.Sprintf("skerry-test-%d", os.Getuid()))
		})
		return dir
	}
}()

func (b *Build) build(src, out string) error {
	if _, err := os.Stat(out); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	// Another test process may build the same: each under its own name, then rename.
	tmp := fmt.Sprintf("%s.%d", out, os.Getpid())
	defer os.Remove(tmp)
	var args []string
	if b.Tool == "go" {
		args = append([]string{"build", "-buildvcs=false"}, b.Flags...)
		args = append(args, "-o", tmp, ".")
	} else {
		args = append(args, "-O2", "-g", "-pthread")
		args = append(args, b.Flags...)
		args = append(args, "-o", tmp, src)
		args = append(args, b.Libs...)
	}
	cmd := exec.Command(b.Tool, args...)
	if b.Tool == "go" {
		cmd.Dir = src
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	}
	if msg, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("diff: building %s: %s: %w\n%s", b.Source, cmd, err, msg)
	}
	return os.Rename(tmp, out)
}

// key names a build by everything that goes into it.
func (b *Build) key(src string) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, b.Tool, b.Flags, b.Libs)
	files := []string{src}
	switch b.Tool {
	case "go":
		var err error
		if files, err = filepath.Glob(filepath.Join(src, "*.go")); err != nil {
			return "", err
		}
		if len(files) == 0 {
			return "", fmt.Errorf("diff: no Go files in %s", src)
		}
	default:
		headers, err := filepath.Glob(filepath.Join(filepath.Dir(src), "*.h"))
		if err != nil {
			return "", err
		}
		files = append(files, headers...)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		h.Write(data)
	}
	kind := strings.Join(append([]string{b.Tool}, b.Flags...), "")
	kind = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return -1
	}, kind)
	base := strings.TrimSuffix(filepath.Base(src), filepath.Ext(src))
	return fmt.Sprintf("%s.%s.%x", base, strings.Trim(kind, "-"), h.Sum(nil)[:4]), nil
}
