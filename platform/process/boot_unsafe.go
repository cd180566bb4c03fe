package process

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"syscall"
	"unsafe"

	"github.com/skerry-os/skerry/fwk/rawcall"
	"github.com/skerry-os/skerry/ikc"
	"github.com/skerry-os/skerry/lwk/hal"
)

// Config is what a boot needs to know.
type Config struct {
	CPUs      []int  // the enclave's
	ProxyCPUs []int  // where proxies, monitor and listener run
	Limit     uint64 // bytes of memory
	Verbose   bool   // the watchdog reports
	// Isolated says that fwk/isolate was asked to keep others off the enclave's CPUs for this process.
	Isolated bool
	// Lookup finds the mapping of a program address, for the rewriting of call sites; it must not
	// allocate or block.
	Lookup func(addr uintptr) (Mapping, bool)
	// RewriteAfter is how many traps of a call site come before it is rewritten; 0 leaves all as they
	// are. At most 65535.
	RewriteAfter int
	// Kin says that this process was forked before it executed its program: it begins with own calls.
	Kin bool
	// Ship says that no call is the core's own in this process, until it forks: who records wants to see
	// proxies.
	Ship bool
	// EveryCall has every system call come to the LWK, also those that assembly could answer.
	EveryCall bool
}

func init() {
	if startSP != 0 {
		growStack() // once, and not step by step
	}
	restoreSlack() // the runtime's monitor has its own by now
	if startExecuted != 0 {
		// What the runtime remembers is our 0.
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: startFiles[1], Max: startFiles[1]})
	}
}

// Started reports whether this process was started to run a program. Then all is to be done while packages
// are initialized, in an init function: core 0 is the process's first thread, whose id is the program's, and
// as long the runtime keeps the main goroutine there. (To ask for that, runtime.LockOSThread, would make it
// start one more thread.)
func Started() bool { return startSP != 0 }

// Boot makes this process an enclave: the raw threads run, nothing of the program exists yet. It is
// called once, on the main goroutine. What it takes (threads, memory) ends with the process.
func Boot(cfg Config) (*Platform, error) {
	if startSP == 0 {
		return nil, fmt.Errorf("process platform: this process was not started to run a program (the verb must be the first argument)")
	}
	if len(cfg.CPUs) == 0 || len(cfg.CPUs) > maxCores {
		return nil, fmt.Errorf("process platform: %d cores: from 1 to %d are possible", len(cfg.CPUs), maxCores)
	}
	addresses(&symbols)
	makeLight()
	watchdog.on = cfg.Verbose
	textLow, textHigh = symbols[0], symbols[1]
	cutFrom, cutTo, cutAt = rawcall.Range()
	if err := makeEnclave(cfg); err != nil {
		return nil, fmt.Errorf("process platform: no memory for the enclave's own structures: %w", err)
	}
	if err := installHandlers(); err != nil {
		return nil, err
	}
	text.lookup, text.hot = cfg.Lookup, uint64(cfg.RewriteAfter)
	if cfg.Isolated {
		isolated.find()
	}
	// After an execve the thread is on its core's CPU already, and makes no threads.
	if err := moveThreads(&enc.linux, cfg.Kin); err != nil {
		return nil, err
	}
	giveBack()
	enc.ship = cfg.Ship
	return &Platform{kin: cfg.Kin}, nil
}

