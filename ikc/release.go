package ikc

// storeRelease is a plain store, which on this architecture becomes visible after all earlier ones;
// that it is a call keeps the compiler from moving it. sync/atomic's store is an exchange, which would
// also wait until the line is ours: a cache-line transfer, before the sender or receiver could go on.
//
//go:noinline
//go:nosplit
func storeRelease(p *uint32, v uint32) { *p = v }

// prefetch begins to read a line, whose value nobody waits for.
//
//go:noinline
//go:nosplit
func prefetch(p *uint32) uint32 { return *p }
