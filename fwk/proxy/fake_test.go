package proxy

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/fwk/rawcall"
	"github.com/skerry-os/skerry/ikc"
)

// fakeLWK speaks the LWK's side of the protocol over a memfd, which it has mapped on its own: what it writes
// there comes from another kernel as far as the proxy can tell.
type fakeLWK struct {
	tb   testing.TB
	fd   int
	boot *abi.Boot
	mem  []byte
	p    *Proxy

	requests, maps ikc.Ring
	send, mapAt    ikc.Cursor
	replies        []ikc.Ring
	take           []ikc.Cursor
	entries        uint64
	next           uint64 // free memory
	ended          chan ending

	mu      sync.Mutex
	answers map[uint32]chan ikc.Slot // by thread
	signals chan ikc.Slot
	done    atomic.Bool
}

const (
	fakeMemory = 64 << 20
	fakeWindow = 0x500000000000
)

var fakeSpan = span{fakeWindow, fakeWindow + 256<<20}

func memfd(tb testing.TB, size int) int {
	fd, err := unix.MemfdCreate("enclave", unix.MFD_CLOEXEC)
	if err == nil {
		err = unix.Ftruncate(fd, int64(size))
	}
	if err != nil {
		tb.Fatal(err)
	}
	return fd
}

// newFake makes an enclave of cores without a process of its own: the proxy's threads are the test's.
func newFake(tb testing.TB, cores int) *fakeLWK {
	f := newMemory(tb, cores)
	s, err := newSpace(f.fd, fakeMemory, f.boot.Free, fakeSpan)
	if err != nil {
		tb.Fatal(err)
	}
	p, err := newProxy(Config{FD: f.fd, Boot: f.boot, Spin: 200}, s)
	if err != nil {
		tb.Fatal(err)
	}
	f.attach(p)
	f.ended = make(chan ending, 1)
	p.exit = func(how ending) { f.ended <- how }
	pidfd, err := unix.PidfdOpen(syscall.Getpid(), 0)
	if err != nil {
		tb.Fatal(err)
	}
	p.handles.pidfd = pidfd
	// The same threads as hide makes, but in the test's table of descriptors.
	p.keeper = &private{jobs: make(chan job), wake: make(chan struct{}, 1), bell: p.ringAll}
	p.files = &private{jobs: make(chan job), wake: make(chan struct{}, 1)}
	go p.keeper.serve()
	go p.files.serve()
	tb.Cleanup(func() {
		f.stop()
		unix.Close(pidfd)
		for _, w := range s.window { // the next test's again
			syscall.Syscall(syscall.SYS_MUNMAP, uintptr(w.start), uintptr(w.end-w.start)+guardSize, 0)
		}
	})
	return f
}

func newMemory(tb testing.TB, cores int) *fakeLWK {
	f := &fakeLWK{tb: tb, fd: memfd(tb, fakeMemory), answers: map[uint32]chan ikc.Slot{}, signals: make(chan ikc.Slot, 64)}
	var err error
	if f.boot, err = enclave.Layout(cores, fakeMemory, 4<<20); err != nil {
		tb.Fatal(err)
	}
	if f.mem, err = unix.Mmap(f.fd, 0, fakeMemory, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
		tb.Fatal(err)
	}
	return f
}

// attach makes the fake's views of the rings, and empties them.
func (f *fakeLWK) attach(p *Proxy) {
	f.p = p
	p.Reset()
	view := func(off uint64, n int) ikc.Ring {
		r, err := ikc.At(addressOf(f.mem, off), n)
		if err != nil {
			f.tb.Fatal(err)
		}
		return r
	}
	f.requests, f.maps = view(f.boot.Requests.Off, enclave.RequestSlots), view(f.boot.MapLog.Off, enclave.MapSlots)
	f.replies, f.take = make([]ikc.Ring, f.boot.NCores), make([]ikc.Cursor, f.boot.NCores)
	for i := range f.replies {
		f.replies[i] = view(f.boot.Replies.Off+uint64(i)*enclave.ReplySlots*64, enclave.ReplySlots)
	}
	f.next = f.boot.Free.Off
}

