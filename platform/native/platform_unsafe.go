package native

import (
	"runtime"
	"sync/atomic"
	"syscall"
	"unsafe"
	_ "unsafe" // for linkname

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/triage"
	"github.com/skerry-os/skerry/ikc"
	"github.com/skerry-os/skerry/lwk/hal"
)

// procPin keeps the runtime from taking the core's goroutine off its thread. Nothing on a core may block
// in Go.
//
//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()

// Platform implements hal.Platform.
type Platform struct {
	calls [triage.Limit]*triage.Call
}

var _ hal.Platform = (*Platform)(nil)

// Boot makes the platform of the cores that Linux has started. It is called once, first of all.
func Boot() *Platform {
	b := boot()
	for i := range int(b.NCores) {
		c := &cores[i]
		c.cpu, c.i, c.poll = &cpus[i], i, polls()
	}
	setupLinks()
	setupVector()
	mem.areas = make([]vma, maxAreas)
	mem.window = [2]uintptr{abi.Granule, windowEnd}
	p := &Platform{}
	for nr := range p.calls {
		p.calls[nr] = triage.Lookup(nr)
	}
	tell(abi.MsgReady, [6]uint64{})
	setClock()
	return p
}

// windowEnd is where the addresses end that Linux lets a program have here.
const windowEnd = 0x7d0000000000

// setClock takes Linux's monotonic time: of several answers, the one that took the least.
func setClock() {
	best := ^uint64(0)
	for range 5 {
		t0 := rdtsc()
		var ts [2]int64
		if linuxClock(clockMonotonic, &ts) != 0 {
			return
		}
		t1 := rdtsc()
		if t1-t0 < best {
			best = t1 - t0
			atomic.StoreUint64(&clockBase, 0)
			clockTicks = t0 + (t1-t0)/2
			clockBase = uint64(ts[0]*1e9 + ts[1])
		}
		var real [2]int64
		if linuxClock(clockRealtime, &real) == 0 {
			realOffset = real[0]*1e9 + real[1] - monotonic()
		}
	}
}

const (
	clockRealtime        = 0
	clockMonotonic       = 1
	clockMonotonicRaw    = 4
	clockRealtimeCoarse  = 5
	clockMonotonicCoarse = 6
	sysClockGettime      = 228
	sysGettimeofday      = 96
)

// realOffset is what to add to the monotonic clock for the time of day.
var realOffset int64

func linuxClock(id uint64, ts *[2]int64) int64 {
	buf := bounceAt(uintptr(thisCore()) * ownSlot)
	r := ask2(sysClockGettime, id, uint64(buf))
	*ts = *at[[2]int64](buf)
	return r
}

// ask2 makes a system call whose pointers are as Linux takes them.
func ask2(nr uint32, a, b uint64) int64 {
	args := [6]uint64{a, b}
	return askCall(abi.MsgCall, nr, &args)
}

func (p *Platform) Cores() int          { return int(boot().NCores) }
func (p *Platform) Core(i int) hal.Core { return &cores[i] }
func (p *Platform) Memory() hal.Memory  { return &mem }
func (p *Platform) User() hal.User      { return user{} }
func (p *Platform) Now() int64          { return monotonic() }
func (p *Platform) Light(int)           {}

// Start implements hal.Platform.
func (p *Platform) Start(i int, loop func()) {
	if i == 0 {
		runCore(0, loop)
		return
	}
	done := make(chan struct{})
	go func() {
		close(done)
		runCore(i, loop)
	}()
	<-done
}

// stayOn ties the goroutine to its thread, and that to a core.
func stayOn(core int) {
	runtime.LockOSThread()
	var set [2]uint64
	set[0] = 1 << core
	syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, 16, uintptr(unsafe.Pointer(&set)))
}

func runCore(i int, loop func()) {
	stayOn(i)
	growStack()
	procPin()
	b := coreBlock(uint32(i))
	b.Ticks = rdtsc()
	atomic.StoreUint32(&b.State, abi.CoreRunning)
	loop()
}

