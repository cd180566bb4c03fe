package observe

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/enclave"
	"github.com/skerry-os/skerry/lwk/record"
	"github.com/skerry-os/skerry/lwk/sched"
)

// Recording is what an enclave writes for a trace, into a file in memory that both map.
type Recording struct {
	path  string
	mem   []byte
	head  record.Recording
	clock record.Clock
}

// NewRecording makes the file, for an enclave of some cores, with size bytes for each. All of it is
// allocated here, so that an enclave never meets a full file system. Close removes it.
func NewRecording(cores int, size uint64) (*Recording, error) {
	dir, err := enclave.MakeDir()
	if err != nil {
		return nil, err
	}
	const proxies = 8 // that execute calls; more are dropped and counted
	size = max(size, 64<<10) &^ 4095
	r := &Recording{head: record.Recording{Cores: uint32(cores), Proxies: proxies, CoreBytes: size, ProxyBytes: size / 4 &^ 4095}}
	r.path = filepath.Join(dir, strconv.Itoa(os.Getpid())+"-"+strconv.FormatInt(monotonic(), 36)+".recording")
	fd, err := unix.Open(r.path, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot make %s: %w", r.path, err)
	}
	defer unix.Close(fd)
	if err := unix.Fallocate(fd, 0, 0, r.head.Size()); err != nil {
		_ = os.Remove(r.path)
		return nil, fmt.Errorf("no room for %s in %s: %w; give a smaller --buffer", record.Size(uint64(r.head.Size())), dir, err)
	}
	if r.mem, err = record.NewRecording(fd, r.head); err != nil {
		_ = os.Remove(r.path)
		return nil, fmt.Errorf("cannot map %s: %w", r.path, err)
	}
	r.clock = record.StartClock(monotonic)
	return r, nil
}

// Path is the file's.
func (r *Recording) Path() string { return r.path }

// Close removes the file; an enclave that still writes to it does so to nobody.
func (r *Recording) Close() {
	_ = os.Remove(r.path) // at worst it stays
	_ = unix.Munmap(r.mem)
}

// Attach switches recording on in a running enclave, and returns what switches it off.
func (r *Recording) Attach(e *enclave.Entry) (stop func(), err error) {
	b, err := enclave.Open(e.Path())
	if err != nil {
		return nil, err
	}
	s := b.Switches()
	if e.Platform != "process" {
		b.Close()
		return nil, fmt.Errorf("%s runs on the %s platform, which does not record", e.Name, e.Platform)
	}
	if len(r.path) >= len(s.Path) {
		b.Close()
		return nil, fmt.Errorf("%s: the path is too long", r.path)
	}
	if was := atomic.LoadUint32(&s.Trace); was != 0 {
		// Somebody else's, perhaps of a process that was killed: the newest wins.
		switchTo(b, 0)
		settle(b, 0)
	}
	clear(s.Path[:])
	copy(s.Path[:len(s.Path)-1], r.path)
	serial := uint32(monotonic()>>20) | 1
	r.clock = record.StartClock(monotonic)
	switchTo(b, serial)
	settle(b, uint32(len(b.TIDs())))
	return func() {
		r.clock.Stop(monotonic)
		if atomic.LoadUint32(&s.Trace) == serial {
			switchTo(b, 0)
			settle(b, 0)
		}
		b.Close()
	}, nil
}

// switchTo sets what is wanted and gets every core to look.
func switchTo(b *enclave.Board, serial uint32) {
	atomic.StoreUint32(&b.Switches().Trace, serial)
	const kick = 16 // the process platform's sigKick
	for i := range b.TIDs() {
		if tid := atomic.LoadUint32(&b.TIDs()[i]); tid != 0 {
			_ = unix.Tgkill(b.Entry().PID, int(tid), kick) // one that is gone has nothing to record
		}
	}
}

// settle waits until so many cores record, for a short time: one that Linux does not run at present
// comes later.
func settle(b *enclave.Board, cores uint32) {
	for range 100 {
		if atomic.LoadUint32(&b.Switches().On) == cores {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// Detach switches a recording off that the enclave made from its start.
func (r *Recording) Detach(e *enclave.Entry) {
	b, err := enclave.Open(e.Path())
	if err != nil {
		return // it has ended
	}
	switchTo(b, 0)
	settle(b, 0)
	b.Close()
}

// Stop reads the clocks at the end, for a recording that an enclave made from its start.
func (r *Recording) Stop() { r.clock.Stop(monotonic) }

// Trace is what was recorded.
func (r *Recording) Trace(e *enclave.Entry) *record.Trace {
	t := &record.Trace{Program: filepath.Base(e.Program), PID: uint32(e.PID), Clock: r.clock,
		State: sched.StateName}
	for i := range int(r.head.Cores) {
		ring := r.head.Core(r.mem, i)
		if ring == nil {
			continue
		}
		name := "core " + strconv.Itoa(i)
		if i < len(e.CPUs) {
			name += " (CPU " + strconv.Itoa(e.CPUs[i]) + ")"
		}
		t.Cores = append(t.Cores, record.Track{Name: name, Index: i, Ring: ring})
	}
	for i := range int(r.head.Proxies) {
		if ring := r.head.Proxy(r.mem, i); ring != nil {
			t.Proxies = append(t.Proxies, record.Track{Name: "proxy " + strconv.Itoa(int(ring.Index)), Index: int(ring.Index), Ring: ring})
		}
	}
	return t
}
