package triage

import "testing"

// TestRemoteIsDecided: for each call that the LWK may ship somebody has decided whether a proxy of another
// address space makes it; a new one is refused until it is in a list.
func TestRemoteIsDecided(t *testing.T) {
	lists := map[uint16]int{}
	for _, l := range [][]uint16{remoteAny[:], remoteMain[:], remoteEvery[:], remoteTrue[:], remoteLWK[:]} {
		for _, nr := range l {
			lists[nr]++
		}
	}
	for _, r := range &remoteWhy {
		lists[r.nr]++
		if r.why == "" || r.errno == 0 || remote[r.nr] != RemoteRefuse {
			t.Errorf("%d: refused and not", r.nr)
		}
	}
	// Split calls of which nothing is shipped on the native platform: processes, ends, and what needs a process
	// of one thread.
	never := map[string]bool{"clone": true, "clone3": true, "fork": true, "vfork": true, "execve": true, "execveat": true, "exit_group": true,
		"unshare": true, "setns": true, "landlock_restrict_self": true, "seccomp": true, "membarrier": true}
	for _, c := range All() {
		n := lists[c.Nr]
		delete(lists, c.Nr)
		if n > 1 {
			t.Errorf("%s is in %d lists", c.Name, n)
		}
		r, e := RemoteOf(uint32(c.Nr))
		switch {
		case (c.Where == Ship) && n == 0, c.Where == Split && n == 0 && !never[c.Name]:
			t.Errorf("%s is shipped and in no list", c.Name)
		case (c.Where == Refuse || never[c.Name]) && r != RemoteRefuse:
			t.Errorf("%s is made", c.Name)
		case c.Where == Local && r != RemoteRefuse && r != RemoteLWK && r != RemoteTrue:
			t.Errorf("%s is the LWK's own, and made for the program", c.Name)
		}
		if (r == RemoteRefuse) != (e != 0) {
			t.Errorf("%s: %v with error %v", c.Name, r, e)
		}
	}
	for nr := range lists {
		t.Errorf("%d is in a list and no call", nr)
	}
	for _, nr := range []uint32{335, Limit, 1 << 31, 424 - 1} {
		if r, e := RemoteOf(nr); r != RemoteRefuse || e == 0 {
			t.Errorf("RemoteOf(%d): %v, %v", nr, r, e)
		}
	}
}

// TestRemoteIsDescribed: of a call that is made, each argument that may hold addresses is described, or its
// undescribed values are refused.
func TestRemoteIsDescribed(t *testing.T) {
	for _, c := range All() {
		if r, _ := RemoteOf(uint32(c.Nr)); r == RemoteRefuse || r == RemoteTrue {
			continue
		}
		for i := range c.Args {
			switch a := &c.Args[i]; {
			case a.Kind == IovecIn || a.Kind == IovecOut || a.Kind == IovecInOut || a.Kind == SigSetPtr:
			case a.Kind.Nested() && c.LayoutOf(i, 0) == nil:
				t.Errorf("%s(%s) is made and has no layout", c.Name, a.Name)
			case a.Kind == PtrArray:
				t.Errorf("%s(%s) is made with an array of strings", c.Name, a.Name)
			}
		}
	}
	for _, l := range []*Layout{&msgHdrIn, &msgHdrOut, &mmsgHdrIn, &mmsgHdrOut, &sigevent, &setXattr, &getXattr, &ifconf, &remoteIovec} {
		at := uint16(0)
		for _, f := range l.Fields {
			if f.At < at || uint32(f.At)+8 > l.Size || uint32(f.LenAt+f.LenSize) > l.Size || !f.Kind.Pointer() || f.LenSize == 0 && f.Size == 0 {
				t.Errorf("%+v in %+v", f, *l)
			}
			at = f.At + 8
		}
	}
}

// TestChoices: ranges are right, do not overlap, and are of kinds that a proxy can check.
func TestChoices(t *testing.T) {
	for _, v := range &variants {
		c := Table[v.nr]
		if !c.Args[v.arg].Kind.MayPoint() {
			t.Errorf("%s(%s) is no variant", c.Name, c.Args[v.arg].Name)
		}
		for i, ch := range v.of {
			if ch.From > ch.To || ch.Size == 0 || ch.Kind.MayPoint() || ch.Kind != Int && !ch.Kind.Pointer() {
				t.Errorf("%s: %+v", c.Name, ch)
			}
			if ch.Kind.Nested() && c.LayoutOf(int(v.arg), ch.From) == nil {
				t.Errorf("%s: %#x has no layout", c.Name, ch.From)
			}
			for _, o := range v.of[:i] {
				if ch.From <= o.To && o.From <= ch.To {
					t.Errorf("%s: %#x-%#x and %#x-%#x overlap", c.Name, o.From, o.To, ch.From, ch.To)
				}
			}
		}
	}
	ioctl := ByName("ioctl")
	if a, ok := ioctl.Resolve(2, &[6]uint64{0, 0xffffffff00005401}); !ok || a.Kind != StructOut || a.Size != 36 {
		t.Errorf("TCGETS: %+v, %v", a, ok)
	}
	if _, ok := ioctl.Resolve(2, &[6]uint64{0, 0x8946}); ok {
		t.Error("SIOCETHTOOL, which holds an address, is described")
	}
	for _, o := range []struct {
		level, name uint32
		set, ok     bool
	}{{1, 26, true, false}, {1, 26, false, false}, {1, 51, true, false}, {1, 60, true, false}, {0, 64, true, false}, {41, 64, false, false},
		{6, 35, false, false}, {263, 22, true, false}, {283, 4, true, false}, {1, 9, true, true}, {6, 1, true, true}, {41, 26, true, true}} {
		if SocketOption(o.level, o.name, o.set) != o.ok {
			t.Errorf("%+v", o)
		}
	}
	for option := range uint32(100) {
		if _, ok := ByName("prctl").Resolve(1, &[6]uint64{uint64(option)}); PrctlEvery(option) && !ok {
			t.Errorf("prctl %d changes every thread and is not described", option)
		}
	}
}
