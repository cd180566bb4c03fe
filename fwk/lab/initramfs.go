package lab

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"github.com/skerry-os/skerry/fwk/install"
)

// archive writes a "newc" cpio archive, the form in which Linux takes its first file system
// (Documentation/driver-api/early-userspace/buffer-format.rst). It is not compressed: an emulated
// processor unpacks more slowly than it copies.
type archive struct {
	w     *bufio.Writer
	err   error
	off   int64
	inode int
	seen  map[string]bool
}

const (
	typeDir  = 0o040000
	typeFile = 0o100000
	typeLink = 0o120000
	typeChar = 0o020000
)

func newArchive(w io.Writer) *archive {
	return &archive{w: bufio.NewWriterSize(w, 1<<20), seen: map[string]bool{}}
}

// entry writes one header and its content. Directories above it are made first; a name that is there
// already is left as it is.
func (a *archive) entry(name string, mode uint32, major, minor int, size int64, content io.Reader) {
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	if name == "" || a.seen[name] {
		return
	}
	if dir := path.Dir(name); dir != "." {
		a.entry(dir, typeDir|0o755, 0, 0, 0, nil)
	}
	a.seen[name] = true
	a.raw(name, mode, major, minor, size, content)
}

func (a *archive) raw(name string, mode uint32, major, minor int, size int64, content io.Reader) {
	if a.err != nil {
		return
	}
	a.inode++
	a.printf("070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\x00", a.inode, mode, 0, 0, 1, 0,
		size, 0, 0, major, minor, len(name)+1, 0, name)
	a.pad()
	if content != nil && a.err == nil {
		n, err := io.CopyN(a.w, content, size)
		a.off += n
		a.err = err
	}
	a.pad()
}

func (a *archive) printf(format string, args ...any) {
	n, err := fmt.Fprintf(a.w, format, args...)
	a.off += int64(n)
	if a.err == nil {
		a.err = err
	}
}

func (a *archive) pad() {
	for a.off%4 != 0 {
		a.printf("\x00")
	}
}

func (a *archive) data(name string, mode uint32, content string) {
	a.entry(name, typeFile|mode, 0, 0, int64(len(content)), strings.NewReader(content))
}

func (a *archive) link(name, target string) {
	a.entry(name, typeLink|0o777, 0, 0, int64(len(target)), strings.NewReader(target))
}

// file adds a file or, with all that is in it, a directory of this machine. Symbolic links below a
// directory are kept; the one that host may be is followed.
func (a *archive) file(name, host string, mode uint32) error {
	st, err := os.Stat(host)
	if err != nil {
		return err
	}
	if st.IsDir() {
		a.entry(name, typeDir|uint32(st.Mode().Perm()), 0, 0, 0, nil)
		return filepath.WalkDir(host, func(p string, d os.DirEntry, err error) error {
			if err != nil || p == host {
				return err
			}
			rel := path.Join(name, strings.TrimPrefix(p, host))
			switch {
			case d.IsDir():
				info, err := d.Info()
				if err == nil {
					a.entry(rel, typeDir|uint32(info.Mode().Perm()), 0, 0, 0, nil)
				}
				return err
			case d.Type()&os.ModeSymlink != 0:
				target, err := os.Readlink(p)
				if err == nil {
					a.link(rel, target)
				}
				return err
			case d.Type().IsRegular():
				return a.file(rel, p, 0)
			}
			return nil // sockets and the like mean nothing elsewhere
		})
	}
	if !st.Mode().IsRegular() {
		return fmt.Errorf("%s is neither file nor directory", host)
	}
	f, err := os.Open(host)
	if err != nil {
		return err
	}
	defer f.Close()
	if mode == 0 {
		mode = uint32(st.Mode().Perm())
	}
	a.entry(name, typeFile|mode, 0, 0, st.Size(), f)
	return a.err
}

func (a *archive) close() error {
	a.raw("TRAILER!!!", 0, 0, 0, 0, nil)
	if a.err != nil {
		return a.err
	}
	return a.w.Flush()
}

// settings is what the machine's first process reads.
type settings struct {
	Argv    []string
	TTY     bool
	Modules []string // files, in the order in which they are loaded
	Dir     string   // directory to start in
}

const settingsFile = "/lab.json"

