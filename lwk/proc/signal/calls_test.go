package signal

import (
	"bytes"
	"syscall"
	"testing"

	"github.com/skerry-os/skerry/lwk/hal"
)

const newAt, oldAt, nowhere = 0x1000, 0x1100, 0x9000

func put(t *testing.T, m *memory, at uintptr, words ...uint64) {
	t.Helper()
	for i, w := range words {
		if e := m.Store64(at+uintptr(8*i), w); e != 0 {
			t.Fatal(e)
		}
	}
}

func want(t *testing.T, what string, m *memory, at uintptr, words ...uint64) {
	t.Helper()
	for i, w := range words {
		if v, e := m.Load64(at + uintptr(8*i)); e != 0 || v != w {
			t.Errorf("%s: word %d is %#x (%v), want %#x", what, i, v, e, w)
		}
	}
}

func TestSigaltstack(t *testing.T) {
	m, st := newMemory(0x1000, 0x200), &State{}
	for _, c := range []struct {
		name             string
		sp               uint64
		base, flags, len uint64
		e                hal.Errno
		old              [3]uint64
	}{
		{"first", 0x100, 0x5000, 0, 8192, 0, [3]uint64{0, 2, 0}},
		{"small", 0x100, 0x5000, 0, MinStack - 1, syscall.ENOMEM, [3]uint64{}},
		{"smallest", 0x100, 0x5000, 1, MinStack, 0, [3]uint64{0x5000, 0, 8192}},
		{"flags", 0x100, 0x5000, 4, 8192, syscall.EINVAL, [3]uint64{}},
		{"on it", 0x5001, 0x6000, 0, 8192, syscall.EPERM, [3]uint64{}},
		{"on its last byte", 0x5000 + MinStack, 0x6000, 0, 8192, syscall.EPERM, [3]uint64{}},
		{"below it", 0x5000, 0x6000, 1 << 31, 4096, 0, [3]uint64{0x5000, 0, MinStack}},
		{"on one that disarms", 0x6100, 0x6000, 1<<31 | 1, 8192, 0, [3]uint64{0x6000, 1 << 31, 4096}},
		{"disable", 0x100, 0x7777, 2, 1, 0, [3]uint64{0x6000, 1 << 31, 8192}},
		{"disabled", 0x100, 0, 2, 0, 0, [3]uint64{0, 2, 0}},
	} {
		put(t, m, newAt, c.base, c.flags, c.len)
		was := st.Alt
		e := Sigaltstack(st, m, &hal.Context{RSP: c.sp}, newAt, oldAt)
		if e != c.e || e != 0 && st.Alt != was {
			t.Errorf("%s: %v, want %v; %+v", c.name, e, c.e, st.Alt)
		}
		if e == 0 {
			want(t, c.name, m, oldAt, c.old[:]...)
		}
	}
	st.Alt = AltStack{Base: 0x5000, Size: 4096}
	if e := Sigaltstack(st, m, &hal.Context{RSP: 0x5800}, 0, oldAt); e != 0 {
		t.Error(e)
	}
	want(t, "asked on it", m, oldAt, 0x5000, 1, 4096)
	if e := Sigaltstack(st, m, &hal.Context{}, nowhere, 0); e != syscall.EFAULT {
		t.Error(e)
	}
	if e := Sigaltstack(st, m, &hal.Context{}, 0, nowhere); e != syscall.EFAULT {
		t.Error(e)
	}
}

func TestSigprocmask(t *testing.T) {
	m, st := newMemory(0x1000, 0x200), &State{Mask: Of(1) | Of(2)}
	for _, c := range []struct {
		name     string
		how      int
		new, old uintptr
		size     uint64
		e        hal.Errno
		mask     Set
	}{
		{"size", howBlock, newAt, 0, 4, syscall.EINVAL, Of(1) | Of(2)},
		{"ask, how ignored", 99, 0, oldAt, 8, 0, Of(1) | Of(2)},
		{"how", 3, newAt, oldAt, 8, syscall.EINVAL, Of(1) | Of(2)},
		{"bad new", howSet, nowhere, oldAt, 8, syscall.EFAULT, Of(1) | Of(2)},
		{"block", howBlock, newAt, oldAt, 8, 0, Of(1) | Of(2) | Of(3)},
		{"unblock", howUnblock, newAt, oldAt, 8, 0, Of(1)},
		{"set, bad old", howSet, newAt, nowhere, 8, syscall.EFAULT, Of(2) | Of(3)},
	} {
		put(t, m, newAt, uint64(Of(2)|Of(3)|Of(sigKILL)|Of(sigSTOP)))
		was := st.Mask
		if e := Sigprocmask(st, m, c.how, c.new, c.old, c.size); e != c.e || st.Mask != c.mask {
			t.Errorf("%s: %v, mask %#x, want %v, %#x", c.name, e, st.Mask, c.e, c.mask)
		} else if e == 0 && c.old != 0 {
			want(t, c.name, m, c.old, uint64(was))
		}
	}
}

