package signal

import (
	"encoding/binary"
	"testing"
)

// FuzzReturn: whatever a program leaves on its stack, Return refuses it whole or gives a context
// that is safe to run.
func FuzzReturn(f *testing.F) {
	setup(f, testFPSize)
	seed := newMemory(0x10000, 0x2000)
	ctx, st, info := filled(), &State{}, Fault(sigSEGV, 1, 8)
	ctx.RSP = 0x11000
	if e := Push(newCore(testFPSize), seed, &ctx, st, handler(FlagSiginfo, 0), &info, new(Scratch)); e != 0 {
		f.Fatal(e)
	}
	good := seed.b[ctx.RSP-0x10000:]
	f.Add(good[:0x11000-ctx.RSP], uint16(ctx.RSP-0x10000), false)
	f.Add(make([]byte, frameSize), uint16(64), true)
	s := new(Scratch)
	f.Fuzz(func(t *testing.T, data []byte, off uint16, here bool) {
		user, core, st := newMemory(0x10000, 0x2000), newCore(testFPSize), &State{Mask: Of(5)}
		at := int(off) % 0x2000
		copy(user.b[at:], data)
		frame := uint64(0x10000 + at)
		if here { // let the frame name floating-point state that is there
			user.Store64(uintptr(frame)+offFPState, (frame+fpAbove)&^63)
		}
		ctx := filled()
		ctx.RSP = frame + 8
		was := ctx
		e := Return(core, user, &ctx, st, s)
		if e != 0 {
			if ctx != was || st.Mask != Of(5) || st.Alt != (AltStack{}) {
				t.Fatalf("refused (%v) and changed something", e)
			}
			return
		}
		if ctx.RIP >= userEnd {
			t.Fatalf("RIP %#x", ctx.RIP)
		}
		if ctx.RFLAGS&flagsAlways != flagsAlways || ctx.RFLAGS&^0x40ed7 != 0 {
			t.Fatalf("RFLAGS %#x", ctx.RFLAGS)
		}
		if st.Mask&unmasked != 0 {
			t.Fatalf("mask %#x", st.Mask)
		}
		if ctx.FSBase != was.FSBase || ctx.Ext != was.Ext {
			t.Fatal("changed what no frame holds")
		}
		if m := binary.LittleEndian.Uint32(core.fp[24:]); m>>16 != 0 {
			t.Fatalf("MXCSR %#x", m)
		}
		if st.Alt.Size != 0 && st.Alt.Size < MinStack {
			t.Fatalf("alternate stack %+v", st.Alt)
		}
	})
}
