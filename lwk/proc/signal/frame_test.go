package signal

import (
	"bytes"
	"encoding/binary"
	"math/rand"
	"slices"
	"syscall"
	"testing"

	"github.com/skerry-os/skerry/lwk/hal"
)

const handlerAt, restorerAt = 0x402000, 0x403000

func handler(flags uint64, mask Set) *Action {
	return &Action{Handler: handlerAt, Flags: flags | FlagRestorer, Restorer: restorerAt, Mask: mask}
}

func TestRoundTrip(t *testing.T) {
	for _, size := range []int{minFPSize, testFPSize, 2700, 11012} {
		setup(t, size)
		user, core, st := newMemory(0x10000, 0xa000), newCore(size), &State{}
		st.SetMask(Of(sigCHLD).Add(40))
		st.Alt = AltStack{0x5000, 0x2000, 0}
		for i := 32; i < 416; i++ {
			core.fp[i] = byte(i)
		}
		if size > 700 {
			core.fp[minFPSize] = 7
			core.fp[700] = 77
		}
		fp := slices.Clone(core.fp)
		ctx := filled()
		was := ctx
		info := Fault(sigSEGV, 1, 0xdead000)
		s := new(Scratch)
		if e := Push(core, user, &ctx, st, handler(FlagSiginfo, Of(50)), &info, s); e != 0 {
			t.Fatalf("size %d: Push: %v", size, e)
		}
		if ctx.RIP != handlerAt || ctx.RDI != uint64(sigSEGV) || ctx.RAX != 0 || ctx.RFLAGS != 0x246 ||
			ctx.RSI != ctx.RSP+offInfo || ctx.RDX != ctx.RSP+offUC || ctx.RSP%16 != 8 {
			t.Errorf("size %d: handler's registers %+v", size, ctx)
		}
		if !bytes.Equal(core.fp, core.init) {
			t.Errorf("size %d: the handler does not start with initial floating-point state", size)
		}
		if want := Of(sigCHLD) | Of(40) | Of(50) | Of(sigSEGV); st.Mask != want {
			t.Errorf("mask in the handler %#x, want %#x", st.Mask, want)
		}
		if v, _ := user.Load64(uintptr(ctx.RSP)); v != restorerAt {
			t.Errorf("return address %#x", v)
		}
		if v, _ := user.Load64(uintptr(ctx.RSP + offRegs + 8*regRIP)); v != siteAt {
			t.Errorf("saved RIP %#x is not the program's %#x", v, siteAt)
		}
		if got, _ := CopyIn(user, uintptr(ctx.RSI), sigSEGV); got != info {
			t.Errorf("siginfo %+v, want %+v", got, info)
		}
		if p, _ := user.Load64(uintptr(ctx.RSP + offFPState)); p%64 != 0 || p+uint64(size) > was.RSP-redZone {
			t.Errorf("fpstate at %#x: unaligned or in the red zone of %#x", p, was.RSP)
		}
		if b, _ := user.at(uintptr(was.RSP-redZone), redZone); !bytes.Equal(b, make([]byte, redZone)) {
			t.Error("the red zone was written to")
		}
		st.Alt = AltStack{} // the frame brings it back
		ctx.RSP += 8        // the handler's ret
		ctx.RAX, ctx.R15, ctx.RBX = 15, 1, 2
		if e := Return(core, user, &ctx, st, s); e != 0 {
			t.Fatalf("size %d: Return: %v", size, e)
		}
		if ctx != was {
			t.Errorf("size %d: came back with\n%+v, want\n%+v", size, ctx, was)
		}
		if !bytes.Equal(core.fp, fp) {
			t.Errorf("size %d: floating-point state differs after the return", size)
		}
		if st.Mask != Of(sigCHLD).Add(40) || st.Alt != (AltStack{0x5000, 0x2000, 0}) {
			t.Errorf("mask %#x, alternate stack %+v after the return", st.Mask, st.Alt)
		}
	}
}

