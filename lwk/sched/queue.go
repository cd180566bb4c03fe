package sched

// A core's run queue: first come, first served; another core may steal from it. All under Kernel.Lock.

// push queues a thread.
func (c *Core) push(t *Thread) {
	t.core, t.next = c, nil
	if c.tail == nil {
		c.head = t
	} else {
		c.tail.next = t
	}
	c.tail = t
	c.queued++
	if c.current != nil {
		if !c.gone { // else Note tells, when the next one runs
			c.HAL.Waiting()
		}
	} else if c.k.multi {
		c.HAL.Wake()
	}
}

// pop takes the first thread of the queue, nil if it is empty.
func (c *Core) pop() *Thread {
	t := c.head
	if t != nil {
		c.unlink(nil, t)
	}
	return t
}

// remove takes a thread out of the queue.
func (c *Core) remove(t *Thread) {
	var prev *Thread
	for o := c.head; o != nil; prev, o = o, o.next {
		if o == t {
			c.unlink(prev, t)
			return
		}
	}
}

// steal takes a thread from another core's queue that may run here, nil if there is none.
func (c *Core) steal() *Thread {
	for _, o := range c.k.cores {
		if o == c || o.current == nil {
			continue
		}
		var prev *Thread
		for t := o.head; t != nil; prev, t = t, t.next {
			if t.Allowed>>c.Index&1 != 0 && !t.home {
				o.unlink(prev, t)
				t.core = c
				return t
			}
		}
	}
	return nil
}

// unlink takes out t, which comes after prev (nil: it is the first).
func (c *Core) unlink(prev, t *Thread) {
	if prev == nil {
		c.head = t.next
	} else {
		prev.next = t.next
	}
	if c.tail == t {
		c.tail = prev
	}
	t.next = nil
	c.queued--
}
