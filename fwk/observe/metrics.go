package observe

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/skerry-os/skerry/fwk/cpus"
	"github.com/skerry-os/skerry/lwk/record"
)

// Exposition writes snapshots in Prometheus's text format, version 0.0.4: names with units, counters
// ending in _total, seconds and bytes.
func Exposition(all []*Snapshot) []byte {
	x := &exposition{all: all}
	x.family("skerry_enclave_info", "gauge", "What runs where; always 1.", func(s *Snapshot) {
		e := s.Entry
		x.sample(s, 1, "platform", e.Platform, "program", e.Program, "cpus", cpus.Format(e.CPUs), "linux_cpus", cpus.Format(e.Linux))
	})
	x.plain("skerry_enclave_start_time_seconds", "gauge", "When the enclave began, since the epoch.",
		func(s *Snapshot) float64 { return float64(s.Entry.Started.UnixMilli()) / 1000 })
	x.plain("skerry_enclave_memory_limit_bytes", "gauge", "Memory that the enclave may use.",
		func(s *Snapshot) float64 { return float64(s.Entry.Mem) })
	x.plain("skerry_enclave_resident_memory_bytes", "gauge", "Resident memory of the first process, the kernel included.",
		func(s *Snapshot) float64 { return float64(s.Resident) })
	x.plain("skerry_enclave_pool_used_bytes", "gauge", "Memory of the pool that is in use.",
		func(s *Snapshot) float64 { return float64(s.Pool) })
	x.family("skerry_enclave_mapped_bytes", "gauge", "Sizes of the first process's mappings, by kind.", func(s *Snapshot) {
		for _, m := range s.Memory {
			x.sample(s, float64(m.N), "kind", m.Kind)
		}
	})
	x.plain("skerry_enclave_threads", "gauge", "Threads of the first process.", func(s *Snapshot) float64 { return float64(s.Threads) })
	x.plain("skerry_enclave_processes", "gauge", "Processes that live.", func(s *Snapshot) float64 { return float64(s.Processes) })
	x.plain("skerry_enclave_proxies", "gauge", "Proxies made so far by the first process.", func(s *Snapshot) float64 { return float64(s.Made) })
	x.plain("skerry_enclave_uncounted_processes_total", "counter", "Forked processes that found no counters.",
		func(s *Snapshot) float64 { return float64(s.Missed) })
	x.family("skerry_syscalls_total", "counter", "System calls by who answered: assembly, local, shipped (Linux), refused.", func(s *Snapshot) {
		for _, c := range s.classes() {
			x.sample(s, float64(c.n), "class", c.name)
		}
	})
	x.byName("skerry_syscalls_by_name_total", "System calls that the kernel saw, by name.", func(s *Snapshot, nr int) (float64, bool) {
		n := s.Total.Calls[nr]
		return float64(n), n != 0
	})
	x.byName("skerry_shipped_calls_total", "System calls that went to Linux, by name there.", func(s *Snapshot, nr int) (float64, bool) {
		n := s.Total.Ships[nr].Sent
		return float64(n), n != 0
	})
	x.byName("skerry_shipped_timed_calls_total", "Shipped calls of which the time was taken (one in eight of each name, unless the enclave times all).",
		func(s *Snapshot, nr int) (float64, bool) {
			h := &s.Total.Ships[nr]
			return float64(h.Count), h.Sent != 0
		})
	x.byName("skerry_shipped_timed_seconds_total", "How long those took, from sending to having the answer.",
		func(s *Snapshot, nr int) (float64, bool) {
			h := &s.Total.Ships[nr]
			return s.Seconds(float64(h.Total)), h.Sent != 0
		})
	x.family("skerry_shipped_call_seconds", "histogram", "Time of shipped calls of all names, of those that were timed.", x.latency)
	x.plain("skerry_local_timed_calls_total", "counter", "Calls answered by the lightweight kernel of which the time was taken (one in 1024 of each name, or in 64).",
		func(s *Snapshot) float64 { return float64(s.Total.Local.Count) })
	x.plain("skerry_local_timed_seconds_total", "counter", "How long those took.",
		func(s *Snapshot) float64 { return s.Seconds(float64(s.Total.Local.Total)) })
	x.perCore("skerry_core_idle_seconds_total", "Time in which the core had nothing to do.", func(c *Core) float64 { return c.Idle.Seconds() })
	x.perCore("skerry_core_switches_total", "Thread switches.", func(c *Core) float64 { return float64(c.Switches) })
	x.perCore("skerry_core_slices_ended_total", "Time slices ended for another thread.", func(c *Core) float64 { return float64(c.Slices) })
	x.perCore("skerry_core_kicks_total", "Times the core was got out of the program.", func(c *Core) float64 { return float64(c.Kicks) })
	x.perCore("skerry_core_faults_total", "Faults that became signals.", func(c *Core) float64 { return float64(c.Faults) })
	x.perCore("skerry_core_signals_total", "Signals delivered.", func(c *Core) float64 { return float64(c.Signals) })
	x.perProxy("skerry_proxy_calls_total", "Shipped calls that a proxy executed.", func(_ *Snapshot, p *record.Proxy) float64 { return float64(p.Calls) })
	x.perProxy("skerry_proxy_timed_calls_total", "Those of which the time was taken (one in eight).",
		func(_ *Snapshot, p *record.Proxy) float64 { return float64(p.Busy.Count) })
	x.perProxy("skerry_proxy_timed_seconds_total", "How long Linux took for those.",
		func(s *Snapshot, p *record.Proxy) float64 { return s.Seconds(float64(p.Busy.Total)) })
	return x.b.Bytes()
}