// growStack makes the goroutine's stack large enough for good, and has it get its pages.
//
//go:noinline
func growStack() byte {
	var room [256 << 10]byte
	for i := 0; i < len(room); i += pageSize {
		room[i] = byte(i)
	}
	return room[len(room)/2]
}

// Send implements hal.Platform. Memory that the call points to is made reachable for Linux first.
func (p *Platform) Send(core int, thread, nr uint32, args *[6]uint64) bool {
	if nr == sysMincore {
		cores[core].line.keep(&ikc.Slot{Kind: abi.MsgDone, Thread: thread, Aux: notSent, Args: [6]uint64{mincore(args)}})
		return true
	}
	s := &links.sent[thread]
	s.nr, s.args, s.bounce = nr, *args, 0
	ready, bad := p.prepare(core, s)
	if !ready {
		return false
	}
	if bad {
		p.release(s)
		cores[core].line.keep(&ikc.Slot{Kind: abi.MsgDone, Thread: thread, Aux: notSent, Args: [6]uint64{eFAULT}})
		return true
	}
	if !post(abi.MsgCall, core, thread, nr, &s.args) {
		p.release(s)
		return false
	}
	atomic.AddInt32(&links.out, 1)
	return true
}

const sysMincore = 27

// mincore answers mincore(2) for a range that is mapped: Linux cannot, and what is mapped here is there.
func mincore(args *[6]uint64) uint64 {
	var ones [64]byte
	b := unsafe.Slice((*byte)(pointerTo(uintptr(unsafe.Pointer(&ones)))), len(ones))
	for i := range b {
		b[i] = 1
	}
	for n, at := (uintptr(args[1])+pageSize-1)/pageSize, uintptr(args[2]); n > 0; {
		k := min(n, uintptr(len(b)))
		if (user{}).CopyOut(at, b[:k]) != 0 {
			return eFAULT
		}
		n, at = n-k, at+k
	}
	return 0
}

// partial tells whether a call that meets a bad address on its way does the part before it.
func partial(nr uint32) bool {
	switch nr {
	case syscall.SYS_READ, syscall.SYS_WRITE, syscall.SYS_PREAD64, syscall.SYS_PWRITE64:
		return true
	}
	return false
}

// given tells whether argument i is as the program passed it, in the call that its core is in: then an
// address of the LWK's is a lie. What the LWK passes for itself it puts in place of what it was given.
func given(core, i int, arg uint64) bool {
	ctx := at[context](cpus[core].ctx)
	return cpus[core].ctx != 0 && arg == [6]uint64{ctx.RDI, ctx.RSI, ctx.RDX, ctx.R10, ctx.R8, ctx.R9}[i]
}

// prepare translates and checks a call's pointers. Not ready: there is no memory for a copy just now. bad:
// the program passed an address that cannot be one of its own.
func (p *Platform) prepare(core int, s *sent) (ready, bad bool) {
	c := p.call(s.nr)
	if c == nil {
		return true, false
	}
	for i := range c.Args {
		a := &c.Args[i]
		addr := s.args[i]
		switch {
		case addr == 0 || !a.Kind.Pointer() && !(a.Kind.MayPoint() && isOwn(addr)):
		case isOwn(addr) && given(core, i, addr):
			if n := extent(c, i, &s.args); n != 0 && a.Kind.Pointer() {
				return true, true
			}
		case isOwn(addr):
			if s.bounce == 0 {
				if s.bounce = takeBounce(); s.bounce == 0 {
					return false, false
				}
			}
			to := bounceAt(bounce.begin + uintptr(s.bounce-1)*callSlot)
			move(to, uintptr(addr), min(ownLength(c, i, &s.args), callSlot))
			s.args[i] = uint64(to)
		default:
			n := extent(c, i, &s.args)
			if n == 0 {
				continue
			}
			have := mem.ensure(uintptr(addr), n, a.Kind.Out())
			switch {
			case have == 0:
				return true, true
			case have < n && a.Len >= 0 && partial(s.nr):
				s.args[a.Len] = uint64(have) // Linux stops there as well
			case have < n && c.Args[i].Kind.Flat() && a.Len < 0:
				return true, true
			}
		}
	}
	return true, false
}

