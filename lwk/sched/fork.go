package sched

// Fork: the child process has a copy of all of this, but only the forking thread and the home core run
// in it. The other cores come when a second thread, or an affinity, wants them.

// Used returns how many thread numbers are or were in use.
func (k *Kernel) Used() int { return int(k.fresh) }

// Alone makes the calling thread the only one and its core, the home core, the only core that runs. In
// the child of a fork, for which all other cores stood still.
func (k *Kernel) Alone(c *Core, t *Thread, pid uint32) {
	for i := range k.threads[:k.fresh] {
		o := &k.threads[i]
		if o == t || o.State == Free {
			continue
		}
		if o.waiting {
			*k.bucket(o.key) = bucket{} // the one thread that there is waits for nothing
		}
		o.waiting, o.heapPos, o.qnext, o.qprev = false, 0, nil, nil
		o.Sig.Release()
		k.FreeThread(o)
	}
	for _, o := range k.all {
		o.head, o.tail, o.queued, o.sleep, o.first = nil, nil, 0, 0, 0
		o.vector, o.current, o.gone = nil, nil, false
	}
	k.cores, k.multi = k.all[:1], false
	c.vector, c.current = t, t
	t.TID, t.core = pid, c
	t.Robust = 0
	t.Cut, t.home = false, false
}

// Small reports whether there are cores that do not run.
func (k *Kernel) Small() bool { return len(k.cores) != len(k.all) }

// Grow has the cores that a fork has left behind run, as many as there are threads for at Linux. The
// calling core is the home core, and holds no lock.
func (k *Kernel) Grow() {
	if !k.Small() {
		return
	}
	if len(k.cores) == 1 {
		k.multi = true
		k.Each(func(t *Thread) bool { t.held = 0; return true })
		if t := k.cores[0].current; t != nil {
			t.held = 1 // as Take does with several cores
		}
	}
	for i := len(k.cores); i < len(k.all); i++ {
		if k.Hooks.Joins != nil {
			k.Hooks.Joins(k.all[i])
		}
		if k.Plat.Revive(i) != 0 {
			break
		}
		k.Lock()
		k.cores = k.all[:i+1]
		k.Unlock()
	}
	if len(k.cores) == 1 {
		k.multi = false
	}
}