// writeInitramfs makes the machine's file system.
func writeInitramfs(out string, o *Options, k *Kernel) error {
	f, err := os.Create(out)
	if err != nil {
		return fail("cannot write the lab's files", err.Error(), "set TMPDIR")
	}
	defer f.Close()
	a := newArchive(f)
	for _, dir := range []string{"dev", "proc", "sys", "run", "etc", "root", "bin", "sbin", "usr/bin", "lib/modules/" + k.Release, "var/tmp"} {
		a.entry(dir, typeDir|0o755, 0, 0, 0, nil)
	}
	a.entry("tmp", typeDir|0o1777, 0, 0, 0, nil)
	a.entry("dev/console", typeChar|0o600, 5, 1, 0, nil)
	a.entry("dev/null", typeChar|0o666, 1, 3, 0, nil)
	a.data("etc/passwd", 0o644, "root:x:0:0:root:/root:/bin/sh\n")
	a.data("etc/group", 0o644, "root:x:0:\n")
	a.data("etc/hosts", 0o644, "127.0.0.1 localhost lab\n")
	s := settings{Argv: o.Argv, TTY: o.TTY, Dir: "/root"}
	files, err := modules(k, o.Modules)
	if err != nil {
		return err
	}
	for _, m := range files {
		name := path.Join("/lib/modules", k.Release, filepath.Base(m))
		s.Modules = append(s.Modules, name)
		if err := a.file(name, m, 0); err != nil {
			return fail("cannot add a kernel module", err.Error(), "")
		}
	}
	if err := a.programs(o, &s); err != nil {
		return err
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	a.data(settingsFile, 0o600, string(text))
	if err := a.close(); err != nil {
		return fail("cannot write the lab's files", err.Error(), "is "+filepath.Dir(out)+" full? set TMPDIR")
	}
	return nil
}

// programs adds skerry, a shell where this machine has one that stands alone, and what was asked for.
// The command's own program is added too when it is a file here and nothing of that name was added.
func (a *archive) programs(o *Options, s *settings) error {
	if err := a.file("/bin/skerry", o.Skerry, 0o755); err != nil {
		return fail("cannot add skerry to the lab", err.Error(), "")
	}
	for _, name := range []string{install.CLI, install.LWK} {
		for _, dir := range []string{filepath.Dir(o.Skerry), filepath.Join(filepath.Dir(o.Skerry), "../lib/skerry")} {
			if part := filepath.Join(dir, name); exists(part) && !a.seen["bin/"+name] {
				if err := a.file("/bin/"+name, part, 0); err != nil {
					return fail("cannot add a part of skerry to the lab", err.Error(), "")
				}
			}
		}
	}
	// The first process is the one that knows Init; /proc, where others could be found, is not mounted yet.
	if !a.seen["bin/"+install.CLI] {
		return fail("a part of skerry is missing", install.CLI+" is not beside "+o.Skerry, "run `make build`")
	}
	a.link("/init", "/bin/"+install.CLI)
	libs := map[string]bool{}
	for _, f := range o.Files {
		var err error
		switch {
		case f.Link != "":
			a.link(f.Guest, f.Link)
		case f.Host != "":
			if err = a.file(f.Guest, f.Host, f.Mode); err == nil {
				err = libraries(f.Host, libs)
			}
		default:
			if f.Mode == 0 {
				f.Mode = 0o644
			}
			a.data(f.Guest, f.Mode, string(f.Data))
		}
		if err != nil {
			return fail("cannot add a file to the lab", err.Error(), "see --add")
		}
	}
	if box := busybox(); box != "" {
		if err := a.file("/bin/busybox", box, 0o755); err != nil {
			return fail("cannot add busybox to the lab", err.Error(), "")
		}
		for _, applet := range applets(box) {
			if !a.seen["bin/"+applet] && !a.seen["usr/bin/"+applet] {
				a.link("/bin/"+applet, "busybox")
			}
		}
	}
	if len(s.Argv) == 0 {
		if !a.seen["bin/busybox"] {
			return fail("no shell for the lab", "there is no statically linked busybox here", "install busybox-static, or give a COMMAND")
		}
		s.Argv = []string{"/bin/sh", "-l"}
	}
	if host := s.Argv[0]; strings.Contains(host, "/") && !strings.HasPrefix(host, "/bin/") && exists(host) {
		abs, err := filepath.Abs(host)
		if err == nil && !a.seen[abs[1:]] {
			if err = a.file(abs, abs, 0o755); err == nil {
				err = libraries(abs, libs)
			}
		}
		if err != nil {
			return fail("cannot add the command to the lab", err.Error(), "")
		}
		s.Argv[0] = abs
	}
	sorted := make([]string, 0, len(libs))
	for lib := range libs {
		sorted = append(sorted, lib)
	}
	sort.Strings(sorted)
	for _, lib := range sorted {
		if err := a.file(lib, lib, 0); err != nil {
			return fail("cannot add a library to the lab", err.Error(), "")
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
