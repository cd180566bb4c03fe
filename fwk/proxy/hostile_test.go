package proxy

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/abi/triage"
	"github.com/skerry-os/skerry/ikc"
)

// safe reports why args, as they would reach Linux, could touch what is not the enclave's; "" if they
// cannot. It knows of the guard only where its buffer is, and judges by the prototypes.
func safe(p *Proxy, g *guard, nr uint32, args *[6]uint64) string {
	c := triage.Lookup(int(nr))
	within := func(at, n uint64) bool {
		if at == 0 || n == 0 {
			return true
		}
		mem := uint64(p.space.at(0))
		if at >= mem && at < mem+p.space.size {
			return n <= mem+p.space.size+guardSize-at
		}
		if own := address(g.buf); at >= own && at < own+uint64(len(g.buf)) {
			return n <= own+uint64(len(g.buf))-at
		}
		for _, w := range p.space.window {
			if at >= w.start && at < w.end {
				return n <= w.end+guardSize-at
			}
		}
		return false
	}
	copied := func(at uint64, n int) []byte {
		own := address(g.buf)
		if at < own || at-own > uint64(len(g.buf)-n) {
			return nil
		}
		return g.buf[at-own:][:n]
	}
	vector := func(at, n uint64) string {
		if n == 0 || at == 0 {
			return ""
		}
		if n > mostIov {
			return "a long vector"
		}
		b := copied(at, int(n)*16)
		if b == nil {
			return "a vector that is no copy"
		}
		for ; len(b) > 0; b = b[16:] {
			if !within(binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])) {
				return "a buffer of a vector"
			}
		}
		return ""
	}
	for i := len(c.Args); i < 6; i++ {
		if args[i] != 0 {
			return "more arguments than the call has"
		}
	}
	for i := range c.Args {
		a, ok := c.Resolve(i, args)
		if !ok {
			return "an argument that nothing describes"
		}
		if !a.Kind.Pointer() || args[i] == 0 {
			continue
		}
		switch a.Kind {
		case triage.IovecIn, triage.IovecOut, triage.IovecInOut:
			if s := vector(args[i], args[a.Len]); s != "" {
				return s
			}
		case triage.MsgHdrIn, triage.MsgHdrOut, triage.MMsgHdrIn, triage.MMsgHdrOut:
			n, size := 1, 56
			if a.Len >= 0 {
				n, size = int(uint32(args[a.Len])), 64
			}
			for j := range n {
				b := copied(args[i]+uint64(j*size), size)
				if b == nil {
					return "a message that is no copy"
				}
				word := func(at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }
				if s := vector(word(16), word(24)); s != "" {
					return s
				}
				if !within(word(0), min(128, word(8)&0xffffffff)) || word(32) != 0 && !within(word(32), word(40)) {
					return "a part of a message"
				}
			}
		default:
			n, ok := c.ExtentOf(&a, args)
			if !ok {
				n = uint64(a.Size) // and less than a guard
			}
			if a.Kind == triage.SockaddrOut || a.Kind == triage.BufOutPtr {
				n = guardSize / 2
			}
			if a.Kind.Nested() && copied(args[i], 16) == nil {
				return "a structure with addresses that is no copy"
			}
			if !within(args[i], n) {
				return "argument " + c.Args[i].Name
			}
		}
	}
	return ""
}

// guardFor makes a guard for an enclave without threads.
func guardFor(tb testing.TB) (*fakeLWK, *guard) {
	f := newFake(tb, 1)
	g := &guard{}
	g.init(f.p)
	return f, g
}

