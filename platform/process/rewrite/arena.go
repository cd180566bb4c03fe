package rewrite

const (
	arenaRegions = 64
	stubAlign    = 16
	// arenaReach keeps a stub so close to its site that jumps and moved operands have room to spare:
	// operands lie on the far side of the site from the stub at worst, and are then refused by Plan.
	arenaReach = 1<<31 - 1<<20
)

// MapFunc maps memory for stubs close to the address near: at base, size bytes, all of it within
// 2 GiB less 1 MiB of near. 64 KiB at a time suit most programs. ok false means that nothing was free.
type MapFunc func(near uint64) (base uint64, size int, ok bool)

// Arena hands out space for stubs. It knows up to 64 regions and asks Map for another when none near
// the site has room. It contains no pointer but Map, is not safe for concurrent use, allocates
// nothing, and blocks on what Map blocks on. Space is never taken back: a thread may be in a stub.
type Arena struct {
	Map     MapFunc
	regions [arenaRegions]region64
	n       int
}

type region64 struct{ base, used, size uint64 }

// within reports whether all of the region can be reached from near.
func (g *region64) within(near uint64) bool {
	return distance(g.base, near) < arenaReach && distance(g.base+g.size, near) < arenaReach
}

func distance(a, b uint64) uint64 {
	if a > b {
		return a - b
	}
	return b - a
}

// Reserve gives the address of StubMax free bytes near a site. They stay free until Commit; a second
// Reserve for the same neighbourhood may return the same address. ok is false when there is no memory
// within reach, or the arena is full.
func (a *Arena) Reserve(near uint64) (addr uint64, ok bool) {
	for i := range a.regions[:a.n] {
		g := &a.regions[i]
		if g.size-g.used >= StubMax && g.within(near) {
			return g.base + g.used, true
		}
	}
	if a.n == arenaRegions || a.Map == nil {
		return 0, false
	}
	base, size, ok := a.Map(near)
	if !ok || size < StubMax || base+uint64(size) < base {
		return 0, false
	}
	start := (base + stubAlign - 1) &^ (stubAlign - 1)
	if start+StubMax > base+uint64(size) {
		return 0, false
	}
	g := region64{base: start, size: base + uint64(size) - start}
	a.regions[a.n] = g
	a.n++
	return start, g.within(near)
}

// Commit takes length bytes at an address from Reserve; what follows, up to the next multiple of 16,
// stays unused. false means that the address is not the next free one of a region.
func (a *Arena) Commit(addr uint64, length int) bool {
	for i := range a.regions[:a.n] {
		g := &a.regions[i]
		if addr != g.base+g.used || length <= 0 || uint64(length) > g.size-g.used {
			continue
		}
		g.used = min(g.size, (g.used+uint64(length)+stubAlign-1)&^(stubAlign-1))
		return true
	}
	return false
}