func makeEnclave(cfg Config) error {
	a, err := mapAnonymous(unsafe.Sizeof(enclave{}))
	if err != nil {
		return err
	}
	e := at[enclave](a)
	enc = e
	e.ncores, e.all = len(cfg.CPUs), len(cfg.CPUs)
	e.linux = maskOf(cfg.ProxyCPUs)
	e.npollers = int32(max(1, min(4, len(cfg.ProxyCPUs))))
	e.spin = spinBudget
	for _, c := range cfg.ProxyCPUs {
		for _, d := range cfg.CPUs {
			e.shared = e.shared || c == d
		}
	}
	if e.shared {
		e.spin = 0
	}
	pid, _ := raw(sysGetpid, 0, 0, 0, 0, 0, 0)
	e.pid, e.limit = pid, cfg.Limit
	if base := peakMemory(); e.limit != 0 && base >= e.limit {
		e.limit += base // the peak of what this process was before an execve
	}
	if e.requests, err = makeRing(requestSlots); err != nil {
		return err
	}
	for i := range e.ncores {
		c := &e.cores[i]
		c.self = addressOf(c)
		c.index, c.cpu = uint32(i), cfg.CPUs[i]
		c.entry = symbols[symEntry]
		if cfg.EveryCall {
			c.entry = symbols[symAll]
		}
		c.fast = addressOf(&e.uncounted)
		c.pid, c.tid = uint32(pid), uint32(pid)
		if c.replies, err = makeRing(replySlots); err != nil {
			return err
		}
	}
	if e.tls, err = mapAnonymous(4096); err != nil {
		return err
	}
	e.tls += 2048
	if err := vector.setup(); err != nil {
		return err
	}
	return text.setup()
}

// spinBudget is how often a poller looks before it sleeps: a few hundred microseconds.
const spinBudget = 20000

func makeRing(n int) (ikc.Ring, error) {
	a, err := mapAnonymous(uintptr(n * ikc.SlotSize))
	if err != nil {
		return ikc.Ring{}, err
	}
	r, err := ikc.At(a, n)
	if err == nil {
		r.Reset()
	}
	return r, err
}

const (
	saSiginfo  = 0x4
	saOnstack  = 0x08000000
	saRestorer = 0x04000000
	saNodefer  = 0x40000000
)

// actionFor is the action with our handler. For a signal of the program's it runs with a closed mask; see
// own_unsafe.go.
func actionFor(sig int) sigaction {
	sa := sigaction{handler: symbols[symHandler], restorer: symbols[symRestorer],
		flags: saSiginfo | saOnstack | saRestorer | saNodefer}
	if uint64(syncSignals|1<<(sigKick-1))>>(sig-1)&1 == 0 {
		sa.flags &^= saNodefer
		sa.mask = coreMask
	}
	return sa
}

func installHandlers() error {
	for sig := 1; sig <= 64; sig++ {
		if sig == int(syscall.SIGKILL) || sig == int(syscall.SIGSTOP) {
			continue
		}
		sa := actionFor(sig)
		if err := setHandler(sig, &sa); err != 0 {
			return fmt.Errorf("process platform: cannot handle signal %d: %w", sig, err)
		}
	}
	return nil
}

// startMonitor starts the monitor alone.
func (e *enclave) startMonitor() error {
	setSigmask(^uint64(0))
	defer setSigmask(coreMask)
	e.monitored = 1
	return e.startHelper(symMonitor)
}

// startThreads starts the raw threads that there are not yet.
func (e *enclave) startThreads(proxies int) error {
	// They block everything; a proxy then lets the kick through.
	setSigmask(^uint64(0))
	defer setSigmask(coreMask)
	if e.monitored == 0 {
		e.monitored = 1
		if err := e.startHelper(symMonitor); err != nil {
			return err
		}
	}
	e.crew = 1
	if err := e.startHelper(symListener); err != nil {
		return err
	}
	for range proxies {
		e.spawnProxy()
	}
	if e.nproxies.Load() == 0 {
		return fmt.Errorf("process platform: no proxy could be started; raise the limit on processes (ulimit -u)")
	}
	return nil
}

func (e *enclave) startHelper(entry int) error {
	stack, err := mapAnonymous(proxyStack)
	if err != nil {
		return fmt.Errorf("process platform: stack of a helper thread: %w", err)
	}
	tid := rawThread(cloneThreadFlags, stack+proxyStack, symbols[entry], 0, e.tls, 0)
	if int64(tid) < 0 {
		return fmt.Errorf("process platform: no thread for the Linux side: %w; raise the limit on processes (ulimit -u)", syscall.Errno(-int64(tid)))
	}
	e.sendAway(tid)
	return nil
}

