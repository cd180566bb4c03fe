package signal

import (
	"syscall"
	"testing"
)

func TestActionsRules(t *testing.T) {
	var a Actions
	h := &Action{Handler: handlerAt, Flags: FlagRestorer | FlagSiginfo | 0x400 | 1<<40, Mask: ^Set(0)}
	for _, sig := range []int{0, -1, 65, sigKILL, sigSTOP} {
		if _, e := a.Set(sig, h); e != syscall.EINVAL {
			t.Errorf("signal %d: %v", sig, e)
		}
	}
	for _, sig := range []int{sigKILL, sigSTOP} {
		if old, e := a.Set(sig, nil); e != 0 || old != (Action{}) {
			t.Errorf("asking for signal %d: %+v %v", sig, old, e)
		}
	}
	if old, e := a.Set(10, h); e != 0 || old != (Action{}) {
		t.Errorf("first Set: %+v %v", old, e)
	}
	want := Action{Handler: handlerAt, Flags: FlagRestorer | FlagSiginfo, Mask: ^(Of(sigKILL) | Of(sigSTOP))}
	if old, e := a.Set(10, nil); e != 0 || old != want {
		t.Errorf("Set kept %+v, want %+v", old, want)
	}
	a.Set(12, &Action{Handler: HandlerIgnore, Flags: FlagRestart})
	a.Set(64, &Action{Handler: handlerAt, Flags: FlagResetHand})
	if act, d := a.Take(64); d != Handle || act.Handler != handlerAt {
		t.Errorf("Take: %+v %v", act, d)
	}
	if _, d := a.Take(64); d != Terminate {
		t.Errorf("SA_RESETHAND left disposition %v", d)
	}
	if _, d := a.Take(12); d != Ignore {
		t.Errorf("ignored signal has disposition %v", d)
	}
	var child Actions
	a.CopyTo(&child)
	a.Reset()
	if a.Get(10) != (Action{}) || a.Get(12) != (Action{Handler: HandlerIgnore}) {
		t.Errorf("after exec: %+v, %+v", a.Get(10), a.Get(12))
	}
	if child.Get(10) != want {
		t.Error("the copy changed with the original")
	}
}

func TestDefault(t *testing.T) {
	// signal(7), standard signals 1 to 31: T C I S c
	const table = "TTCCCCCCTTCTTTTTIcSSSSICCTTITTC"
	for i, c := range table {
		want := map[rune]Disposition{'T': Terminate, 'C': Core, 'I': Ignore, 'S': Stop, 'c': Continue}[c]
		if got := Default(i + 1); got != want {
			t.Errorf("signal %d (%v): %v, want %v", i+1, syscall.Signal(i+1), got, want)
		}
	}
	for sig := RTMin; sig <= Max; sig++ {
		if Default(sig) != Terminate {
			t.Errorf("real-time signal %d does not terminate", sig)
		}
	}
	if Conflicts(sigCONT) != Of(sigSTOP)|Of(sigTSTP)|Of(sigTTIN)|Of(sigTTOU) || Conflicts(sigTSTP) != Of(sigCONT) || Conflicts(10) != 0 {
		t.Error("Conflicts")
	}
}

func TestSendDropsIgnored(t *testing.T) {
	setup(t, testFPSize)
	var a Actions
	a.Set(10, &Action{Handler: HandlerIgnore})
	for _, c := range []struct {
		sig  int
		mask Set
		want bool
	}{
		{10, 0, false}, {10, Of(10), true}, {sigCHLD, 0, false}, {sigCHLD, Of(sigCHLD), true},
		{12, 0, true}, {sigCONT, 0, false}, {sigTSTP, 0, true},
	} {
		st, sh := &State{}, &Shared{}
		st.SetMask(c.mask)
		i := Kill(c.sig, 1, 1)
		if added, e := SendThread(&a, st, &i); added != c.want || e != 0 {
			t.Errorf("signal %d to a thread with mask %#x: %v %v", c.sig, c.mask, added, e)
		}
		if added, e := SendProcess(&a, sh, st, &i); added != c.want || e != 0 {
			t.Errorf("signal %d to a process with mask %#x: %v %v", c.sig, c.mask, added, e)
		}
		if sh.Queue.Pending().Has(c.sig) != c.want || st.Private.Pending().Has(c.sig) != c.want {
			t.Errorf("signal %d with mask %#x: pending is wrong", c.sig, c.mask)
		}
	}
	// sigtimedwait takes a blocked signal that is ignored.
	st, i := &State{Mask: Of(10)}, Kill(10, 1, 1)
	st.BeginWait(Of(10))
	if added, _ := SendThread(&a, st, &i); !added || !HasPending(st, &Shared{}) {
		t.Error("a signal that is waited for was dropped, or does not wake")
	}
	if st.EndWait(); st.Mask != Of(10) {
		t.Errorf("mask %#x after EndWait", st.Mask)
	}
}