type exposition struct {
	all  []*Snapshot
	b    bytes.Buffer
	name string
}

func (x *exposition) family(name, kind, help string, each func(s *Snapshot)) {
	x.name = name
	fmt.Fprintf(&x.b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
	for _, s := range x.all {
		each(s)
	}
}

func (x *exposition) plain(name, kind, help string, value func(s *Snapshot) float64) {
	x.family(name, kind, help, func(s *Snapshot) { x.sample(s, value(s)) })
}

func (x *exposition) byName(name, help string, value func(s *Snapshot, nr int) (v float64, any bool)) {
	x.family(name, "counter", help, func(s *Snapshot) {
		for nr := range record.Calls {
			if v, ok := value(s, nr); ok {
				x.sample(s, v, "syscall", record.CallName(uint16(nr)))
			}
		}
	})
}

func (x *exposition) perCore(name, help string, value func(c *Core) float64) {
	x.family(name, "counter", help, func(s *Snapshot) {
		for i := range s.Cores {
			c := &s.Cores[i]
			x.sample(s, value(c), "core", strconv.Itoa(i), "cpu", strconv.Itoa(c.CPU))
		}
	})
}

func (x *exposition) perProxy(name, help string, value func(s *Snapshot, p *record.Proxy) float64) {
	x.family(name, "counter", help, func(s *Snapshot) {
		for i := range s.Proxies {
			x.sample(s, value(s, &s.Proxies[i]), "proxy", strconv.Itoa(i))
		}
	})
}

// latency writes the histogram. The classes are powers of two of ticks; their bounds in seconds must
// not move between scrapes, so the counter's frequency is rounded.
func (x *exposition) latency(s *Snapshot) {
	const first, last = 8, 40 // some 100 ns to some minutes
	hz := math.Round(1e9/s.Clock.Span(1)/1e7) * 1e7
	if !(hz > 0) || math.IsInf(hz, 0) {
		return // not long enough to know
	}
	sum := uint64(0)
	for n := range record.Buckets {
		sum += s.Total.Latency[n]
		if n >= first && n <= last {
			le := strconv.FormatFloat(math.Ldexp(1, n)/hz, 'g', 3, 64)
			x.named(x.name+"_bucket", s, float64(sum), "le", le)
		}
	}
	ships := s.Total.Ship()
	x.named(x.name+"_bucket", s, float64(sum), "le", "+Inf")
	x.named(x.name+"_sum", s, s.Seconds(float64(ships.Total)))
	x.named(x.name+"_count", s, float64(sum))
}

func (x *exposition) sample(s *Snapshot, v float64, labels ...string) {
	x.named(x.name, s, v, labels...)
}

func (x *exposition) named(name string, s *Snapshot, v float64, labels ...string) {
	fmt.Fprintf(&x.b, `%s{enclave="%s",pid="%d"`, name, escape(s.Entry.Name), s.Entry.PID)
	for i := 0; i+1 < len(labels); i += 2 {
		fmt.Fprintf(&x.b, `,%s="%s"`, labels[i], escape(labels[i+1]))
	}
	x.b.WriteString("} ")
	x.b.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
	x.b.WriteByte('\n')
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func escape(s string) string { return escapes.Replace(strings.ToValidUTF8(s, "�")) }
