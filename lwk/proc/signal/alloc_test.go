package signal

import "testing"

func TestNothingAllocates(t *testing.T) {
	setup(t, testFPSize)
	user, core, s := newMemory(0x1000, 0x8000), newCore(testFPSize), new(Scratch)
	st, sh, a := &State{}, &Shared{}, &Actions{}
	a.Set(10, handler(FlagSiginfo|FlagOnStack, Of(12)))
	a.Set(40, handler(FlagSiginfo, 0))
	ctx := filled()
	ctx.RSP = 0x8000
	n := testing.AllocsPerRun(100, func() {
		i, r := Kill(10, 1, 2), Queued(40, 1, 2, 3)
		if added, _ := SendThread(a, st, &i); !added {
			t.Fatal("not sent")
		}
		if added, _ := SendProcess(a, sh, st, &r); !added {
			t.Fatal("not sent")
		}
		for range 2 {
			if !HasPending(st, sh) {
				t.Fatal("nothing pending")
			}
			got, _ := Next(st, sh, st.Mask)
			act, d := a.Take(int(got.Signo))
			if d != Handle || Push(core, user, &ctx, st, &act, &got, s) != 0 {
				t.Fatal("no frame")
			}
			ctx.RSP += 8
			if Return(core, user, &ctx, st, s) != 0 {
				t.Fatal("no return")
			}
		}
		Force(a, st, &i, false)
		st.Release()
		Sigaltstack(st, user, &ctx, 0, 0x1000)
		Sigprocmask(st, user, howBlock, 0x1100, 0x1100, 8)
		Sigpending(st, sh, user, 0x1100, 8)
		Sigpending(st, sh, user, 0x1100, 5)
		Sigaction(a, user, 11, 0x1200, 0x1300, 8)
		i.CopyOut(user, 0x1400)
		CopyIn(user, 0x1400, 10)
	})
	if n != 0 {
		t.Errorf("%v allocations a round", n)
	}
}

func BenchmarkHasPending(b *testing.B) {
	st, sh := &State{}, &Shared{}
	for b.Loop() {
		if HasPending(st, sh) {
			b.Fatal("pending")
		}
	}
}

func BenchmarkPushReturn(b *testing.B) {
	setup(b, testFPSize)
	user, core, s, st := newMemory(0x10000, 0xa000), newCore(testFPSize), new(Scratch), &State{}
	ctx, info, act := filled(), Kill(10, 1, 2), handler(FlagSiginfo, 0)
	for b.Loop() {
		if Push(core, user, &ctx, st, act, &info, s) != 0 {
			b.Fatal("push")
		}
		ctx.RSP += 8
		if Return(core, user, &ctx, st, s) != 0 {
			b.Fatal("return")
		}
	}
}
