package signal

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/skerry-os/skerry/lwk/hal"
)

// build compiles testdata/name.c; it skips without a C compiler.
func build(t *testing.T, name string) string {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil || runtime.GOARCH != "amd64" {
		t.Skip("no C compiler (cc) for x86-64 to ask Linux's headers with")
	}
	out := filepath.Join(t.TempDir(), name)
	if b, err := exec.Command(cc, "-O1", "-o", out, "testdata/"+name+".c").CombinedOutput(); err != nil {
		if bytes.Contains(b, []byte("No such file or directory")) {
			t.Skipf("headers for C programs are not installed: %s", b)
		}
		t.Fatalf("cc %s: %v\n%s", name, err, b)
	}
	return out
}

func TestLayoutIsLinux(t *testing.T) {
	b, err := exec.Command(build(t, "layout")).Output()
	if err != nil {
		t.Fatal(err)
	}
	child := Child(0, 0, 0, -1, 0, 0)
	if child.Union[1] == 0 || child.Union[1]>>32 != 0 {
		t.Error("a child's status is not one int")
	}
	ours := map[string]uint64{
		"restorer": offRestorer, "flags": offUCFlags, "link": offUCLink,
		"stack": offUCStack, "stack flags": offUCStack + 8, "stack size": offUCStack + 16,
		"regs": offRegs, "rsp": offRegs + 8*regRSP, "rip": offRegs + 8*regRIP, "rflags": offRegs + 8*regRFLAGS,
		"cs": offSegs, "err": offErr, "trapno": offTrapNo, "oldmask": offOldMask, "cr2": offCR2,
		"fpstate": offFPState, "mask": offMask, "info": offInfo, "frame": frameSize, "siginfo": InfoSize,
		"sw": fpMagic1, "sw extended": fpExtended, "sw features": fpFeatures, "sw xstate": fpXState,
		"xsave header": fpHeader, "magic1": uint64(magic1), "magic2": uint64(magic2),
		"uc flags": ucXState | ucSS | ucStrictSS,
		"action":   32, "action flags": 8, "action restorer": 16, "action mask": 24,
		"code": 8, "addr": 16, "uid": 20, "value": 24, "status": 24, "stime": 40, "overrun": 20, "minstack": MinStack,
	}
	n := 0
	for line := range strings.Lines(string(b)) {
		i := strings.LastIndexByte(strings.TrimSpace(line), ' ')
		var v uint64
		if _, err := fmt.Sscan(line[i:], &v); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if got, ok := ours[line[:i]]; !ok || got != v {
			t.Errorf("%s: %d here, %d in Linux's headers", line[:i], got, v)
		}
		n++
	}
	if n != len(ours) {
		t.Errorf("%d values compared, want %d", n, len(ours))
	}
}

// Push makes, byte for byte and at the same address, the frame that this machine's Linux makes.
func TestFrameIsLinux(t *testing.T) {
	prog := build(t, "frame")
	for _, args := range [][]string{nil, {"alternate"}} {
		b, err := exec.Command(prog, args...).Output()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string][]byte{}
		for line := range strings.Lines(string(b)) {
			name, digits, _ := strings.Cut(strings.TrimSpace(line), " ")
			if got[name], err = hex.DecodeString(digits); err != nil {
				t.Fatal(err)
			}
		}
		get := binary.LittleEndian.Uint64
		f, fp := got["frame"], got["fp"]
		if len(f) != frameSize || len(fp) < minFPSize {
			t.Fatalf("the program printed %d and %d bytes", len(f), len(fp))
		}
		if get(f[offUCFlags:])&(ucSS|ucStrictSS) != ucSS|ucStrictSS {
			t.Skipf("this machine's frames have flags %#x: an emulated or old kernel", get(f[offUCFlags:]))
		}
		setup(t, len(fp))
		var ctx hal.Context
		loadRegs(f[offRegs:], &ctx)
		ctx.RIP, ctx.RFLAGS = get(f[offRegs+8*regRIP:]), get(f[offRegs+8*regRFLAGS:])
		ctx.TrapErr, ctx.TrapNo, ctx.CR2 = get(f[offErr:]), get(f[offTrapNo:]), get(f[offCR2:])
		st := &State{Alt: AltStack{get(f[offUCStack:]), get(f[offUCStack+16:]), uint32(get(f[offUCStack+8:]))}}
		if args == nil {
			st.Alt = AltStack{}
		}
		st.SetMask(Of(sigCHLD))
		at := get(got["seen"]) - offUC
		user := newMemory(uintptr(at)-0x1000, 0x8000)
		core := newCore(len(fp))
		copy(core.fp, fp)
		var w [6]uint64
		for i := range w {
			w[i] = get(f[offInfo+8*i:])
		}
		info := FromSlot(w)
		if want := Tgkill(10, int32(w[2]), uint32(w[2]>>32)); info != want || w[2] == 0 {
			t.Errorf("siginfo of tgkill %+v, want %+v", info, want)
		}
		act := handler(FlagSiginfo|FlagOnStack, 0)
		act.Restorer = get(f[offRestorer:])
		if e := Push(core, user, &ctx, st, act, &info, new(Scratch)); e != 0 {
			t.Fatal(e)
		}
		if ctx.RSP != at || ctx.RSI != get(got["seen"][8:]) || ctx.RDI != get(got["seen"][16:]) {
			t.Errorf("%v: frame at %#x, siginfo %#x, signal %d; Linux's %#x, %#x, %d", args, ctx.RSP, ctx.RSI, ctx.RDI,
				at, get(got["seen"][8:]), get(got["seen"][16:]))
			continue
		}
		ours, e := user.at(uintptr(at), frameSize)
		if e != 0 {
			t.Fatal(e)
		}
		for i := 0; i < frameSize; i += 8 {
			o, l := get(ours[i:]), get(f[i:])
			switch { // what Linux leaves as it was
			case i == offUCStack+8: // the flags are half a word
				o, l = uint64(uint32(o)), uint64(uint32(l))
			case i > offFPState && i < offMask: // reserved
				continue
			}
			if o != l {
				t.Errorf("%v: word at %d is %#x, Linux's %#x", args, i, o, l)
			}
		}
		if ours, _ := user.at(uintptr(get(f[offFPState:])), len(fp)); !bytes.Equal(ours, fp) {
			t.Errorf("%v: floating-point state is not where Linux has it", args)
		}
	}
}