func TestPushWhere(t *testing.T) {
	setup(t, testFPSize)
	user := newMemory(0x10000, 0xa000)
	const base, size = 0x10000, 0x3000
	for _, c := range []struct {
		name   string
		rsp    uint64
		alt    AltStack
		flags  uint64
		e      hal.Errno
		lo, hi uint64
	}{
		{"stack", 0x19000, AltStack{}, 0, 0, 0x18000, 0x19000 - redZone},
		{"no SA_ONSTACK", 0x19000, AltStack{Base: base, Size: size}, 0, 0, 0x18000, 0x19000 - redZone},
		{"SA_ONSTACK without a stack", 0x19000, AltStack{}, FlagOnStack, 0, 0x18000, 0x19000 - redZone},
		{"alternate", 0x19000, AltStack{Base: base, Size: size}, FlagOnStack, 0, base, base + size},
		{"nested", base + 0x2000, AltStack{Base: base, Size: size}, FlagOnStack, 0, base, base + 0x2000 - redZone},
		{"nested, full", base + 0x400, AltStack{Base: base, Size: size}, FlagOnStack, syscall.EFAULT, 0, 0},
		{"at its end, no SA_ONSTACK", 0x14000 + 64, AltStack{Base: 0x14000, Size: size}, 0, syscall.EFAULT, 0, 0},
		{"too small", 0x19000, AltStack{Base: base + 0x2000, Size: 1024}, FlagOnStack, syscall.EFAULT, 0, 0},
		{"autodisarm, nested by hand", base + 0x2000, AltStack{base, size, stackAutoDisarm}, FlagOnStack, 0, base + 0x2000, base + size},
		{"bad stack", 0x900000, AltStack{}, 0, syscall.EFAULT, 0, 0},
		{"null stack", 0, AltStack{}, 0, syscall.EFAULT, 0, 0},
		{"wrapping stack", 600, AltStack{}, 0, syscall.EFAULT, 0, 0},
		{"kernel stack", 0xffff800000000000, AltStack{}, 0, syscall.EFAULT, 0, 0},
		{"alternate that wraps", 0x19000, AltStack{Base: 1 << 63, Size: 1 << 63}, FlagOnStack, syscall.EFAULT, 0, 0},
		{"half outside", 0x10200, AltStack{}, 0, syscall.EFAULT, 0, 0},
	} {
		ctx, st, core := filled(), &State{Alt: c.alt}, newCore(testFPSize)
		core.fp[100] = 1
		ctx.RSP = c.rsp
		was, wasMask := ctx, st.Mask
		info := Kill(10, 1, 2)
		e := Push(core, user, &ctx, st, handler(c.flags, 0), &info, new(Scratch))
		switch {
		case e != c.e:
			t.Errorf("%s: %v, want %v", c.name, e, c.e)
		case e != 0 && (ctx != was || st.Mask != wasMask || st.Alt != c.alt || core.fp[100] != 1):
			t.Errorf("%s: failed and changed something", c.name)
		case e == 0 && (ctx.RSP < c.lo || ctx.RSP+fpAbove+testFPSize > c.hi):
			t.Errorf("%s: frame at %#x, want it in %#x..%#x", c.name, ctx.RSP, c.lo, c.hi)
		case e == 0 && ctx.RSP+fpAbove+testFPSize+64 <= c.hi:
			t.Errorf("%s: frame at %#x wastes space below %#x", c.name, ctx.RSP, c.hi)
		case e == 0 && c.alt.Flags&stackAutoDisarm != 0 && st.Alt != (AltStack{Flags: stackDisable}):
			t.Errorf("%s: still armed", c.name)
		}
	}
}