func (p *Platform) call(nr uint32) *triage.Call {
	if nr >= triage.Limit {
		return nil
	}
	return p.calls[nr]
}

func (p *Platform) release(s *sent) {
	if s.bounce != 0 {
		atomic.StoreUint32(&bounce.used[s.bounce-1], 0)
		s.bounce = 0
	}
}

// Receive implements hal.Platform.
func (p *Platform) Receive(core int, m *ikc.Slot) bool {
	l := &cores[core].line
	for {
		if l.head != l.tail {
			*m = l.kept[l.head%keptSlots]
			l.head++
			if m.Kind == abi.MsgDone && m.Aux == notSent {
				return true
			}
		} else if !l.replies.TakeAlone(&l.takeAt, m) {
			break
		}
		if m.Kind == abi.MsgSignal || m.Kind == abi.MsgMemory {
			return true
		}
		if m.Thread >= abi.MaxThreads {
			continue // nobody waits for that
		}
		s := &links.sent[m.Thread]
		if m.Kind == abi.MsgPopulate {
			mem.ensure(uintptr(m.Args[0]), uintptr(m.Args[1]), m.Args[2] != 0)
			mustPost(abi.MsgCall, core, m.Thread, s.nr, &s.args)
			continue
		}
		p.release(s)
		atomic.AddInt32(&links.out, -1)
		return true
	}
	if atomic.LoadUint32(&mem.oom) != 0 && atomic.SwapUint32(&mem.oom, 0) != 0 {
		*m = ikc.Slot{Kind: abi.MsgMemory}
		return true
	}
	return false
}

func cancelWord(thread uint32) *uint32 {
	return at[uint32](abi.LinearBase + uintptr(boot().Cancel.Off) + uintptr(thread)*4)
}

// Interrupt implements hal.Platform.
func (p *Platform) Interrupt(thread uint32) {
	atomic.StoreUint32(cancelWord(thread), abi.Cancelled)
	mustPost(abi.MsgInterrupt, int(thisCore()), thread, 0, &[6]uint64{})
}

// Resume implements hal.Platform.
func (p *Platform) Resume(thread uint32) { atomic.StoreUint32(cancelWord(thread), abi.CancelNone) }

// Inline implements hal.Platform: a call that the proxy makes at once, while the core waits.
func (p *Platform) Inline(nr uintptr, args *[6]uint64) int64 {
	switch nr {
	case sysClockGettime:
		if r, ok := localClock(args); ok {
			return r
		}
	case sysGettimeofday:
		now := monotonic() + realOffset
		if args[0] != 0 && isOwn(args[0]) {
			*at[[2]int64](uintptr(args[0])) = [2]int64{now / 1e9, now % 1e9 / 1e3}
			args[0] = 0
		}
	case syscall.SYS_SHMAT, syscall.SYS_MMAP, syscall.SYS_MUNMAP, syscall.SYS_MREMAP, syscall.SYS_MPROTECT:
		return -int64(syscall.ENOSYS) // memory is not Linux's to change here
	case syscall.SYS_PAUSE:
		for {
			cores[thisCore()].border()
			rest(getCPU(), 1e8)
		}
	case syscall.SYS_WRITE:
		return p.inlineWrite(args)
	}
	return p.inline(nr, args)
}

// inlineWrite writes in pieces that fit.
func (p *Platform) inlineWrite(args *[6]uint64) int64 {
	done := int64(0)
	for {
		a := [6]uint64{args[0], args[1] + uint64(done), min(args[2]-uint64(done), ownSlot)}
		n := p.inline(syscall.SYS_WRITE, &a)
		if n < 0 && done == 0 {
			return n
		}
		if n <= 0 {
			return done
		}
		if done += n; uint64(done) >= args[2] {
			return done
		}
	}
}

