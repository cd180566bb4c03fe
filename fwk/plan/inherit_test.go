package plan

import (
	"reflect"
	"testing"

	"github.com/skerry-os/skerry/fwk/cpus"
)

func TestInherit(t *testing.T) {
	for _, p := range []Plan{
		{CPUs: []int{1}, ProxyCPUs: []int{0}, Mem: 1 << 30, Path: "/bin/ls", Platform: "process", RewriteAfter: RewriteDefault},
		{CPUs: []int{1, 2, 3}, ProxyCPUs: []int{0}, Mem: 4096, Path: "/a;b;", Verbose: true, Stats: true, Trace: "/tmp/x;y.json", Platform: "process"},
		{CPUs: []int{0}, ProxyCPUs: []int{0}, Path: "/p", Stats: true, Platform: "process", RewriteAfter: 1},
		{CPUs: []int{0}, ProxyCPUs: []int{0}, Path: "/p", Trace: "/t", Platform: "process", Strace: "-"},
		{CPUs: []int{0}, ProxyCPUs: []int{0}, Path: "/p", Platform: "process", Strace: "file"},
	} {
		want := Inherited{Plan: p, Mask: 1 << 63, Ignored: 5, Board: "/run/x;y/1.enclave"}
		if p.Verbose || p.RewriteAfter == 1 {
			want.Persona = 0x8f00000
		}
		if p.Strace != "" {
			want.StraceFD = 1000
		}
		got, ok := Inherit([]string{want.Variable(), "A=1"})
		want.Env = []string{"A=1"}
		if !ok || !reflect.DeepEqual(*got, want) {
			t.Errorf("%q is read as %+v, want %+v", want.Variable(), got, want)
		}
	}
	for _, bad := range []string{"", "A=1", "SKERRY_ENCLAVE=", "SKERRY_ENCLAVE=1;0;0;0;0;;;0;-1;/x", "SKERRY_ENCLAVE=1;0;0;0;0;;;0;9;/x",
		"SKERRY_ENCLAVE=1;0;0;0;0;;;0;x;/x", "SKERRY_ENCLAVE=?;0;0;0;0;;;0;0;/x", "SKERRY_ENCLAVE=1;0;z;0;0;;;0;0;/x",
		"SKERRY_ENCLAVE=1;0;0;0;0;rx;;0;0;/x", "SKERRY_ENCLAVE=1;0;0;0;0;;q;0;0;/x", "SKERRY_ENCLAVE=1;0;0;0;0;;;3;0;/x",
		"SKERRY_ENCLAVE=1;0;0;0;0;;;2;1;/x", "SKERRY_ENCLAVE=1;0;0;0;0;;;9223372036854775807;9223372036854775807;/x"} {
		if i, ok := Inherit([]string{bad}); ok {
			t.Errorf("%q is read as %+v", bad, i)
		}
	}
	if _, ok := Inherit(nil); ok {
		t.Error("an empty environment is read as something")
	}
}

func TestNativeComesBack(t *testing.T) {
	in := &Inherited{Plan: Plan{Platform: "native", Native: &Native{Name: "sh-12", CPUs: cpus.Of(2, 5), Member: "1 2 3"}, ProxyCPUs: []int{0, 1}, Mem: 64 << 20,
		Path: "/a;b", Verbose: true, RewriteAfter: RewriteDefault}, Mask: 3, Ignored: 1 << 63}
	out, ok := Inherit([]string{in.Variable(), "A=1"})
	if in.Env = []string{"A=1"}; !ok || !reflect.DeepEqual(in, out) {
		t.Errorf("%+v, %v, want %+v", out, ok, in)
	}
	for _, bad := range []string{"", "x", "x;;0;0;0;0;;;/p", ";1;0;0;0;0;;;/p", "x;1;0;z;0;0;;;/p", "x;1;0;0;0;0;;/p"} {
		if _, ok := Inherit([]string{"SKERRY_ENCLAVE=native;" + bad}); ok {
			t.Errorf("%q was believed", bad)
		}
	}
}