func TestSigpending(t *testing.T) {
	setup(t, testFPSize)
	m, st, sh := newMemory(0x1000, 0x200), &State{Mask: Of(10) | Of(40) | Of(3)}, &Shared{}
	for _, sig := range []int{10, 12} {
		i := Kill(sig, 1, 1)
		Send(&st.Private, &i)
		i = Kill(sig+30, 1, 1)
		Send(&sh.Queue, &i)
	}
	if e := Sigpending(st, sh, m, oldAt, 8); e != 0 {
		t.Error(e)
	}
	want(t, "pending", m, oldAt, uint64(Of(10)|Of(40)))
	put(t, m, oldAt, ^uint64(0))
	if e := Sigpending(st, sh, m, oldAt, 3); e != 0 {
		t.Error(e)
	}
	want(t, "three bytes", m, oldAt, 0xffff_ffff_ff00_0000|uint64(Of(10)))
	if e := Sigpending(st, sh, m, oldAt, 9); e != syscall.EINVAL {
		t.Error(e)
	}
	if e := Sigpending(st, sh, m, nowhere, 8); e != syscall.EFAULT {
		t.Error(e)
	}
}

func TestSigaction(t *testing.T) {
	m := newMemory(0x1000, 0x200)
	var a Actions
	put(t, m, newAt, handlerAt, FlagRestorer, restorerAt, uint64(Of(5)|Of(sigKILL)))
	if flush, e := Sigaction(&a, m, 10, newAt, oldAt, 8); flush != 0 || e != 0 {
		t.Errorf("%#x %v", flush, e)
	}
	want(t, "old", m, oldAt, 0, 0, 0, 0)
	if _, e := Sigaction(&a, m, 10, 0, oldAt, 8); e != 0 {
		t.Error(e)
	}
	want(t, "set", m, oldAt, handlerAt, FlagRestorer, restorerAt, uint64(Of(5)))
	put(t, m, newAt, HandlerIgnore)
	if flush, e := Sigaction(&a, m, 10, newAt, nowhere, 8); flush != Of(10) || e != syscall.EFAULT {
		t.Errorf("ignoring: %#x %v", flush, e)
	}
	put(t, m, newAt, HandlerDefault)
	if flush, e := Sigaction(&a, m, sigCHLD, newAt, 0, 8); flush != Of(sigCHLD) || e != 0 {
		t.Errorf("ignored by default: %#x %v", flush, e)
	}
	if _, e := Sigaction(&a, m, 10, newAt, 0, 16); e != syscall.EINVAL {
		t.Error(e)
	}
	if _, e := Sigaction(&a, m, sigSTOP, newAt, 0, 8); e != syscall.EINVAL {
		t.Error(e)
	}
	if _, e := Sigaction(&a, m, sigSTOP, nowhere, 0, 8); e != syscall.EFAULT {
		t.Error(e)
	}
}

func TestInfo(t *testing.T) {
	m := newMemory(0x1000, 0x200)
	for _, i := range []Info{
		Kill(10, -3, 7), Tgkill(64, 5, 1<<31), Queued(34, 1, 2, 1<<63|5), Fault(sigBUS, 2, 0x7fff_0000_1234),
		Child(1, 77, 1000, -11, 5, 6), Timer(40, 3, 9, 0xabc), Kernel(sigSEGV),
	} {
		if got := FromSlot(i.Slot()); got != i {
			t.Errorf("slot: %+v, want %+v", got, i)
		}
		clear(m.b)
		m.b[oldAt-0x1000+100] = 1
		if e := i.CopyOut(m, oldAt); e != 0 {
			t.Error(e)
		}
		var enc [InfoSize]byte
		enc[99] = 1
		i.Encode(&enc)
		if !bytes.Equal(enc[:], m.b[0x100:0x180]) {
			t.Errorf("CopyOut and Encode differ for %+v", i)
		}
		if got, e := CopyIn(m, oldAt, int(i.Signo)); e != 0 || got != i {
			t.Errorf("copied in: %+v %v, want %+v", got, e, i)
		}
	}
	odd := Info{Signo: 40, Code: -100}
	if e := odd.CopyOut(m, oldAt); e != 0 {
		t.Error(e)
	}
	if _, e := CopyIn(m, oldAt, 40); e != 0 {
		t.Errorf("code -100: %v", e)
	}
	put(t, m, oldAt+120, 1<<60)
	if _, e := CopyIn(m, oldAt, 40); e != syscall.E2BIG {
		t.Errorf("code -100 with more data: %v", e)
	}
	if _, e := CopyIn(m, nowhere, 40); e != syscall.EFAULT {
		t.Error(e)
	}
	if e := odd.CopyOut(m, nowhere); e != syscall.EFAULT {
		t.Error(e)
	}
}
