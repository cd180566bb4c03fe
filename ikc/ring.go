// Package ikc is inter-kernel communication: rings of fixed-size records in memory that two kernels
// share, the same code on both sides.
//
// A Ring is an array of 64-byte slots, one cache line each. A slot carries its own sequence number,
// which is written last; there is no head or tail that both sides share, so that a message costs the
// transfer of one cache line. Each side keeps its own position in a Cursor of its own, which several
// cores of that side may use at once.
//
// Sequence numbers (32 bits, wrapping), for a ring of n slots and position p: the slot p mod n is
// free for the sender at p when its sequence is p, holds a message for the receiver at p when it is
// p+1, and is given back by the receiver as p+n.
//
// Nothing here allocates, blocks, or needs a Go stack or g: the code also runs on threads that the
// Go runtime does not know. The far side is not trusted: positions are ours, indices are masked, and
// what a slot says is copied once and then checked by whoever acts on it.
package ikc

import "sync/atomic"

// SlotSize is the size of a slot in bytes.
const SlotSize = 64

// Slot is one record of a ring.
type Slot struct {
	Kind   uint32    // what the message is; the meaning of the rest follows from it
	Thread uint32    // LWK thread it concerns
	Args   [6]uint64 // arguments, or a result in Args[0]
	Aux    uint32    // system call number, where there is one
	seq    uint32
}

// Cursor is one side's own position in a ring. It lives in that side's memory, alone on its line.
type Cursor struct {
	pos atomic.Uint32
	_   [60]byte
}

// Reset goes back to position 0; see Ring.Reset.
func (c *Cursor) Reset() { c.pos.Store(0) }

// Pos is the position: how many slots were claimed or taken, modulo 2^32.
//
//go:nosplit
func (c *Cursor) Pos() uint32 { return c.pos.Load() }

// Ring is a view of a ring's slots. The slots' memory is the caller's.
type Ring struct {
	slots *[MaxSlots]Slot
	mask  uint32
}

// MaxSlots is the largest number of slots of a ring.
const MaxSlots = 4096

// Len returns the number of slots.
func (r *Ring) Len() int { return int(r.mask) + 1 }

// Reset makes all slots free for a sender at position 0. Neither side may use the ring meanwhile.
func (r *Ring) Reset() {
	for i := range r.Len() {
		atomic.StoreUint32(&r.slots[i].seq, uint32(i))
	}
}

// Claim takes the next free slot for a sender. ok is false when the ring is full. Whoever claims a
// slot must fill and Publish it.
//
//go:nosplit
func (r *Ring) Claim(c *Cursor) (s *Slot, pos uint32, ok bool) {
	for {
		p := c.pos.Load()
		s := &r.slots[p&r.mask&(MaxSlots-1)]
		switch d := int32(atomic.LoadUint32(&s.seq) - p); {
		case d == 0:
			if c.pos.CompareAndSwap(p, p+1) {
				return s, p, true
			}
		default:
			// d < 0: full. d > 0: another sender was faster, or, if our position did not move, the
			// far side wrote nonsense, which is a ring that takes nothing.
			if d < 0 || c.pos.Load() == p {
				return nil, 0, false
			}
		}
	}
}

// ClaimAlone is Claim for a side on which nobody else uses the cursor: it saves a locked instruction.
//
//go:nosplit
func (r *Ring) ClaimAlone(c *Cursor) (s *Slot, pos uint32, ok bool) {
	p := c.pos.Load()
	s = &r.slots[p&r.mask&(MaxSlots-1)]
	if atomic.LoadUint32(&s.seq) != p {
		return nil, 0, false
	}
	c.advance(p + 1)
	return s, p, true
}

// TakeAlone is Take for such a side.
//
//go:nosplit
func (r *Ring) TakeAlone(c *Cursor, out *Slot) bool {
	p := c.pos.Load()
	s := &r.slots[p&r.mask&(MaxSlots-1)]
	if atomic.LoadUint32(&s.seq) != p+1 {
		return false
	}
	c.advance(p + 1)
	*out = *s
	storeRelease(&s.seq, p+r.mask+1)
	return true
}

// Publish hands a claimed and filled slot to the receiver. It is not a barrier: what the sender reads
// afterwards (is the receiver asleep?) may be older than the message. It also begins to fetch the
// next slot, which the receiver gave back a lap ago, so that the next Claim does not wait for it.
//
//go:nosplit
func (r *Ring) Publish(s *Slot, pos uint32) {
	storeRelease(&s.seq, pos+1)
	prefetch(&r.slots[(pos+1)&r.mask&(MaxSlots-1)].seq)
}

// Pending reports whether the next message for c is there. It reads one cache line.
//
//go:nosplit
func (r *Ring) Pending(c *Cursor) bool {
	p := c.pos.Load()
	return atomic.LoadUint32(&r.slots[p&r.mask&(MaxSlots-1)].seq) == p+1
}

// Take copies the next message into out and gives its slot back. ok is false when there is none.
//
//go:nosplit
func (r *Ring) Take(c *Cursor, out *Slot) bool {
	for {
		p := c.pos.Load()
		s := &r.slots[p&r.mask&(MaxSlots-1)]
		switch d := int32(atomic.LoadUint32(&s.seq) - (p + 1)); {
		case d == 0:
			if c.pos.CompareAndSwap(p, p+1) {
				*out = *s
				storeRelease(&s.seq, p+r.mask+1)
				return true
			}
		default:
			// As in Claim: empty, or nonsense.
			if d < 0 || c.pos.Load() == p {
				return false
			}
		}
	}
}

// Taken reports whether the receiver has taken the message that was published at pos, by what the slot
// says now.
//
//go:nosplit
func (r *Ring) Taken(pos uint32) bool {
	return atomic.LoadUint32(&r.slots[pos&r.mask&(MaxSlots-1)].seq) != pos+1
}
