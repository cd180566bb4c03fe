package process

import (
	"sync/atomic"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/ikc"
)

const (
	maxCores     = 64
	maxProxies   = 4096
	requestSlots = 64
	replySlots   = 256
	proxyStack   = 32 << 10
)

// enclave is what the cores, the proxies, the monitor and the listener of one program share. It
// lies outside the Go heap and holds no pointer into it, because most of its users are threads that
// the Go runtime does not know.
type enclave struct {
	// Written by whoever sends calls: the cores.
	sendAt ikc.Cursor
	// Written by the proxies.
	takeAt  ikc.Cursor
	pollers atomic.Int32 // proxies that poll for calls now
	_       [60]byte
	asleep  atomic.Int32 // proxies that sleep, or are about to
	bell    uint32       // futex word: changes when a sleeping proxy should look
	_       [56]byte

	requests ikc.Ring
	ncores   int
	all      int   // cores that the enclave has, those that a forked child does not run included
	npollers int32 // how many proxies may poll at once: the Linux cores, at most four
	spin     uint32
	pid      uintptr
	tls      uintptr // dummy TLS block of the raw threads
	linux    cpuMask // where they run
	limit    uint64  // bytes of memory the program may hold, 0: not watched

	left     uint64 // signals that the listener leaves pending
	listener uint32 // its thread id
	crew     uint32 // proxies and listener were started

	monitorTID uint32 // the monitor's
	uncounted  uint64 // what core.fast counts when nobody observes
	kept       uint64 // signals that Linux keeps pending for signalfd
	turn       uint64 // counts those who began on another core; see next
	monitored  uint32 // the monitor was started
	ownLeft    uint32 // own calls until they are shipped, 0: all

	collect   uint32 // asks the listener for all that is there; counts
	collected uint32 // up to which it has answered; a futex word

	monitor  monitor
	nproxies atomic.Int32
	home     uint32 // core that gets what is for no core in particular
	family   uint32 // this process was forked
	shared   bool   // the cores have to share their CPUs with the Linux side: nobody may spin
	ship     bool   // no own calls: what proxies do is recorded
	_        [32]byte

	cores   [maxCores]core
	proxies [maxProxies]proxy
	calls   [abi.MaxThreads]call
}

// call is what the two sides know of a thread's shipped call besides the message: which proxy
// executes it, and whether it is to be interrupted. A line each; the LWK touches it only to
// interrupt.
type call struct {
	proxy  uint32 // Linux thread id of the proxy, 0: not taken yet, or complete
	cancel uint32
	_      [56]byte
}

// enc is the enclave of this process; one process runs one program.
var enc *enclave
