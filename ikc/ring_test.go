package ikc

import (
	"sync"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// newRing makes a ring in fresh memory, aligned as At wants it.
func newRing(t testing.TB, n int) Ring {
	buf := make([]byte, (n+1)*SlotSize)
	addr := (uintptr(unsafe.Pointer(&buf[0])) + SlotSize - 1) &^ (SlotSize - 1)
	r, err := At(addr, n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = buf[0] }) // keeps the memory
	r.Reset()
	return r
}

func TestAtRefuses(t *testing.T) {
	for _, c := range []struct {
		addr uintptr
		n    int
	}{{0, 8}, {1, 8}, {64, 0}, {64, 1}, {64, -1}, {64, 3}, {64, 2 * MaxSlots}} {
		if _, err := At(c.addr, c.n); err == nil {
			t.Errorf("At(%#x, %d) is accepted", c.addr, c.n)
		}
	}
}

// TestModel holds a ring against a queue, over the wrap of the 32-bit positions too, with the cursors of
// many and of one.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := 1 << rapid.IntRange(1, 5).Draw(rt, "log2")
		r := newRing(t, n)
		var send, take Cursor
		start := rapid.Uint32().Draw(rt, "start") / uint32(n) * uint32(n)
		for i := range n {
			r.slots[i].seq = start + uint32(i)
		}
		send.advance(start)
		take.advance(start)
		alone := rapid.Bool().Draw(rt, "alone")
		var queue []uint64
		next := uint64(0)
		for range rapid.IntRange(1, 200).Draw(rt, "steps") {
			if rapid.Bool().Draw(rt, "send") {
				claim := r.Claim
				if alone {
					claim = r.ClaimAlone
				}
				s, pos, ok := claim(&send)
				if ok != (len(queue) < n) {
					rt.Fatalf("claim is %v with %d of %d messages in the ring", ok, len(queue), n)
				}
				if !ok {
					continue
				}
				s.Args[0], s.Args[5], s.Thread = next, ^next, uint32(next)
				if r.Pending(&take) != (len(queue) > 0) {
					rt.Fatal("a message is there before it is published")
				}
				r.Publish(s, pos)
				queue = append(queue, next)
				next++
				continue
			}
			var m Slot
			takes := r.Take
			if alone {
				takes = r.TakeAlone
			}
			pending := r.Pending(&take)
			ok := takes(&take, &m)
			if ok != (len(queue) > 0) || ok != pending {
				rt.Fatalf("take is %v, pending %v, with %d messages in the ring", ok, pending, len(queue))
			}
			if ok {
				if m.Args[0] != queue[0] || m.Args[5] != ^queue[0] || m.Thread != uint32(queue[0]) {
					rt.Fatalf("message %d came as %+v", queue[0], m)
				}
				queue = queue[1:]
			}
		}
	})
}

// TestManySendersAndReceivers: every message arrives once, and whole.
func TestManySendersAndReceivers(t *testing.T) {
	const senders, receivers, each = 3, 3, 20000
	r := newRing(t, 16)
	var send, take Cursor
	var wg, rg sync.WaitGroup
	var mu sync.Mutex
	seen := make(map[uint64]int)
	for s := range senders {
		wg.Go(func() {
			for i := uint64(0); i < each; {
				slot, pos, ok := r.Claim(&send)
				if !ok {
					continue
				}
				v := uint64(s)<<32 | i
				for k := range slot.Args {
					slot.Args[k] = v
				}
				r.Publish(slot, pos)
				i++
			}
		})
	}
	done := make(chan struct{})
	for range receivers {
		rg.Go(func() {
			got := make([]uint64, 0, each)
			var m Slot
			for {
				if r.Take(&take, &m) {
					for _, a := range m.Args {
						if a != m.Args[0] {
							t.Errorf("a torn message: %x", m.Args)
						}
					}
					got = append(got, m.Args[0])
					continue
				}
				select {
				case <-done:
					if r.Pending(&take) {
						continue
					}
					mu.Lock()
					for _, v := range got {
						seen[v]++
					}
					mu.Unlock()
					return
				default:
				}
			}
		})
	}
	wg.Wait()
	close(done)
	rg.Wait()
	if len(seen) != senders*each {
		t.Errorf("%d of %d messages arrived", len(seen), senders*each)
	}
	for v, n := range seen {
		if n != 1 {
			t.Errorf("message %#x arrived %d times", v, n)
		}
	}
}

// FuzzHostileSlots: whatever the far side writes into the slots, no operation hangs, panics or leaves
// the ring's memory.
func FuzzHostileSlots(f *testing.F) {
	f.Add(uint32(0), []byte{1, 2, 3, 4, 5, 6, 7, 8})
	f.Add(^uint32(0), []byte{0xff, 0, 0xff, 0, 1, 0, 0, 0, 2, 0, 0, 0})
	f.Fuzz(func(t *testing.T, start uint32, data []byte) {
		r := newRing(t, 4)
		var send, take Cursor
		send.advance(start)
		take.advance(start)
		for i := 0; i+4 < len(data); i += 5 {
			s := &r.slots[data[i]%4]
			s.seq = start + uint32(data[i+1]) | uint32(data[i+2])<<24
			var m Slot
			switch data[i+3] % 4 {
			case 0:
				r.Take(&take, &m)
			case 1:
				r.TakeAlone(&take, &m)
			case 2:
				if s, pos, ok := r.Claim(&send); ok {
					r.Publish(s, pos)
				}
			case 3:
				if s, pos, ok := r.ClaimAlone(&send); ok {
					r.Publish(s, pos)
				}
			}
			r.Pending(&take)
		}
	})
}

func TestNothingAllocates(t *testing.T) {
	r := newRing(t, 8)
	var send, take Cursor
	var m Slot
	if n := testing.AllocsPerRun(100, func() {
		s, pos, _ := r.Claim(&send)
		r.Publish(s, pos)
		r.Take(&take, &m)
	}); n != 0 {
		t.Errorf("%v allocations a message", n)
	}
}

func BenchmarkMessage(b *testing.B) {
	r := newRing(b, 64)
	var send, take Cursor
	var m Slot
	for b.Loop() {
		s, pos, _ := r.ClaimAlone(&send)
		r.Publish(s, pos)
		r.TakeAlone(&take, &m)
	}
}
