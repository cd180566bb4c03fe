package node

import (
	"errors"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/apic"
	"github.com/skerry-os/skerry/fwk/procfs"
)

// System is what a node does to Linux. Paths are absolute, of /proc, /sys and /dev.
type System interface {
	// Read returns a small file without the last line's end.
	Read(path string) (string, error)
	// Write writes text to a file that exists, in one write.
	Write(path, text string) error
	// Mount mounts a hugetlbfs with pages of 2 MiB on dir, of size bytes, all of which Linux keeps for it.
	Mount(dir string, size uint64) error
	// Unmount takes the last mount on dir away.
	Unmount(dir string) error
	// Mounted reports whether a hugetlbfs is mounted on dir.
	Mounted(dir string) (bool, error)
	// UID is the effective user.
	UID() int
	// Load loads a kernel module, unless it is there.
	Load(module string) error
	// Controllers tells the mode of the interrupt controllers and whether they, and the low memory
	// that a processor starts in, can be reached.
	Controllers() (mode string, err error)
	// Allocate makes a file of huge pages of that size, all of them there.
	Allocate(path string, size uint64) error
	// Settle is called before a step is tried again.
	Settle()
}

// Linux is the System of this machine.
type Linux struct{}

func (Linux) Read(path string) (string, error) {
	return procfs.Read(path)
}

func (Linux) Write(path, text string) error {
	return procfs.Write(path, text)
}

func (Linux) Mount(dir string, size uint64) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return unix.Mount("skerry", dir, "hugetlbfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC,
		"mode=0700,pagesize=2M,size="+itoa(size)+",min_size="+itoa(size))
}

func (Linux) Unmount(dir string) error { return unix.Unmount(dir, 0) }

func (l Linux) Mounted(dir string) (bool, error) {
	text, err := l.Read("/proc/self/mounts")
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) > 2 && f[1] == dir && f[2] == "hugetlbfs" {
			return true, nil
		}
	}
	return false, err
}

func (Linux) Allocate(path string, size uint64) error {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for {
		err := unix.Fallocate(fd, 0, 0, int64(size))
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			_ = unix.Unlink(path)
		}
		return err
	}
}

func (Linux) UID() int { return os.Geteuid() }

func (Linux) Load(module string) error {
	if module == "msr" {
		if _, err := os.Stat("/dev/cpu/0/msr"); err == nil {
			return nil
		}
	}
	args := []string{module}
	if module == "msr" {
		args = append(args, "allow_writes=on") // else Linux logs the first write of each program
	}
	for _, path := range []string{"/sbin/modprobe", "/usr/sbin/modprobe", "modprobe"} {
		if full, err := exec.LookPath(path); err == nil {
			if out, err := exec.Command(full, args...).CombinedOutput(); err != nil {
				return errors.New(strings.TrimSpace(string(out)))
			}
			return nil
		}
	}
	return errors.New("there is no modprobe")
}

func (Linux) Controllers() (string, error) {
	bus, err := apic.Open()
	if err != nil {
		return "", err
	}
	defer bus.Close()
	low, err := apic.MapLow(Trampolines, 4096)
	if err != nil {
		return "", err
	}
	low.Close()
	return bus.Mode(), nil
}

func (Linux) Settle() {
	// Not a timer of Go's: see the rules of package launch.
	left := unix.NsecToTimespec(50e6)
	for unix.Nanosleep(&left, &left) == unix.EINTR {
	}
}

// Trampolines is the physical address from which cores start, 4 pages for each slot. Below 64 KiB some
// firmware writes, and Linux's own start-up code is near the end of the memory below 640 KiB.
const (
	Trampolines    = 0x20000
	TrampolineSlot = 0x4000
	Slots          = 16
)
