package native

import (
	"sync/atomic"
	"unsafe"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/abi/triage"
	"github.com/skerry-os/skerry/ikc"
)

// The channels to the proxy. Requests of all cores go into one ring, answers come in one ring for each
// core. What the LWK asks for itself (ask, Inline) waits for its answer on the spot; messages for others
// that come meanwhile are kept for Receive.

var links struct {
	requests ikc.Ring
	sendAt   ikc.Cursor
	mapLog   ikc.Ring
	mapAt    ikc.Cursor
	alone    bool // one core
	sent     []sent
	out      int32 // calls of threads that are at Linux
}

// notSent is Aux in answers that the LWK has given itself.
const notSent = 1 << 31

// sent is the call of a thread that is at Linux, kept in case it has to be sent again.
type sent struct {
	nr     uint32
	bounce uint32 // slot of the bounce memory plus one
	args   [6]uint64
}

// line is a core's end of the channels.
type line struct {
	replies ikc.Ring
	takeAt  ikc.Cursor
	kept    []ikc.Slot // a ring: messages that came while something else was waited for
	head    uint32
	tail    uint32
}

const keptSlots = 2 * abi.MaxThreads // a call for each thread, and signals

func (l *line) keep(m *ikc.Slot) {
	l.kept[l.tail%keptSlots] = *m
	l.tail++
}

func ringOf(s abi.Section, i int, n uint64) ikc.Ring {
	r, err := ikc.At(abi.LinearBase+uintptr(s.Off)+uintptr(i)*uintptr(n), int(n/ikc.SlotSize))
	if err != nil {
		panic(err)
	}
	return r
}

func setupLinks() {
	b := boot()
	links.sent = make([]sent, abi.MaxThreads)
	for i := range int(b.NCores) {
		cores[i].line.kept = make([]ikc.Slot, keptSlots)
	}
	tie()
}

// tie takes the ends of this instance's channels, which are empty.
func tie() {
	b := boot()
	links.requests = ringOf(b.Requests, 0, b.Requests.Len)
	links.mapLog = ringOf(b.MapLog, 0, b.MapLog.Len)
	links.sendAt.Reset()
	links.mapAt.Reset()
	links.alone, links.out = b.NCores == 1, 0
	bounce.begin = uintptr(b.NCores) * ownSlot
	bounce.n = int(min((uintptr(b.Bounce.Len)-bounce.begin)/callSlot, callSlots))
	clear(bounce.used[:])
	for i := range int(b.NCores) {
		l := &cores[i].line
		l.replies = ringOf(b.Replies, i, enclave.ReplySlots*ikc.SlotSize)
		l.takeAt.Reset()
		l.head, l.tail = 0, 0
	}
}

// polls reports whether this instance's proxy cannot ring.
func polls() bool {
	return boot().ToLWK.Kind == abi.BellPoll || atomic.LoadUint32(&proxyBlock().Mute) != 0
}

// post sends a message to Linux; false: the ring is full.
func post(kind uint32, core int, thread, nr uint32, args *[6]uint64) bool {
	var s *ikc.Slot
	var pos uint32
	var ok bool
	if links.alone {
		s, pos, ok = links.requests.ClaimAlone(&links.sendAt)
	} else {
		s, pos, ok = links.requests.Claim(&links.sendAt)
	}
	if !ok {
		return false
	}
	s.Kind, s.Thread, s.Aux, s.Args = kind|uint32(core)<<8, thread, nr, *args
	links.requests.Publish(s, pos)
	bell := &boot().ToLinux
	if bell.Kind == abi.BellIPI {
		fence() // the message, then the question whether anybody looks
		if atomic.LoadUint32(&proxyBlock().Asleep) != 0 {
			sendIPI(bell.Target, bell.Vector)
		}
	}
	return true
}

// mustPost is for messages that must not be lost: Linux empties the ring.
func mustPost(kind uint32, core int, thread, nr uint32, args *[6]uint64) {
	for !post(kind, core, thread, nr, args) {
		pause()
		commands(core)
	}
}

