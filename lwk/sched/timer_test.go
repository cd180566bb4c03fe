package sched

import (
	"sort"
	"testing"

	"pgregory.net/rapid"
)

// TestTimerHeap: the heap is one, knows where each thread is, and gives them back in order of time.
func TestTimerHeap(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		k, p := machine(t, 1)
		c := k.cores[0]
		due := map[*Thread]int64{}
		check := func() {
			if c.sleep != len(due) {
				r.Fatalf("%d asleep, want %d", c.sleep, len(due))
			}
			for i := range c.sleep {
				th := c.heap[i]
				if int(th.heapPos) != i+1 || th.due != due[th] {
					r.Fatalf("place %d: heapPos %d, due %d", i, th.heapPos, th.due)
				}
				if i > 0 && c.heap[(i-1)/2].due > th.due {
					r.Fatalf("place %d is due before its parent", i)
				}
			}
		}
		for range rapid.IntRange(1, 80).Draw(r, "steps") {
			switch rapid.IntRange(0, 3).Draw(r, "what") {
			case 0, 1:
				th := thread(k, 0)
				d := p.Time + int64(rapid.IntRange(1, 50).Draw(r, "in"))
				c.Sleep(th, d, -110)
				due[th] = d
			case 2:
				if c.sleep > 0 {
					th := c.heap[rapid.IntRange(0, c.sleep-1).Draw(r, "which")]
					k.Cut(th)
					if c.pop() != th || ret(th) != -4 || th.heapPos != 0 {
						r.Fatal("not cut")
					}
					delete(due, th)
					k.FreeThread(th)
				}
			case 3:
				p.Time += int64(rapid.IntRange(0, 30).Draw(r, "later"))
				var want []int64
				for th, d := range due {
					if d <= p.Time {
						want = append(want, d)
						delete(due, th)
					}
				}
				sort.Slice(want, func(i, j int) bool { return want[i] < want[j] })
				if c.sleep > 0 {
					c.expire()
				}
				for _, d := range want {
					th := c.pop()
					if th == nil || th.Due() != d || ret(th) != -110 {
						r.Fatalf("woke %v, want who is due at %d", th, d)
					}
					k.FreeThread(th)
				}
				if c.pop() != nil {
					r.Fatal("woke somebody early")
				}
			}
			check()
			if first := c.due(); c.sleep == 0 && first != 0 || c.sleep > 0 && first != c.heap[0].due {
				r.Fatalf("first due %d", first)
			}
		}
	})
}
