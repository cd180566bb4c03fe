package mem

// tree is the ordered map of areas: a treap over nodes in one off-heap table, linked by index
// (0 is none), threaded in order of address, and augmented with the largest gap of each subtree.
// Every operation is O(log n) expected and allocates nothing.
type tree struct {
	nodes []node
	root  uint32
	first uint32 // lowest area
	free  uint32 // list of free nodes by next
	fresh uint32 // nodes from here on were never used
	count int
	max   int
	seed  uint32
}

// room tells whether n more areas fit.
func (t *tree) room(n int) bool { return t.count+n <= t.max }

// take returns an unused node. The caller has asked room before.
func (t *tree) take() uint32 {
	i := t.free
	if i != 0 {
		t.free = t.nodes[i].next
	} else {
		i = t.fresh
		t.fresh++
	}
	t.count++
	return i
}

func (t *tree) give(i uint32) {
	t.nodes[i] = node{next: t.free}
	t.free = i
	t.count--
}

// above returns the lowest area that ends above addr: the one that holds addr, or the next.
func (t *tree) above(addr uintptr) uint32 {
	var best uint32
	for i := t.root; i != 0; {
		n := &t.nodes[i]
		if n.end > addr {
			best = i
			i = n.left
		} else {
			i = n.right
		}
	}
	return best
}

// below returns the highest area that starts below addr.
func (t *tree) below(addr uintptr) uint32 {
	var best uint32
	for i := t.root; i != 0; {
		n := &t.nodes[i]
		if n.start < addr {
			best = i
			i = n.right
		} else {
			i = n.left
		}
	}
	return best
}

// at returns the area that holds addr.
func (t *tree) at(addr uintptr) uint32 {
	i := t.above(addr)
	if i != 0 && t.nodes[i].start <= addr {
		return i
	}
	return 0
}

// overlaps tells whether any area meets [lo, hi).
func (t *tree) overlaps(lo, hi uintptr) bool {
	i := t.above(lo)
	return i != 0 && t.nodes[i].start < hi
}

func (t *tree) pull(i uint32) bool {
	n := &t.nodes[i]
	m := max(n.gap, t.nodes[n.left].maxGap, t.nodes[n.right].maxGap)
	if m == n.maxGap {
		return false
	}
	n.maxGap = m
	return true
}

// fixUp makes maxGap right after i's gap or children changed.
func (t *tree) fixUp(i uint32) {
	for i != 0 && t.pull(i) {
		i = t.nodes[i].parent
	}
}

// regap recomputes the gap before i.
func (t *tree) regap(i uint32) {
	if i == 0 {
		return
	}
	n := &t.nodes[i]
	n.gap = n.start - t.nodes[n.prev].end // node 0 ends at 0
	t.fixUp(i)
}

func (t *tree) replaceChild(parent, old, new uint32) {
	switch p := &t.nodes[parent]; {
	case parent == 0:
		t.root = new
	case p.left == old:
		p.left = new
	default:
		p.right = new
	}
	if new != 0 {
		t.nodes[new].parent = parent
	}
}

// rotateUp puts i in the place of its parent.
func (t *tree) rotateUp(i uint32) {
	n := &t.nodes[i]
	p := n.parent
	pn := &t.nodes[p]
	t.replaceChild(pn.parent, p, i)
	var moved uint32
	if pn.left == i {
		moved = n.right
		pn.left, n.right = moved, p
	} else {
		moved = n.left
		pn.right, n.left = moved, p
	}
	if moved != 0 {
		t.nodes[moved].parent = p
	}
	pn.parent = i
	t.pull(p)
	t.pull(i)
}