// FuzzArguments: whatever the arguments are, and whatever is in memory, what would reach Linux is the
// enclave's, or the call is not made.
func FuzzArguments(f *testing.F) {
	f.Add(uint16(unix.SYS_WRITEV), uint64(1), uint64(base), uint64(2), uint64(0), uint64(0), uint64(0), true, make([]byte, 64))
	f.Add(uint16(unix.SYS_RECVMSG), uint64(1), uint64(base), uint64(0), uint64(0), uint64(0), uint64(0), true, make([]byte, 128))
	f.Add(uint16(unix.SYS_RECVMMSG), uint64(1), uint64(base), uint64(5), uint64(0), uint64(base+8), uint64(0), false, make([]byte, 256))
	f.Add(uint16(unix.SYS_IOCTL), uint64(1), uint64(0x8912), uint64(base), uint64(0), uint64(0), uint64(0), true, make([]byte, 16))
	f.Add(uint16(unix.SYS_MOUNT), uint64(base), uint64(base), uint64(base), uint64(0), uint64(base+1), uint64(0), true, []byte("tmpfs\x00"))
	f.Add(uint16(unix.SYS_OPENAT), ^uint64(99), uint64(abi.LinearBase+fakeMemory-1), uint64(0), uint64(0), uint64(0), uint64(0), true, []byte("/x"))
	f.Add(uint16(unix.SYS_READ), uint64(0), uint64(base+fakeMemory), ^uint64(0), uint64(0), uint64(0), uint64(0), false, []byte{})
	for _, c := range triage.All() {
		f.Add(c.Nr, uint64(base), uint64(base), uint64(base), uint64(base), uint64(base), uint64(base), true, make([]byte, 32))
		f.Add(c.Nr, uint64(1), uint64(abi.LinearBase), uint64(16), uint64(abi.LinearBase), uint64(16), uint64(1), false, []byte{1, 2, 3})
	}
	l, g := guardFor(f)
	mem := l.back(base, 1)
	l.p.applyLog()
	f.Fuzz(func(t *testing.T, nr uint16, a0, a1, a2, a3, a4, a5 uint64, again bool, data []byte) {
		clear(mem[:8192])
		copy(mem, data)
		args := [6]uint64{a0, a1, a2, a3, a4, a5}
		v := g.admit(uint32(nr)%512, &args, false, again)
		switch v.what {
		case makeIt, makeFirst, makeEvery:
			if why := safe(l.p, g, uint32(nr)%512, &args); why != "" {
				t.Errorf("call %d %x became %x: %s", nr%512, [6]uint64{a0, a1, a2, a3, a4, a5}, args, why)
			}
			g.copyBack(int64(a5 % 100))
		case populate:
			if again || !l.p.space.window.holds(v.at, 1) || v.n == 0 {
				t.Errorf("call %d: asks for %d bytes at %#x", nr%512, v.n, v.at)
			}
		}
	})
}

// FuzzMapLog: entries change nothing but the window, and only with free memory of the enclave's.
func FuzzMapLog(f *testing.F) {
	f.Add(uint32(abi.MapSet), uint64(base), uint64(48<<20), uint64(abi.Granule))
	f.Add(uint32(abi.MapUnset), uint64(base), uint64(0), uint64(4*abi.Granule))
	f.Add(uint32(abi.MapSet), uint64(base), uint64(48<<20), ^uint64(abi.Granule-1))
	f.Add(uint32(abi.MapSet), uint64(fakeSpan.end-abi.Granule), uint64(48<<20), uint64(2*abi.Granule))
	l, _ := guardFor(f)
	s := l.p.space
	before, err := mappings()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, kind uint32, va, off, n uint64) {
		m := ikc.Slot{Kind: kind, Args: [6]uint64{va, off, n}}
		err := s.apply(&m)
		if err != nil {
			return
		}
		if !s.window.holds(va, n) || kind == abi.MapSet && (off < l.boot.Free.Off || off+n > fakeMemory) {
			t.Errorf("%d %x %x %x is accepted", kind, va, off, n)
		}
		after, err := mappings()
		if err != nil {
			t.Fatal(err)
		}
		// Outside the window all that was is still there.
		for _, b := range before {
			if b.start >= fakeSpan.start && b.end <= fakeSpan.end {
				continue
			}
			found := false
			for _, a := range after {
				found = found || a.start <= b.start && a.end >= b.end || a.start <= b.start && a.end > b.start
			}
			if !found {
				t.Errorf("%d %x %x %x: what was at %x-%x is gone", kind, va, off, n, b.start, b.end)
			}
		}
	})
}

