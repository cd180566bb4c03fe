package sched

import (
	"sync/atomic"

	"github.com/skerry-os/skerry/lwk/proc/signal"
)

// Sleeping threads of a core, in a binary heap by the time they are due. A thread is in the heap of
// the core that it belongs to; heapPos is its place there plus one.

// Sleep makes a thread wait: for whatever it was put into before (a futex queue), for Cut, and, if
// due is not 0, until the monotonic clock says due; then its call returns timeout. Under Lock.
func (c *Core) Sleep(t *Thread, due, timeout int64) {
	t.State = Waiting
	if c.current == t {
		c.gone = true
	}
	t.due, t.Timeout = due, timeout
	t.Cut = false
	if due != 0 {
		t.core = c
		c.heap[c.sleep] = t
		c.sleep++
		t.heapPos = int32(c.sleep)
		c.up(c.sleep - 1)
		c.setFirst()
	}
	if c.k.multi && signal.HasPending(&t.Sig, &c.k.Pending) {
		c.k.Cut(t) // another core sent it before it could see the thread waiting
	}
}

// due is when the first sleeper is due, 0 if none sleeps. Without Lock: another core may just be waking
// that one.
func (c *Core) due() int64 { return atomic.LoadInt64(&c.first) }

// setFirst follows a change of the heap. Under Lock.
func (c *Core) setFirst() {
	due := int64(0)
	if c.sleep > 0 {
		due = c.heap[0].due
	}
	if c.first != due {
		atomic.StoreInt64(&c.first, due)
	}
}

// expire wakes the sleepers that are due.
func (c *Core) expire() {
	now := c.k.Plat.Now()
	if d := c.due(); d == 0 || d > now {
		return
	}
	c.k.Lock()
	for c.sleep > 0 && c.heap[0].due <= now {
		t := c.heap[0]
		c.k.Ready(t, t.Timeout)
	}
	c.k.Unlock()
}

// cancel takes a thread out of the heap. Under Lock.
func (c *Core) cancel(t *Thread) {
	i := int(t.heapPos - 1)
	t.heapPos = 0
	c.sleep--
	last := c.heap[c.sleep]
	c.heap[c.sleep] = nil
	if i != c.sleep {
		c.heap[i] = last
		last.heapPos = int32(i + 1)
		c.down(i)
		c.up(int(last.heapPos - 1))
	}
	c.setFirst()
}

func (c *Core) swap(i, j int) {
	h := c.heap
	h[i], h[j] = h[j], h[i]
	h[i].heapPos, h[j].heapPos = int32(i+1), int32(j+1)
}

func (c *Core) up(i int) {
	for i > 0 {
		p := (i - 1) / 2
		if c.heap[p].due <= c.heap[i].due {
			return
		}
		c.swap(i, p)
		i = p
	}
}

func (c *Core) down(i int) {
	for {
		s := 2*i + 1
		if s >= c.sleep {
			return
		}
		if s+1 < c.sleep && c.heap[s+1].due < c.heap[s].due {
			s++
		}
		if c.heap[i].due <= c.heap[s].due {
			return
		}
		c.swap(i, s)
		i = s
	}
}