func (p *Platform) inline(nr uintptr, args *[6]uint64) int64 {
	c := p.call(uint32(nr))
	send := *args
	if c == nil {
		return askCall(abi.MsgCall, uint32(nr), &send)
	}
	base := uintptr(thisCore()) * ownSlot
	used := uintptr(0)
	var at, length [6]uintptr
	for i := range c.Args {
		a := &c.Args[i]
		addr := args[i]
		switch {
		case addr == 0 || !a.Kind.Pointer() && !(a.Kind.MayPoint() && isOwn(addr)):
		case isOwn(addr) && given(int(thisCore()), i, addr):
			if a.Kind.Pointer() {
				return -int64(syscall.EFAULT)
			}
		case isOwn(addr):
			n := ownLength(c, i, args)
			if n > ownSlot-used {
				if a.Len < 0 || used != 0 {
					return -int64(syscall.ENAMETOOLONG)
				}
				n = ownSlot // less at a time than was asked for
				send[a.Len] = ownSlot
			}
			at[i], length[i] = bounceAt(base+used), n
			if a.Kind.In() || !a.Kind.Pointer() {
				move(at[i], uintptr(addr), n)
			}
			send[i] = uint64(at[i])
			used += (n + 15) &^ 15
		default:
			mem.ensure(uintptr(addr), extent(c, i, args), a.Kind.Out())
		}
	}
	r := askCall(abi.MsgCall, uint32(nr), &send)
	for i := range c.Args {
		if k := c.Args[i].Kind; at[i] != 0 && (k.Out() || !k.Pointer()) {
			move(uintptr(args[i]), at[i], length[i])
		}
	}
	return r
}

// localClock answers clock_gettime from the processor's own counter, for a buffer of the LWK's.
func localClock(args *[6]uint64) (int64, bool) {
	now := monotonic()
	switch args[0] {
	case clockMonotonic, clockMonotonicRaw, clockMonotonicCoarse:
	case clockRealtime, clockRealtimeCoarse:
		now += realOffset
	default:
		return 0, false
	}
	if !isOwn(args[1]) {
		return 0, false
	}
	*at[[2]int64](uintptr(args[1])) = [2]int64{now / 1e9, now % 1e9}
	return 0, true
}

// Stop implements hal.Platform.
func (p *Platform) Stop(sig int) { ask(abi.MsgStop, [6]uint64{uint64(sig)}) }

// ChildSignal implements hal.Platform.
func (p *Platform) ChildSignal(ignored bool, flags uint64) {
	a := [6]uint64{0, flags}
	if ignored {
		a[0] = 1
	}
	told.child = a
	ask(abi.MsgChild, a)
}

// Leave implements hal.Platform.
func (p *Platform) Leave(set uint64) {
	told.leave = set
	ask(abi.MsgLeave, [6]uint64{set})
}

// told is what the proxy knows of the program's signals: a forked child's must be told as well.
var told struct {
	child [6]uint64
	leave uint64
}

// Exit implements hal.Platform.
func (p *Platform) Exit(status int) { end(abi.MsgExit, uint64(status)) }

// Die implements hal.Platform.
func (p *Platform) Die(sig int) { end(abi.MsgDie, uint64(sig)) }

// Collect implements hal.Platform: the proxy passes signals on before it answers.
func (p *Platform) Collect() { ask(abi.MsgSync, [6]uint64{}) }

// Alone is not possible here: the proxy's threads stay.
func (p *Platform) Alone(int, uintptr, *[6]uint64, int, bool) (int64, bool) {
	return -int64(syscall.EPERM), false
}

// Everywhere implements hal.Platform as far as the proxy makes such calls.
func (p *Platform) Everywhere(nr uintptr, args *[6]uint64) int64 { return p.Inline(nr, args) }

// Hold implements hal.Platform.
func (p *Platform) Hold() { ask(abi.MsgLeave, [6]uint64{^uint64(0)}) }