// FuzzSlots: messages of all kinds, and garbage where the ring's own words are, on a proxy whose calls are
// pretended. Nothing hangs or crashes: the program ends, or the proxy goes on; and what it pretends to
// call is safe.
func FuzzSlots(f *testing.F) {
	f.Add([]byte{1, 0, 0, 0, 1, 0, 0, 0})
	f.Add([]byte{8, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255})
	f.Add(bytes.Repeat([]byte{9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, 4))
	l := newFake(f, 1)
	p := l.p
	w := p.newWorker()
	p.exit, p.halt = func(ending) {}, func(int) {}
	p.everywhere = func(uint32, *[6]uint64) int64 { return 0 }
	p.patience.parking, p.patience.answers = 0, 0
	l.back(base, 1)
	f.Fuzz(func(t *testing.T, data []byte) {
		p.make = func(_ *uint32, nr uintptr, args *[6]uint64) int64 {
			if why := safe(p, &w.guard, uint32(nr), args); why != "" {
				t.Errorf("call %d %x: %s", nr, *args, why)
			}
			return int64(args[0] % 8)
		}
		slots := l.mem[l.boot.Requests.Off:][:enclave.RequestSlots*64]
		for i := 0; i < len(data); i += 60 {
			var b [64]byte
			copy(b[:], data[i:])
			s, pos, ok := l.requests.Claim(&l.send)
			if !ok {
				break
			}
			s.Kind, s.Thread = binary.LittleEndian.Uint32(b[:]), binary.LittleEndian.Uint32(b[4:])
			s.Aux = binary.LittleEndian.Uint32(b[8:])
			for k := range s.Args {
				s.Args[k] = binary.LittleEndian.Uint64(b[12+8*k:])
			}
			l.requests.Publish(s, pos)
		}
		if len(data) > 600 {
			copy(slots[len(data)%1024*64:], data)
		}
		var m ikc.Slot
		for range 2 * enclave.RequestSlots {
			if !p.requests.Take(&p.takeAt, &m) {
				break
			}
			p.ending.Store(false)
			w.message(&m)
			for len(p.main) > 0 {
				m = <-p.main
				w.call(&m, true)
			}
			var a ikc.Slot
			for l.replies[0].Take(&l.take[0], &a) {
			}
		}
		// The rings are as new for the next.
		p.Reset()
		p.takeAt.Reset()
		p.maps.takeAt.Reset()
		l.send.Reset()
		l.mapAt.Reset()
		l.take[0].Reset()
		p.replies[0].send.Reset()
	})
}

// TestHostileWriter changes arrays of addresses and messages while they are checked and used: what is the
// proxy's own keeps its content.
func TestHostileWriter(t *testing.T) {
	f := newFake(t, 2).start()
	b := f.back(base, 2)
	own, err := unix.Mmap(-1, 0, 1<<16, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	for i := range own {
		own[i] = 0xa5
	}
	target := uint64(addressOf(own, 0))
	zero, err := syscall.Open("/dev/zero", syscall.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(zero)
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { // the other kernel
		r := rand.New(rand.NewPCG(1, 2))
		for {
			select {
			case <-stop:
				return
			default:
			}
			for range 64 {
				at := r.IntN(16)
				v := []uint64{target, base + 65536, 64, 1 << 40, base + 4096}[r.IntN(5)]
				put64(b[4096+8*at:], v)
				put64(b[8192+8*r.IntN(7):], v)
			}
			put64(b[4096:], base+65536, 64, base+65600, 64)
			put64(b[8192:], base+65536, 16, base+4096, 2, base+70000, 64, 0)
		}
	})
	wrote := 0
	for i := range 3000 {
		nr, args := uint32(unix.SYS_READV), []uint64{uint64(zero), base + 4096, 4}
		switch i % 4 {
		case 1:
			syscall.Write(pair[0], own[:64])
			nr, args = unix.SYS_RECVMSG, []uint64{uint64(pair[1]), base + 8192, unix.MSG_DONTWAIT}
		case 2:
			nr, args = unix.SYS_WRITEV, []uint64{uint64(pair[0]), base + 4096, 2}
		case 3:
			var drain [65536]byte
			syscall.Read(pair[1], drain[:])
			nr, args = unix.SYS_RECVMMSG, []uint64{uint64(pair[1]), base + 8192, 1, unix.MSG_DONTWAIT, 0}
		}
		m := f.call(1, nr, args...)
		if m.Kind == abi.MsgDone && int64(m.Args[0]) > 0 {
			wrote++
		}
	}
	close(stop)
	wg.Wait()
	for i, c := range own {
		if c != 0xa5 {
			t.Fatalf("byte %d of the proxy's own memory is %#x", i, c)
		}
	}
	if wrote == 0 {
		t.Error("no call was made at all")
	}
	t.Logf("%d calls moved data", wrote)
}