// sendAway moves a raw thread to Linux's CPUs. It does that itself, too, but would wait for the core that
// made it.
//
//go:nosplit
func (e *enclave) sendAway(tid uintptr) {
	isolated.leave(tid)
	setAffinity(tid, &e.linux)
}

// moveThreads binds every thread of the process to the given CPUs; threads made later inherit it, but those
// of a caller that stays where it is. It has all others block the program's signals as well: the runtime
// unblocks some (sighandler, foreign).
func moveThreads(m *cpuMask, stay bool) error {
	if !stay {
		isolated.leave(0)
		setAffinity(0, m)
	}
	fd, err := syscall.Open("/proc/self/task", syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("process platform: /proc/self/task: %w; is /proc mounted?", err)
	}
	defer syscall.Close(fd)
	var buf [4096]byte
	for {
		n, err := syscall.ReadDirent(fd, buf[:])
		if err != nil || n <= 0 {
			return err
		}
		_, _, names := syscall.ParseDirent(buf[:n], -1, nil)
		for _, s := range names {
			tid := uintptr(0)
			for _, d := range []byte(s) {
				tid = tid*10 + uintptr(d-'0')
			}
			if tid == enc.pid {
				continue // the caller
			}
			isolated.leave(tid)
			setAffinity(tid, m)
			raw(sysTgkill, enc.pid, tid, uintptr(syscall.SIGCHLD), 0, 0, 0)
		}
	}
}

// Start implements hal.Platform.
func (p *Platform) Start(i int, loop func()) {
	if i != 0 {
		go p.runCore(i, loop)
		return
	}
	p.runCore(0, loop)
}

func (p *Platform) runCore(i int, loop func()) {
	if i != 0 {
		runtime.LockOSThread()
		restoreSlack()
	} else {
		if err := p.begin(); err != nil {
			p.fail(err.Error())
		}
	}
	growStack()
	c := &enc.cores[i]
	tid, _ := raw(sysGettid, 0, 0, 0, 0, 0, 0)
	c.thread = tid
	if t := recording.tids[i]; t != nil {
		atomic.StoreUint32(t, uint32(tid))
	}
	if i != 0 {
		procPin()
	}
	setSigmask(coreMask)
	c.gofs = getFS()
	c.makeShadow()
	setGS(c.self)
	c.keepSignalStack()
	if i != 0 {
		atomic.AddInt32(&pinned, 1)
	} else {
		// A fork must find every processor of the runtime with its core: see docs, "Fork".
		for int(atomic.LoadInt32(&pinned)) < enc.ncores-1 {
			briefly()
		}
		procPin()
	}
	if mark(&begun[i].at) != 0 {
		p.revived(c)
	} else {
		p.bind(c)
	}
	loop()
}

// begin starts the raw threads that the program needs from the start on. Not before it is loaded, which
// they would only slow down by polling.
func (p *Platform) begin() error {
	e := enc
	switch {
	case p.kin: // no levels, and no limit but that of mmap
		e.limit = 0
	case e.ship:
		return e.startThreads(2)
	default:
		e.ownLeft = ownCalls
		if e.shared {
			e.ownLeft = 0
		}
		if err := e.startMonitor(); err != nil {
			return err
		}
	}
	e.cores[0].own = 1
	return nil
}

// pinned counts the cores besides the home core that have pinned their goroutine.
var pinned int32

// bind makes the calling thread the core's: on its CPU, with its system calls dispatched.
func (p *Platform) bind(c *core) {
	m := maskOf([]int{c.cpu})
	isolated.enter()
	setAffinity(0, &m)
	p.dispatch()
}