func TestPushRules(t *testing.T) {
	setup(t, testFPSize)
	user, core, s := newMemory(0x10000, 0xa000), newCore(testFPSize), new(Scratch)
	info := Kill(10, 1, 2)
	ctx, st := filled(), &State{}
	if e := Push(core, user, &ctx, st, &Action{Handler: handlerAt}, &info, s); e != syscall.EFAULT {
		t.Errorf("without SA_RESTORER: %v", e)
	}
	bad := handler(0, 0)
	bad.Handler = userEnd
	if e := Push(core, user, &ctx, st, bad, &info, s); e != syscall.EFAULT {
		t.Errorf("handler at a kernel address: %v", e)
	}
	// sigsuspend: the frame has the mask from before it, the handler runs with the one during it.
	st.SetMask(Of(12))
	st.SwapMask(Of(14))
	ctx.RFLAGS = ^uint64(0)
	if e := Push(core, user, &ctx, st, handler(FlagNoDefer, Of(15)), &info, s); e != 0 {
		t.Fatal(e)
	}
	if st.Mask != Of(14)|Of(15) || st.Saved {
		t.Errorf("mask %#x, saved %v", st.Mask, st.Saved)
	}
	for _, off := range []uint64{offMask, offOldMask} {
		if v, _ := user.Load64(uintptr(ctx.RSP + off)); Set(v) != Of(12) {
			t.Errorf("mask in the frame %#x", v)
		}
	}
	// A handler runs forwards, unstepped; and no frame turns on what a program may not.
	if want := ^uint64(flagTF | flagDF | flagRF); ctx.RFLAGS != want {
		t.Errorf("RFLAGS in the handler %#x, want %#x", ctx.RFLAGS, want)
	}
	ctx.RSP += 8
	if e := Return(core, user, &ctx, st, s); e != 0 || ctx.RFLAGS != 0x40ed7 || st.Mask != Of(12) {
		t.Errorf("Return: %v, RFLAGS %#x, mask %#x", e, ctx.RFLAGS, st.Mask)
	}
}

func TestReturnRefuses(t *testing.T) {
	setup(t, testFPSize)
	base := newMemory(0x10000, 0xa000)
	core, st, s := newCore(testFPSize), &State{}, new(Scratch)
	start := filled()
	info := Kill(10, 1, 2)
	if e := Push(core, base, &start, st, handler(0, 0), &info, s); e != 0 {
		t.Fatal(e)
	}
	fp, _ := base.Load64(uintptr(start.RSP + offFPState))
	start.RSP += 8
	for _, c := range []struct {
		name string
		mod  func(put func(at, v uint64), ctx *hal.Context, frame uint64)
		e    hal.Errno
	}{
		{"good", func(func(at, v uint64), *hal.Context, uint64) {}, 0},
		{"kernel RIP", func(put func(at, v uint64), _ *hal.Context, f uint64) { put(f+offRegs+8*regRIP, userEnd) }, syscall.EFAULT},
		{"non-canonical RIP", func(put func(at, v uint64), _ *hal.Context, f uint64) { put(f+offRegs+8*regRIP, 1<<62) }, syscall.EFAULT},
		{"no frame", func(_ func(at, v uint64), c *hal.Context, _ uint64) { c.RSP = 0x4000 }, syscall.EFAULT},
		{"RSP 0", func(_ func(at, v uint64), c *hal.Context, _ uint64) { c.RSP = 0 }, syscall.EFAULT},
		{"kernel RSP", func(_ func(at, v uint64), c *hal.Context, _ uint64) { c.RSP = ^uint64(0) }, syscall.EFAULT},
		{"fpstate nowhere", func(put func(at, v uint64), _ *hal.Context, f uint64) { put(f+offFPState, 0x4000) }, syscall.EFAULT},
		{"fpstate unaligned", func(put func(at, v uint64), _ *hal.Context, f uint64) { put(f+offFPState, fp+8) }, syscall.EFAULT},
		{"fpstate kernel", func(put func(at, v uint64), _ *hal.Context, f uint64) { put(f+offFPState, 1<<63) }, syscall.EFAULT},
		{"bad MXCSR", func(put func(at, v uint64), _ *hal.Context, f uint64) { put(fp+24, 1<<31) }, syscall.EFAULT},
	} {
		user := &memory{base.base, slices.Clone(base.b)}
		ctx, st := start, &State{Mask: Of(33)}
		c.mod(func(at, v uint64) {
			if user.Store64(uintptr(at), v) != 0 {
				t.Fatal("test writes outside")
			}
		}, &ctx, start.RSP-8)
		was := ctx
		e := Return(core, user, &ctx, st, s)
		if e != c.e {
			t.Errorf("%s: %v, want %v", c.name, e, c.e)
		}
		if e != 0 && (ctx != was || st.Mask != Of(33)) {
			t.Errorf("%s: refused and changed something", c.name)
		}
	}
}

