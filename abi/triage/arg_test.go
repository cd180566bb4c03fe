package triage

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestExtent(t *testing.T) {
	const all = math.MaxUint64
	for _, x := range []struct {
		call string
		arg  int
		regs [6]uint64
		n    uint64
		ok   bool
	}{
		{"read", 1, [6]uint64{0, 0, 4096}, 4096, true},
		{"read", 1, [6]uint64{0, 0, all}, all, true},
		{"read", 0, [6]uint64{}, 0, false},
		{"read", 3, [6]uint64{}, 0, false},
		{"read", -1, [6]uint64{}, 0, false},
		{"fstat", 1, [6]uint64{}, 144, true},
		{"getdents64", 1, [6]uint64{0, 0, 0xdead_0000_0100}, 0x100, true},
		{"readlink", 1, [6]uint64{0, 0, 0xffff_ffff}, 0, true},
		{"poll", 0, [6]uint64{0, 3}, 24, true},
		{"select", 1, [6]uint64{65}, 16, true},
		{"select", 4, [6]uint64{65}, 16, true},
		{"select", 1, [6]uint64{1 << 32}, 0, true},
		{"mbind", 3, [6]uint64{0, 0, 0, 0, 65}, 8, true},
		{"mbind", 3, [6]uint64{0, 0, 0, 0, 66}, 16, true},
		{"mbind", 3, [6]uint64{}, 0, true},
		{"mincore", 2, [6]uint64{0, 4097}, 2, true},
		{"mincore", 2, [6]uint64{0, all}, 1 << 52, true},
		{"msgsnd", 1, [6]uint64{0, 0, 5}, 13, true},
		{"msgsnd", 1, [6]uint64{0, 0, all - 3}, all, true},
		{"rt_sigprocmask", 1, [6]uint64{0, 0, 0, 8}, 8, true},
		{"rt_sigprocmask", 1, [6]uint64{0, 0, 0, 128}, 0, true},
		{"writev", 1, [6]uint64{0, 0, 3}, 48, true},
		{"writev", 1, [6]uint64{0, 0, 1 << 60}, all, true},
		{"sendmsg", 1, [6]uint64{}, 56, true},
		{"bind", 1, [6]uint64{0, 0, 16}, 16, true},
		{"getsockname", 1, [6]uint64{}, 0, false},
		{"open", 0, [6]uint64{}, 0, false},
		{"ioctl", 2, [6]uint64{}, 0, false},
		{"perf_event_open", 0, [6]uint64{}, 0, false},
		{"mq_notify", 1, [6]uint64{}, 64, true},
	} {
		n, ok := ByName(x.call).Extent(x.arg, &x.regs)
		if n != x.n || ok != x.ok {
			t.Errorf("%s argument %d of %x: %d %v, want %d %v", x.call, x.arg, x.regs, n, ok, x.n, x.ok)
		}
	}
}

// TestExtentNeverWraps: whatever the program puts into its registers, a length is exact or saturated, and
// never shorter than what big numbers say.
func TestExtentNeverWraps(t *testing.T) {
	calls := All()
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(calls).Draw(t, "call")
		var regs [6]uint64
		for i := range regs {
			regs[i] = rapid.Uint64().Draw(t, "reg")
		}
		for i, a := range c.Args {
			n, ok := c.Extent(i, &regs)
			if !ok || a.Len < 0 || a.Kind != ArrayIn && a.Kind != ArrayOut && a.Kind != ArrayInOut && a.Kind != BufIn && a.Kind != BufOut {
				continue
			}
			count := &c.Args[a.Len]
			exact := new(big.Int)
			switch {
			case count.Kind == Int && count.Size == 4:
				exact.SetInt64(int64(int32(regs[a.Len])))
			case count.Kind == Int:
				exact.SetInt64(int64(regs[a.Len]))
			case count.Size == 4:
				exact.SetUint64(uint64(uint32(regs[a.Len])))
			default:
				exact.SetUint64(regs[a.Len])
			}
			exact.Mul(exact, big.NewInt(int64(a.Size)))
			if exact.Sign() < 0 {
				exact.SetInt64(0)
			}
			if most := new(big.Int).SetUint64(math.MaxUint64); exact.Cmp(most) > 0 {
				exact = most
			}
			if exact.Uint64() != n {
				t.Fatalf("%s(%s) of %x: %d, want %v", c.Name, a.Name, regs, n, exact)
			}
		}
	})
}

func TestHotFunctionsDoNotAllocate(t *testing.T) {
	regs := [6]uint64{1, 2, 3, 4, 5, 6}
	var sum uint64
	if n := testing.AllocsPerRun(100, func() {
		for nr := range Limit {
			if c := Lookup(nr); c != nil {
				for i := range c.Args {
					n, _ := c.Extent(i, &regs)
					sum += n
				}
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if sum == 0 {
		t.Error("no extent at all")
	}
}
