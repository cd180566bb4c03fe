package sched

// Fork: the child process has a copy of all of this, but only the forking thread and its core run in
// it.

// Used returns how many thread numbers are or were in use.
func (k *Kernel) Used() int { return int(k.fresh) }

// Alone makes the calling thread the only one and its core the only core. In the child of a fork,
// whose forking core held Lock.
func (k *Kernel) Alone(c *Core, t *Thread, pid uint32) {
	for i := range k.futexes {
		k.futexes[i] = bucket{}
	}
	for i := range k.threads[:k.fresh] {
		o := &k.threads[i]
		if o == t || o.State == Free {
			continue
		}
		o.waiting, o.heapPos, o.qnext, o.qprev = false, 0, nil, nil
		o.Sig.Release()
		k.FreeThread(o)
	}
	k.cores = k.cores[:1]
	k.cores[0] = c
	c.head, c.tail, c.queued, c.sleep, c.first = nil, nil, 0, 0, 0
	c.vector, c.current, c.gone = t, t, false
	t.TID, t.core = pid, c
	t.Allowed = 1 << c.Index
	t.Robust = 0
	t.Cut = false
}
