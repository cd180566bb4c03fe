package signal

import "github.com/skerry-os/skerry/lwk/spin"

const (
	// PoolSize is the number of signals that can be queued with their siginfo at one time, over all
	// threads: what RLIMIT_SIGPENDING bounds in Linux.
	PoolSize = 4096
	// reserve nodes of the pool are only for standard signals, of which a process has few: Linux
	// does not count them against the limit.
	reserve = 512
)

// node is a queued signal. Nodes are named by their index; 0 is none.
type node struct {
	info Info
	next uint32
}

// pool is the store of nodes, made once. Nodes that were never used are not linked, so that they are
// not touched either.
type pool struct {
	lock  spin.Lock
	nodes []node
	free  uint32 // nodes given back
	fresh uint32 // nodes[fresh:] were never used
	nfree int
}

var queued pool

func (p *pool) init(n int) {
	p.nodes = make([]node, n+1)
	p.free, p.fresh, p.nfree = 0, 1, n
}

// get takes a node, 0 if there is none. deep opens the reserve.
func (p *pool) get(deep bool) uint32 {
	p.lock.Lock()
	if p.nfree == 0 || !deep && p.nfree <= reserve {
		p.lock.Unlock()
		return 0
	}
	n := p.free
	if n != 0 {
		p.free = p.nodes[n].next
	} else {
		n = p.fresh
		p.fresh++
	}
	p.nfree--
	p.lock.Unlock()
	p.nodes[n].next = 0
	return n
}

// InUse is how many signals are queued with their siginfo, over all threads.
func InUse() int {
	queued.lock.Lock()
	defer queued.lock.Unlock()
	return len(queued.nodes) - 1 - queued.nfree
}

// put gives a node back.
func (p *pool) put(n uint32) {
	p.lock.Lock()
	p.nodes[n].next = p.free
	p.free = n
	p.nfree++
	p.lock.Unlock()
}
