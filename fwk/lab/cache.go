package lab

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Cache is the directory where what was fetched is kept. Several processes may use it at once.
type Cache struct{ dir string }

// Open finds the cache directory: $XDG_CACHE_HOME/skerry or ~/.cache/skerry, and /var/cache/skerry
// for a root without a home.
func Open() (*Cache, error) {
	dir := os.Getenv("XDG_CACHE_HOME")
	if dir == "" {
		if home := os.Getenv("HOME"); home != "" {
			dir = filepath.Join(home, ".cache")
		} else {
			dir = "/var/cache"
		}
	}
	dir = filepath.Join(dir, "skerry", "lab")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fail("cannot make the lab's cache", err.Error(), "set XDG_CACHE_HOME to a directory that you may write")
	}
	return &Cache{dir}, nil
}

// once makes the directory name of the cache by fill, unless it is there, and returns its path. What
// fill began and did not end is never seen: the directory gets its name last.
func (c *Cache) once(name string, fill func(dir string) error) (string, error) {
	dir := filepath.Join(c.dir, name)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	lock, err := os.OpenFile(filepath.Join(c.dir, name+".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", fail("cannot write to the lab's cache", err.Error(), "set XDG_CACHE_HOME")
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return "", fail("cannot lock the lab's cache", err.Error(), "set XDG_CACHE_HOME")
	}
	if _, err := os.Stat(dir); err == nil {
		return dir, nil // somebody else has just made it
	}
	part := dir + ".part"
	if err := os.RemoveAll(part); err != nil {
		return "", fail("cannot clean the lab's cache", err.Error(), "remove "+c.dir)
	}
	if err := os.Mkdir(part, 0o755); err != nil {
		return "", fail("cannot write to the lab's cache", err.Error(), "set XDG_CACHE_HOME")
	}
	if err := fill(part); err != nil {
		os.RemoveAll(part)
		return "", err
	}
	if err := os.Rename(part, dir); err != nil {
		return "", fail("cannot write to the lab's cache", err.Error(), "set XDG_CACHE_HOME")
	}
	return dir, nil
}

// QEMU is an emulator: a binary and how to start it.
type QEMU struct {
	Path string
	Args []string // where its own files are
	Env  []string
}

const qemuName = "qemu-system-x86_64"

// QEMU finds the emulator: the installed one when it will do, else Debian's, fetched. Addressing
// processors by x2APIC needs 9.0 or later, which Debian 12 has in its backports.
func (c *Cache) QEMU(ctx context.Context, x2apic bool, say func(string)) (*QEMU, error) {
	path, err := exec.LookPath(qemuName)
	if err == nil && (!x2apic || emulatesX2APIC(ctx, path)) {
		return &QEMU{Path: path}, nil
	}
	name, suite := "qemu", ""
	if x2apic {
		name, suite = "qemu-backports", "bookworm-backports"
	}
	dir, err := c.once(name, func(dir string) error {
		say("fetching QEMU by apt, once, into " + c.dir)
		a, err := newAPT(filepath.Join(c.dir, "apt-"+name), suite)
		if err != nil {
			return err
		}
		return a.either(ctx, func() error {
			packages := []string{"qemu-system-x86", "qemu-system-common", "qemu-system-data"}
			if suite == "" {
				more, err := a.closure(ctx, "qemu-system-x86") // libraries that this machine does not have
				if err != nil {
					return err
				}
				packages = append(append(packages, "seabios"), more...)
				slices.Sort(packages)
				packages = slices.Compact(packages)
			}
			return a.unpack(ctx, dir, packages...)
		})
	})
	if err != nil {
		return nil, err
	}
	q := unpackedQEMU(dir)
	if x2apic { // its libraries are those of the release's own QEMU
		base, err := c.QEMU(ctx, false, say)
		if err != nil {
			return nil, err
		}
		q.Args, q.Env = append(q.Args, base.Args...), append(base.Env, q.Env...)
	}
	return q, nil
}

func unpackedQEMU(dir string) *QEMU {
	libs := []string{dir + "/usr/lib/x86_64-linux-gnu", dir + "/lib/x86_64-linux-gnu"}
	if old := os.Getenv("LD_LIBRARY_PATH"); old != "" {
		libs = append(libs, old)
	}
	return &QEMU{
		Path: dir + "/usr/bin/" + qemuName,
		Args: []string{"-L", dir + "/usr/share/qemu", "-L", dir + "/usr/share/seabios", "-L", "/usr/share/seabios"},
		Env: []string{"LD_LIBRARY_PATH=" + strings.Join(libs, ":"),
			"QEMU_MODULE_DIR=" + dir + "/usr/lib/x86_64-linux-gnu/qemu"},
	}
}

// emulatesX2APIC asks a QEMU for its version: "QEMU emulator version 9.2.0 (...)".
func emulatesX2APIC(ctx context.Context, path string) bool {
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	_, rest, ok := strings.Cut(string(out), "version ")
	major, _, _ := strings.Cut(rest, ".")
	n, err2 := strconv.Atoi(major)
	return err == nil && ok && err2 == nil && n >= 9
}

// Kernel is one of Debian's, unpacked.
type Kernel struct {
	Release string // "6.1.0-56-cloud-amd64"
	Image   string // the file that QEMU loads
	Modules string // directory of kernel/, modules.dep
}

// versions are the kernels on offer: the pattern of the package's name, for the kernels that are made
// for virtual machines, and what of the command line makes processors reachable there.
var versions = map[string]*struct{ pattern, xapic string }{
	// 6.1 keeps /dev/mem from the page of the local APIC.
	"6.1":  {`^linux-image-6\.1\.[0-9-]+-cloud-amd64$`, "iomem=relaxed"},
	"6.12": {`^linux-image-6\.12\.[0-9a-z.+-]+-cloud-amd64$`, ""},
}

// Kernels are the names of the kernels on offer.
func Kernels() []string { return []string{"6.1", "6.12"} }

// Kernel finds a kernel in the cache, or fetches the newest of its version.
func (c *Cache) Kernel(ctx context.Context, version string, say func(string)) (*Kernel, error) {
	v := versions[version]
	if v == nil {
		return nil, fail("no such kernel", version, "give one of "+strings.Join(Kernels(), ", "))
	}
	dir, err := c.once("linux-"+version, func(dir string) error {
		say("fetching Linux " + version + " by apt, once, into " + c.dir)
		a, err := newAPT(filepath.Join(c.dir, "apt-linux-"+version), "")
		if err != nil {
			return err
		}
		return a.either(ctx, func() error {
			names, err := a.names(ctx, v.pattern)
			if err != nil {
				return err
			}
			if len(names) == 0 {
				return fail("the archive has no package of that kernel", v.pattern, "use another --kernel")
			}
			return a.unpack(ctx, dir, slices.MaxFunc(names, byNumbers))
		})
	})
	if err != nil {
		return nil, err
	}
	images, _ := filepath.Glob(filepath.Join(dir, "boot", "vmlinuz-*"))
	if len(images) == 0 {
		return nil, fail("no kernel in the lab's cache", dir, "remove that directory, and try again")
	}
	release := strings.TrimPrefix(filepath.Base(images[0]), "vmlinuz-")
	modules := filepath.Join(dir, "lib/modules", release)
	if _, err := os.Stat(modules); err != nil {
		modules = filepath.Join(dir, "usr/lib/modules", release)
	}
	return &Kernel{Release: release, Image: images[0], Modules: modules}, nil
}

// byNumbers compares names by the numbers in them: 6.1.0-9 is before 6.1.0-10.
func byNumbers(a, b string) int {
	x, y := numbers(a), numbers(b)
	return slices.Compare(x, y)
}

func numbers(s string) (list []int) {
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		n, _ := strconv.Atoi(word)
		list = append(list, n)
	}
	return list
}