func TestForce(t *testing.T) {
	setup(t, testFPSize)
	for _, c := range []struct {
		name           string
		handler        uint64
		blocked, fatal bool
		want           Disposition
	}{
		{"handled", handlerAt, false, false, Handle},
		{"blocked", handlerAt, true, false, Core},
		{"ignored", HandlerIgnore, false, false, Core},
		{"fatal", handlerAt, false, true, Core},
	} {
		var a Actions
		st := &State{}
		a.Set(sigSEGV, &Action{Handler: c.handler})
		if c.blocked {
			st.SetMask(Of(sigSEGV).Add(10))
		}
		i := Fault(sigSEGV, 1, 0x1234)
		Force(&a, st, &i, c.fatal)
		got, ok := Next(st, &Shared{}, st.Mask)
		if _, d := a.Take(sigSEGV); !ok || got != i || d != c.want || c.blocked && st.Mask != Of(10) {
			t.Errorf("%s: %+v %v, disposition %v, mask %#x", c.name, got, ok, d, st.Mask)
		}
	}
	var a Actions
	a.Set(sigSEGV, &Action{Handler: handlerAt})
	st := &State{}
	ForceSegv(&a, st, 10)
	if _, d := a.Take(sigSEGV); d != Handle {
		t.Error("a bad frame of another signal must give SIGSEGV's handler a chance")
	}
	ForceSegv(&a, st, sigSEGV)
	if _, d := a.Take(sigSEGV); d != Core {
		t.Error("a bad frame of SIGSEGV must be the end")
	}
}

func TestMasks(t *testing.T) {
	st := &State{}
	st.SetMask(allOf)
	if st.Mask != ^(Of(sigKILL)|Of(sigSTOP)) || st.Blocked() != st.Mask {
		t.Errorf("mask %#x", st.Mask)
	}
	st.SwapMask(Of(3))
	st.RestoreMask()
	st.RestoreMask()
	if st.Mask != ^(Of(sigKILL)|Of(sigSTOP)) || st.Saved {
		t.Errorf("mask %#x after a swap and back", st.Mask)
	}
	st.Alt = AltStack{1, 2, 0}
	var child State
	child.Inherit(st, false)
	if child.Mask != st.Mask || child.Alt != (AltStack{Flags: stackDisable}) {
		t.Errorf("thread inherits %+v", child.Alt)
	}
	child.Inherit(st, true)
	if child.Inherit(&child, true); child.Alt != st.Alt {
		t.Errorf("process inherits %+v", child.Alt)
	}
	if child.Exec(); child.Alt != (AltStack{}) || child.Mask != st.Mask {
		t.Errorf("exec: %+v, mask %#x", child.Alt, child.Mask)
	}
}

func TestRestartAfter(t *testing.T) {
	for _, c := range []struct {
		act        *Action
		able, want bool
	}{
		{nil, false, true}, {nil, true, true}, {&Action{}, true, false},
		{&Action{Flags: FlagRestart}, true, true}, {&Action{Flags: FlagRestart}, false, false},
	} {
		if got := RestartAfter(c.act, c.able); got != c.want {
			t.Errorf("RestartAfter(%+v, %v) = %v", c.act, c.able, got)
		}
	}
}
