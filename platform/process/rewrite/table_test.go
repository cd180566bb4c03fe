package rewrite

import (
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// planned gives a patch of pattern A or C for a site at an address.
func planned(t interface{ Fatal(...any) }, addr, stub uint64, c bool) Patch {
	code := []byte("\x90\x90\x90\x90\x90\xb8\x27\x00\x00\x00\x0f\x05\x70\x00")
	if c {
		code = []byte("\x70\x00\x90\x90\x90\x90\x31\xff\x89\xc2\x0f\x05\x70\x00")
	}
	s := Site{Addr: addr, Nr: 39, Code: code, Base: addr - 10, FuncStart: addr - 10, FuncEnd: addr + 4}
	p, err := Plan(&s, stub, 8)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestTableModel compares the table with a plain list through random additions and removals.
func TestTableModel(t *testing.T) {
	table := new(Table)
	rapid.Check(t, func(r *rapid.T) {
		table.Drop(0, 1<<62)
		live := map[uint64]Patch{}
		for n := rapid.IntRange(1, 60).Draw(r, "steps"); n > 0; n-- {
			slot := rapid.Uint64Range(0, 40).Draw(r, "slot")
			addr := textBase + slot*33 + 64 // every alignment
			if _, ok := live[slot]; !ok {
				p := planned(r, addr, stubBase+slot*64*17, slot&1 == 0)
				if !table.Add(&p) {
					r.Fatal("table full")
				}
				live[slot] = p
			} else {
				hi := addr + rapid.Uint64Range(0, 100).Draw(r, "span")
				want := 0
				for k, p := range live {
					if p.Start < hi && p.Start+uint64(p.Len) > addr-1 {
						delete(live, k)
						want++
					}
				}
				if got := table.Drop(addr-1, hi); got != want {
					r.Fatalf("dropped %d, want %d", got, want)
				}
			}
		}
		var count [4]int
		for slot := uint64(0); slot <= 40; slot++ {
			p := live[slot]
			if p.Pattern != 0 {
				count[p.Pattern-'A']++
			}
			addr := textBase + slot*33 + 64
			for pc := addr - 12; pc < addr+8; pc++ {
				want, wantOK := p.ToStub(pc)
				if p.Pattern == 0 {
					want, wantOK = 0, false
				}
				if got, ok := table.ToStub(pc); ok != wantOK || got != want {
					r.Fatalf("%#x: in the stub %#x %v, want %#x %v", pc, got, ok, want, wantOK)
				}
			}
			for pc := stubBase + slot*64*17; pc < stubBase+slot*64*17+StubMax; pc++ {
				want, wantOK := p.ToProgram(pc)
				if got, ok := table.ToProgram(pc); ok != wantOK || got != want {
					r.Fatalf("%#x: in the program %#x %v, want %#x %v", pc, got, ok, want, wantOK)
				}
			}
		}
		if got := table.Count(); got != count {
			r.Fatalf("counts %v, want %v", got, count)
		}
	})
}

func TestTableFull(t *testing.T) {
	table := new(Table)
	p := planned(t, textBase+64, stubBase, false)
	if table.Add(&Patch{}) {
		t.Error("the zero patch was accepted")
	}
	for i := range uint64(TableSize) {
		q := p
		q.Start, q.Site, q.Stub = p.Start+i*64, p.Site+i*64, p.Stub+i*64
		if !table.Add(&q) {
			t.Fatalf("full after %d", i)
		}
	}
	if table.Add(&p) {
		t.Error("accepted more than it holds")
	}
	if n := table.Drop(p.Start+64, p.Start+65); n != 1 {
		t.Errorf("dropped %d, want 1", n)
	}
	if _, ok := table.ToStub(p.Start + 64); ok {
		t.Error("a dropped patch is still found")
	}
	if !table.Add(&p) {
		t.Error("a dropped patch's place is not reused")
	}
	if n := table.Drop(0, 1<<62); n != TableSize {
		t.Errorf("dropped %d, want all %d", n, TableSize)
	}
}

// TestTableConcurrent looks up one patch that stays while others that share its chains come and go.
func TestTableConcurrent(t *testing.T) {
	table := new(Table)
	fixed := planned(t, textBase+64, stubBase, true)
	table.Add(&fixed)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if pc, ok := table.ToProgram(fixed.ContAddr()); !ok || pc != fixed.Site+2 {
				t.Errorf("lost: %#x %v", pc, ok)
				return
			}
			if pc, ok := table.ToStub(fixed.Site); !ok || pc != fixed.EntryAddr() {
				t.Errorf("lost: %#x %v", pc, ok)
				return
			}
		}
	})
	for i := range uint64(20000) {
		q := fixed // in the same granules, so in the same chains, but not in range
		q.Start, q.Site, q.Stub = fixed.Start+1<<20+i<<16, fixed.Site+1<<20+i<<16, fixed.Stub+1<<21
		for !table.Add(&q) {
			table.Drop(fixed.Start+1<<20, 1<<62)
		}
		if i%3 == 2 {
			table.Drop(q.Start, q.Start+1)
		}
	}
	close(stop)
	wg.Wait()
}

func TestArena(t *testing.T) {
	calls := 0
	a := Arena{Map: func(near uint64) (uint64, int, bool) {
		calls++
		if near > 1<<46 {
			return 0, 0, false
		}
		return near&^0xffff + uint64(calls)<<20, 1 << 16, true
	}}
	const site = 1 << 40
	seen := map[uint64]bool{}
	for range 2000 {
		addr, ok := a.Reserve(site)
		if again, _ := a.Reserve(site + 1<<20); !ok || again != addr || addr%stubAlign != 0 || seen[addr] {
			t.Fatalf("reserved %#x %v, then %#x", addr, ok, again)
		}
		seen[addr] = true
		if !a.Commit(addr, 33) || a.Commit(addr, 33) {
			t.Fatal("a reserved stub is committed once")
		}
	}
	if calls != 2 {
		t.Errorf("%d regions mapped, want 2 for 2000 stubs of 48 bytes", calls)
	}
	if addr, ok := a.Reserve(site + 1<<33); !ok || addr < site+1<<33 || calls != 3 {
		t.Errorf("far away: %#x %v after %d mappings", addr, ok, calls)
	}
	if _, ok := a.Reserve(1 << 47); ok {
		t.Error("space where none can be mapped")
	}
	far := Arena{Map: func(near uint64) (uint64, int, bool) { return near + 1<<31, 1 << 16, true }}
	if addr, ok := far.Reserve(site); ok {
		t.Errorf("%#x is out of reach", addr)
	}
}