// Images that a program may have put together: none, without marks, smaller than the machine's.
func TestReturnFP(t *testing.T) {
	setup(t, testFPSize)
	user, core, st, s := newMemory(0x10000, 0xa000), newCore(testFPSize), &State{}, new(Scratch)
	rand.New(rand.NewSource(1)).Read(core.fp[32:416])
	core.fp[minFPSize], core.fp[600] = 7, 9
	xmm := slices.Clone(core.fp[:416])
	push := func() (hal.Context, []byte) {
		ctx, info := filled(), Kill(10, 1, 2)
		copy(core.fp, xmm)
		core.fp[minFPSize], core.fp[600] = 7, 9
		if e := Push(core, user, &ctx, st, handler(0, 0), &info, s); e != 0 {
			t.Fatal(e)
		}
		b, _ := user.at(uintptr(ctx.RSP+fpAbove), testFPSize)
		ctx.RSP += 8
		return ctx, b
	}
	back := func(name string, ctx hal.Context, x, y bool) {
		t.Helper()
		if e := Return(core, user, &ctx, st, s); e != 0 {
			t.Fatalf("%s: %v", name, e)
		}
		if got := bytes.Equal(core.fp[:416], xmm); got != x {
			t.Errorf("%s: low vector state is the frame's: %v, want %v", name, got, x)
		}
		if got := core.fp[600] == 9; got != y {
			t.Errorf("%s: high vector state is the frame's: %v, want %v", name, got, y)
		}
		if m := binary.LittleEndian.Uint32(core.fp[testFPSize-magicSize:]); m != magic2 {
			t.Errorf("%s: the core got an image without its end", name)
		}
	}
	ctx, _ := push()
	back("whole", ctx, true, true)
	ctx, b := push()
	binary.LittleEndian.PutUint32(b[fpMagic1:], 0)
	back("no first magic", ctx, true, false)
	ctx, b = push()
	binary.LittleEndian.PutUint32(b[testFPSize-magicSize:], 0)
	back("no second magic", ctx, true, false)
	ctx, b = push()
	binary.LittleEndian.PutUint32(b[fpXState:], 1<<30)
	back("absurd size", ctx, true, false)
	ctx, b = push()
	binary.LittleEndian.PutUint32(b[fpExtended:], headerEnd)
	back("larger than all of it", ctx, true, false)
	ctx, b = push()
	copy(user.b[0x1010:], b)
	put(t, user, uintptr(ctx.RSP-8+offFPState), uint64(user.base)+0x1010)
	if e := Return(core, user, &ctx, st, s); e != syscall.EFAULT {
		t.Errorf("an image that XRSTOR would fault on: %v", e)
	}
	ctx, b = push()
	binary.LittleEndian.PutUint32(b[fpXState:], headerEnd+64)
	binary.LittleEndian.PutUint32(b[headerEnd+64:], magic2)
	back("smaller machine's", ctx, true, true)
	ctx, b = push()
	if e := user.Store64(uintptr(ctx.RSP-8+offFPState), 0); e != 0 {
		t.Fatal(e)
	}
	back("none", ctx, false, false)
}