// link inserts node i, whose area is set, behind prev (0: as the lowest).
func (t *tree) link(i, prev uint32) {
	n := &t.nodes[i]
	var next uint32
	if prev == 0 {
		next = t.first
		t.first = i
	} else {
		next = t.nodes[prev].next
		t.nodes[prev].next = i
	}
	n.prev, n.next, n.left, n.right = prev, next, 0, 0
	if next != 0 {
		t.nodes[next].prev = i
	}
	t.seed ^= t.seed << 13
	t.seed ^= t.seed >> 17
	t.seed ^= t.seed << 5
	n.prio = t.seed
	switch {
	case t.root == 0:
		t.root, n.parent = i, 0
	case prev != 0 && t.nodes[prev].right == 0:
		t.nodes[prev].right, n.parent = i, prev
	default: // then next is the leftmost of prev's right subtree, or of all: it has no left child
		t.nodes[next].left, n.parent = i, next
	}
	n.gap = n.start - t.nodes[prev].end
	n.maxGap = n.gap
	t.fixUp(n.parent)
	t.regap(next)
	for n.parent != 0 && t.nodes[n.parent].prio < n.prio {
		t.rotateUp(i)
	}
}

// unlink removes node i and frees it.
func (t *tree) unlink(i uint32) {
	n := &t.nodes[i]
	for n.left != 0 || n.right != 0 {
		c := n.left
		if c == 0 || (n.right != 0 && t.nodes[n.right].prio > t.nodes[c].prio) {
			c = n.right
		}
		t.rotateUp(c)
	}
	parent, prev, next := n.parent, n.prev, n.next
	t.replaceChild(parent, i, 0)
	t.fixUp(parent)
	if prev != 0 {
		t.nodes[prev].next = next
	} else {
		t.first = next
	}
	if next != 0 {
		t.nodes[next].prev = prev
		t.regap(next)
	}
	t.give(i)
}

// setEnd moves the end of i; it must stay below the next area's start.
func (t *tree) setEnd(i uint32, end uintptr) {
	t.nodes[i].end = end
	t.regap(t.nodes[i].next)
}

// setStart moves the start of i, and its file offset with it.
func (t *tree) setStart(i uint32, start uintptr) {
	n := &t.nodes[i]
	if n.hasFile() {
		n.off += int64(start) - int64(n.start)
	}
	n.start = start
	t.regap(i)
}

// split cuts area i at addr, strictly inside it, and returns the upper part. The caller has asked room.
func (t *tree) split(i uint32, addr uintptr) uint32 {
	j := t.take()
	n, m := &t.nodes[i], &t.nodes[j]
	*m = *n
	m.start = addr
	if n.hasFile() {
		m.off += int64(addr - n.start)
	}
	n.end = addr
	t.link(j, i)
	return j
}

// highestGap finds the highest free range of at least need bytes inside [lo, hi).
func (t *tree) highestGap(lo, hi, need uintptr) (glo, ghi uintptr, ok bool) {
	if hi <= lo || hi-lo < need {
		return 0, 0, false
	}
	i := t.below(hi)
	if glo = max(t.nodes[i].end, lo); glo <= hi && hi-glo >= need {
		return glo, hi, true
	}
	for i != 0 {
		n := &t.nodes[i]
		if n.start <= lo {
			return 0, 0, false
		}
		if n.gap >= need {
			return t.clip(i, lo, need)
		}
		if t.nodes[n.left].maxGap >= need {
			for i = n.left; ; {
				n = &t.nodes[i]
				if t.nodes[n.right].maxGap >= need {
					i = n.right
				} else if n.gap >= need {
					return t.clip(i, lo, need)
				} else {
					i = n.left
				}
			}
		}
		// Everything at and under i is too small: the next lower area is the nearest ancestor to the left.
		for n.parent != 0 && t.nodes[n.parent].left == i {
			i = n.parent
			n = &t.nodes[i]
		}
		i = n.parent
	}
	return 0, 0, false
}

// clip returns the gap before i as far as it is above lo. When too little is left there is nothing
// lower either.
func (t *tree) clip(i uint32, lo, need uintptr) (uintptr, uintptr, bool) {
	n := &t.nodes[i]
	if n.start <= lo {
		return 0, 0, false
	}
	glo := max(lo, n.start-n.gap)
	return glo, n.start, n.start-glo >= need
}
