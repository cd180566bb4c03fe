// Package observe owns what is made of the counters of running enclaves (fwk/enclave): snapshots, and
// what `skerry stats`, `metrics` and `top` show of them; and recording from outside (`skerry trace`).
// It only reads, but for the switches by which an enclave is asked to record.
package observe

import (
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/fwk/enclave"
	"github.com/skerry-os/skerry/fwk/procfs"
	"github.com/skerry-os/skerry/lwk/mem"
	"github.com/skerry-os/skerry/lwk/record"
)

// Snapshot is an enclave's counters at a moment.
type Snapshot struct {
	Entry  *enclave.Entry
	Uptime time.Duration
	Clock  record.Clock // from the enclave's beginning to now

	Cores     []Core
	Total     record.Counters // of all cores, and of forked processes
	Processes int             // that live
	Missed    uint64          // forked processes that were not counted
	Proxies   []record.Proxy  // that were made, those that are counted
	Made      int             // all that were made
	Threads   int             // of the first process
	Resident  uint64          // bytes, of the first process
	Pool      uint64          // bytes of the pool in use
	Memory    []record.Bytes  // mapped, by kind
}

// Core is one core's part. Idle is how long it had nothing to do so far.
type Core struct {
	CPU     int
	Idle    time.Duration
	Running uint32 // the thread that has it, 0: none
	TID     int    // of the core's thread in Linux
	record.Counters
}

// Take reads an enclave's counters. It fails when the entry is gone.
func Take(e *enclave.Entry) (*Snapshot, error) {
	b, err := enclave.Open(e.Path())
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return From(b)
}

// From is Take of a board that the caller has open; the enclave may have ended.
func From(b *enclave.Board) (*Snapshot, error) {
	counters, err := b.Counters()
	if err != nil {
		return nil, err
	}
	s := &Snapshot{Entry: b.Entry()}
	s.Uptime = s.Entry.Uptime()
	ticks, mono := s.Entry.Reading()
	now := record.Ticks()
	s.Clock = record.ClockBetween(ticks, now, mono, monotonic())
	for i, c := range counters {
		k := Core{Counters: *c}
		if i < len(s.Entry.CPUs) {
			k.CPU = s.Entry.CPUs[i]
		}
		if tids := b.TIDs(); i < len(tids) {
			k.TID = int(atomic.LoadUint32(&tids[i]))
		}
		if k.Running = uint32(k.Counters.Running >> 32); k.IdleFrom != 0 {
			k.Running = 0
		}
		if k.IdleFrom != 0 && now > k.IdleFrom {
			k.IdleTime += now - k.IdleFrom
		}
		k.Idle = time.Duration(s.Clock.Span(k.IdleTime))
		s.Cores = append(s.Cores, k)
		s.Total.Join(&k.Counters)
	}
	s.Processes = 1
	f := b.Family()
	for i, kid := range b.Kids() {
		if atomic.LoadUint32(&f.Touched[i]) != 0 {
			s.Total.Join(kid)
		}
		if pid := atomic.LoadUint32(&f.Owners[i]); pid != 0 && unix.Kill(int(pid), 0) != unix.ESRCH {
			s.Processes++
		}
	}
	s.Missed = atomic.LoadUint64(&f.Missed)
	g := *b.Gauges()
	s.Threads, s.Made = int(g.Threads), int(uint32(g.Proxies))
	s.Pool = g.Pool >> 32 * 4096
	for kind := mem.Kind(0); kind.String() != "unknown" && int(kind) < len(g.Memory); kind++ {
		if n := g.Memory[kind]; n != 0 && int64(n) > 0 {
			s.Memory = append(s.Memory, record.Bytes{Kind: kind.String(), N: n})
		}
	}
	for _, p := range b.Proxies() {
		if p.TID != 0 {
			s.Proxies = append(s.Proxies, p)
		}
	}
	s.Resident = resident(s.Entry.PID)
	return s, nil
}

// All takes snapshots of all of the caller's enclaves; those that end meanwhile are left out.
func All() ([]*Snapshot, error) {
	list, err := enclave.List()
	if err != nil {
		return nil, err
	}
	var all []*Snapshot
	for _, e := range list {
		if s, err := Take(e); err == nil {
			all = append(all, s)
		}
	}
	return all, nil
}

// Seconds converts ticks.
func (s *Snapshot) Seconds(ticks float64) float64 { return ticks * s.Clock.Span(1e9) / 1e9 / 1e9 }

// class is one of the ways in which a call is answered.
type class struct {
	name string
	n    uint64
}

// classes are the calls by who answered them.
func (s *Snapshot) classes() [4]class {
	t := &s.Total
	return [4]class{{"assembly", t.Fast}, {"local", t.Answered()}, {"shipped", t.Shipped}, {"refused", t.Refused}}
}

// resident is how much memory a process has, in bytes.
func resident(pid int) uint64 {
	text, err := procfs.Read("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0
	}
	f := strings.Fields(text)
	if len(f) < 2 {
		return 0
	}
	n, _ := strconv.ParseUint(f[1], 10, 64) // 0 for what is no number
	return n * uint64(unix.Getpagesize())
}

func monotonic() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) // this clock is always there
	return ts.Nano()
}