// start runs the proxy's threads, and one that takes the answers.
func (f *fakeLWK) start() *fakeLWK {
	if e := rawcall.Install(rawcall.Kick, 0); e != 0 {
		f.tb.Fatal(e)
	}
	go f.p.watch()
	go f.p.attendant()
	go func() {
		runtime.LockOSThread()
		f.p.serveMain()
	}()
	f.p.addProxy()
	f.receive()
	return f
}

func (f *fakeLWK) receive() {
	for i := range f.replies {
		go func() {
			var m ikc.Slot
			for !f.done.Load() {
				if !f.replies[i].Take(&f.take[i], &m) {
					runtime.Gosched()
					continue
				}
				if m.Kind == abi.MsgSignal {
					f.signals <- m
					continue
				}
				f.mu.Lock()
				ch := f.answers[m.Thread]
				f.mu.Unlock()
				if ch == nil {
					f.tb.Errorf("an answer to thread %d, which asked nothing: %+v", m.Thread, m)
					continue
				}
				ch <- m
			}
		}()
	}
}

// stop ends the proxy's threads but those that are in Linux.
func (f *fakeLWK) stop() {
	f.done.Store(true)
	f.p.ending.Store(true)
	atomic.AddUint32(&f.p.pool.bell, 1)
	rawcall.FutexWake(&f.p.pool.bell, 1<<30)
	atomic.AddUint32(&f.p.attention, 1)
	rawcall.FutexWake(&f.p.attention, 1<<30)
}

func (f *fakeLWK) put(m ikc.Slot) {
	for {
		s, pos, ok := f.requests.Claim(&f.send)
		if !ok {
			runtime.Gosched()
			continue
		}
		s.Kind, s.Thread, s.Aux, s.Args = m.Kind, m.Thread, m.Aux, m.Args
		f.requests.Publish(s, pos)
		return
	}
}

// ask sends a message and returns where its answer comes.
func (f *fakeLWK) ask(m ikc.Slot) chan ikc.Slot {
	ch := make(chan ikc.Slot, 1)
	f.mu.Lock()
	f.answers[m.Thread] = ch
	f.mu.Unlock()
	f.put(m)
	return ch
}

// call ships a call of a thread and waits for the message that answers it.
func (f *fakeLWK) call(thread, nr uint32, args ...uint64) ikc.Slot {
	m := ikc.Slot{Kind: abi.MsgCall, Thread: thread, Aux: nr}
	copy(m.Args[:], args)
	return <-f.ask(m)
}

// must is call for one that succeeds.
func (f *fakeLWK) must(nr uint32, args ...uint64) int64 {
	f.tb.Helper()
	m := f.call(1, nr, args...)
	if m.Kind != abi.MsgDone || int64(m.Args[0]) < 0 {
		f.tb.Fatalf("call %d(%x): kind %d, %v", nr, args, m.Kind, fmt.Sprint(int64(m.Args[0])))
	}
	return int64(m.Args[0])
}

// fails is call for one that fails with an error.
func (f *fakeLWK) fails(want syscall.Errno, nr uint32, args ...uint64) {
	f.tb.Helper()
	m := f.call(1, nr, args...)
	if m.Kind != abi.MsgDone || int64(m.Args[0]) != -int64(want) {
		f.tb.Errorf("call %d(%x): kind %d, %d, want %v", nr, args, m.Kind, int64(m.Args[0]), want)
	}
}

// log sends an entry of the map log.
func (f *fakeLWK) log(kind uint32, args ...uint64) {
	s, pos, ok := f.maps.Claim(&f.mapAt)
	if !ok {
		f.tb.Fatal("the map log is full")
	}
	s.Kind, s.Thread, s.Aux, s.Args = kind, 0, 0, [6]uint64{}
	copy(s.Args[:], args)
	f.maps.Publish(s, pos)
	f.entries++
}

// back gives n granules at va memory, and returns the fake's view of it.
func (f *fakeLWK) back(va uint64, n int) []byte {
	off := f.next
	f.next += uint64(n) * abi.Granule
	f.log(abi.MapSet, va, off, uint64(n)*abi.Granule)
	return f.mem[off:f.next]
}

func put64(b []byte, v ...uint64) {
	for i, x := range v {
		binary.LittleEndian.PutUint64(b[8*i:], x)
	}
}