// dispatch has Linux send SIGSYS for every system call of the calling thread that is not made in the
// LWK's own text.
func (p *Platform) dispatch() {
	if _, err := raw(sysPrctl, prSetDispatch, 1, textLow, textHigh-textLow, 0, 0); err != 0 {
		p.fail("prctl(PR_SET_SYSCALL_USER_DISPATCH): the kernel refuses; see skerry check")
	}
}

// Say writes to the program's standard error, on the calling thread.
func (p *Platform) Say(msg string) {
	raw(syscall.SYS_WRITE, 2, uintptr(unsafe.Pointer(unsafe.StringData(msg))), uintptr(len(msg)), 0, 0, 0)
}

func (p *Platform) fail(msg string) {
	p.Say("skerry: " + msg + "\n")
	p.Exit(125)
}

// Ranges returns the address ranges that are this process's own and that a program might ask for by
// number: the image. The rest of the LWK's memory is above all that programs name, and a mapping
// over it is refused by Linux (MAP_FIXED_NOREPLACE).
func (p *Platform) Ranges() [][2]uintptr {
	return [][2]uintptr{{textLow &^ 0xffff, imageEnd()}}
}

// PoolMemory gets memory for the program's small mappings: huge pages from the second on (the
// first one stays small, so that a program that needs little does not wait for 2 MiB of zeros).
func (p *Platform) PoolMemory(size uintptr) (base, got uintptr, err error) {
	const huge = 2 << 20
	size = (size + huge - 1) &^ (huge - 1)
	a, err := mapAnonymous(size + huge)
	if err != nil {
		return 0, 0, fmt.Errorf("process platform: memory pool of %d MiB: %w", size>>20, err)
	}
	base = (a + huge - 1) &^ (huge - 1)
	raw(sysMadvise, base+huge, size-huge, 14, 0, 0, 0) // MADV_HUGEPAGE, where there are any
	return base, size, nil
}

// Initial is what Linux gave this process for the program.
type Initial struct {
	Args, Env []string
	Aux       []byte
	Ignored   uint64 // signals, bit n-1
	Mask      uint64
}

// Given returns the start-up values as the entry point kept them, from the stack that Linux made. The strings refer to
// that stack, which nobody unmaps.
func Given() Initial {
	g := Initial{Ignored: startIgnored, Mask: startMask}
	if startSP == 0 {
		return g
	}
	// argc and argv were moved down by three words; the rest is where it was.
	argc := int(*at[uint64](startSP - 24))
	for i := range argc {
		g.Args = append(g.Args, cstring(*at[uintptr](startSP - 16 + uintptr(i)*8)))
	}
	a := startSP + 8 + uintptr(argc)*8 + 8
	for *at[uintptr](a) != 0 {
		g.Env = append(g.Env, cstring(*at[uintptr](a)))
		a += 8
	}
	a += 8
	n := uintptr(0)
	for *at[uint64](a + n) != 0 {
		n += 16
	}
	g.Aux = bytesAt(a, int(n+16))
	return g
}

func cstring(a uintptr) string {
	n := 0
	for *at[byte](a + uintptr(n)) != 0 {
		n++
	}
	return unsafe.String((*byte)(unsafe.Add(unsafe.Pointer(nil), a)), n)
}

var _ hal.Memory = memory{}

// Random returns random bytes from Linux.
func (p *Platform) Random() (b [16]byte) {
	raw(318, uintptr(unsafe.Pointer(&b)), uintptr(len(b)), 0, 0, 0, 0) // getrandom
	return b
}

// Restore puts back what the Go runtime changed for itself and the program would notice: it closes
// those of the descriptors 0 to 2 that were closed when this process began (the runtime has opened
// /dev/null there), and the limit on open files is again what it was.
func (p *Platform) Restore() {
	raw(302, 0, 7, uintptr(unsafe.Pointer(&startFiles)), 0, 0, 0) // prlimit64(RLIMIT_NOFILE)
	for fd := range 3 {
		if startClosed>>fd&1 != 0 {
			syscall.Close(fd)
		}
	}
}