// tell sends a message that has no answer.
func tell(kind uint32, args [6]uint64) { mustPost(kind, int(thisCore()), 0, 0, &args) }

// ask sends a message of the LWK's own and waits for the answer.
func ask(kind uint32, args [6]uint64) int64 { return askCall(kind, 0, &args) }

func askCall(kind, nr uint32, args *[6]uint64) int64 { return askMore(kind, nr, args, nil) }

// askMore also takes the answer's second word.
func askMore(kind, nr uint32, args *[6]uint64, more *uint64) int64 {
	i := int(thisCore())
	me := abi.InlineThread(i)
	mustPost(kind, i, me, nr, args)
	l := &cores[i].line
	var m ikc.Slot
	turns := 0
	for {
		if !l.replies.TakeAlone(&l.takeAt, (*ikc.Slot)(pointerTo(uintptr(unsafe.Pointer(&m))))) {
			if turns++; turns < askTurns || !among(cores[i].cpu) {
				pause()
			} else {
				turns = 0
				rest(cores[i].cpu, watchTime)
				if tend(); i == 0 && atomic.LoadUint32(&ending.begun) == 1 && ending.kind == 0 {
					depart() // its process is dead: there will be no answer
				}
			}
			commands(i)
			continue
		}
		if m.Thread != me || m.Kind == abi.MsgSignal || m.Kind == abi.MsgMemory {
			l.keep(&m)
			continue
		}
		if m.Kind == abi.MsgPopulate {
			mem.ensure(uintptr(m.Args[0]), uintptr(m.Args[1]), m.Args[2] != 0)
			mustPost(kind, i, me, nr, args)
			continue
		}
		if more != nil {
			*more = m.Args[1]
		}
		return int64(m.Args[0])
	}
}

// askTurns is how often an instance looks for an answer before others get the core.
const askTurns = 200

// commands does what Linux has written for the core, and shows that it is alive.
func commands(i int) {
	b := coreBlock(uint32(i))
	b.Beat++
	if atomic.LoadUint32(&b.Command) == abi.CommandPark {
		park()
	}
	if renewed != 0 && atomic.LoadUint32(&at[abi.CoreBlock](own().block).Command) == abi.CommandRestart {
		restart()
	}
}

// Memory of the LWK's that a call points to is copied to where Linux can see it and back: a slot for
// each core's own calls, and slots for calls of threads.
const (
	ownSlot   = 16 << 10
	callSlot  = 4 << 10
	callSlots = (enclave.BounceSize - ownSlot) / callSlot
)

var bounce struct {
	begin uintptr // of slots for calls of threads
	n     int     // how many
	used  [callSlots]uint32
}

func bounceAt(off uintptr) uintptr { return abi.LinearBase + uintptr(boot().Bounce.Off) + off }

// takeBounce finds a free slot for a thread's call; the number plus one, 0: none.
func takeBounce() uint32 {
	for i := range bounce.used[:bounce.n] {
		if atomic.CompareAndSwapUint32(&bounce.used[i], 0, 1) {
			return uint32(i + 1)
		}
	}
	return 0
}

// extent is how many bytes argument i of a call covers.
func extent(c *triage.Call, i int, args *[6]uint64) uintptr {
	a := &c.Args[i]
	if n, ok := c.Extent(i, args); ok {
		return uintptr(n)
	}
	if a.Kind == triage.Path || a.Kind == triage.String {
		return 1 // it may end at once; Linux asks for more
	}
	return uintptr(max(a.Size, 1))
}

// ownLength is extent for memory of the LWK's, where strings can be looked at.
func ownLength(c *triage.Call, i int, args *[6]uint64) uintptr {
	if k := c.Args[i].Kind; k == triage.Path || k == triage.String {
		n := uintptr(0)
		for n < callSlot-1 && *at[byte](uintptr(args[i]) + n) != 0 {
			n++
		}
		return n + 1
	}
	if c.Args[i].Kind.MayPoint() {
		return 16 // a thread's name: all that the LWK passes like this
	}
	return extent(c, i, args)
}

func isOwn(addr uint64) bool { return addr >= abi.LinearBase }
