package lab

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// apt asks Debian's archive by way of apt, without installing anything and without being root: with
// the system's package lists first, and with lists of its own when those do not know the package.
type apt struct {
	dir  string // own lists, sources and state
	opts []string
}

// newAPT makes an apt with its own state under dir. suite, when not "", is an archive of Debian's to
// use instead of the configured ones.
func newAPT(dir, suite string) (*apt, error) {
	for _, need := range []string{"apt-get", "apt-cache", "dpkg"} {
		if _, err := exec.LookPath(need); err != nil {
			return nil, fail("the lab's QEMU and kernel come from Debian's archive, but there is no "+need, "",
				"run on Debian 12 or later")
		}
	}
	a := &apt{dir: dir}
	for _, sub := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, fail("cannot make the cache", err.Error(), "set XDG_CACHE_HOME")
		}
	}
	if suite != "" {
		list := filepath.Join(dir, "sources.list")
		line := "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian " + suite + " main\n"
		if err := os.WriteFile(list, []byte(line), 0o644); err != nil {
			return nil, fail("cannot write to the cache", err.Error(), "set XDG_CACHE_HOME")
		}
		a.own()
		a.opts = append(a.opts, "-o", "Dir::Etc::sourcelist="+list, "-o", "Dir::Etc::sourceparts=/dev/null")
	}
	return a, nil
}

// own switches to package lists of its own, which an ordinary user may update.
func (a *apt) own() {
	a.opts = append(a.opts,
		"-o", "Dir::State::lists="+filepath.Join(a.dir, "lists"),
		"-o", "Dir::Cache="+filepath.Join(a.dir, "cache"),
		"-o", "Dir::Cache::archives="+filepath.Join(a.dir, "cache/archives"),
		"-o", "APT::Sandbox::User=")
}

func (a *apt) run(ctx context.Context, dir, tool string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, tool, append(append([]string{"-q", "-o", "Debug::NoLocking=1"}, a.opts...), args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fail(tool+" "+strings.Join(args, " ")+" failed", lastLine(errs.String(), err),
			"check the network and /etc/apt, or run `apt-get update`")
	}
	return out.String(), nil
}

func lastLine(text string, err error) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.HasPrefix(lines[i], "E:") {
			return strings.TrimSpace(lines[i][2:])
		}
	}
	return err.Error()
}

// names lists the packages whose names match the regular expression, in any order.
func (a *apt) names(ctx context.Context, expr string) ([]string, error) {
	out, err := a.run(ctx, "", "apt-cache", "search", "--names-only", expr)
	var names []string
	for line := range strings.Lines(out) {
		name, _, _ := strings.Cut(line, " - ")
		names = append(names, strings.TrimSpace(name))
	}
	return names, err
}

// closure lists the packages that installing name would bring, itself included.
func (a *apt) closure(ctx context.Context, name string) ([]string, error) {
	out, err := a.run(ctx, "", "apt-get", "-s", "--no-install-recommends", "install", name)
	var names []string
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "Inst" {
			names = append(names, f[1])
		}
	}
	if err == nil && len(names) == 0 {
		names = []string{name} // installed, but not found where it should be
	}
	return names, err
}

// unpack downloads packages and unpacks them into dir.
func (a *apt) unpack(ctx context.Context, dir string, packages ...string) error {
	debs, err := os.MkdirTemp(a.dir, "debs-")
	if err != nil {
		return fail("cannot write to the cache", err.Error(), "set XDG_CACHE_HOME")
	}
	defer os.RemoveAll(debs)
	args := []string{"download"}
	if os.Geteuid() == 0 {
		args = []string{"-o", "APT::Sandbox::User=root", "download"} // the cache is not _apt's
	}
	if _, err := a.run(ctx, debs, "apt-get", append(args, packages...)...); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(debs, "*.deb"))
	if err != nil || len(files) == 0 {
		return fail("apt-get download brought nothing", strings.Join(packages, " "), "run it by hand")
	}
	for _, f := range files {
		if out, err := exec.CommandContext(ctx, "dpkg", "-x", f, dir).CombinedOutput(); err != nil {
			return fail("cannot unpack "+filepath.Base(f), lastLine(string(out), err), "is the disk full?")
		}
	}
	return nil
}

// either runs f with the system's package lists and, when that fails, with lists of its own.
func (a *apt) either(ctx context.Context, f func() error) error {
	if a.opts == nil {
		if f() == nil {
			return nil
		}
		a.own()
	}
	if _, err := a.run(ctx, "", "apt-get", "update"); err != nil {
		return err
	}
	return f()
}
