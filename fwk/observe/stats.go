package observe

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"github.com/skerry-os/skerry/fwk/cpus"
	"github.com/skerry-os/skerry/lwk/record"
)

// Print shows a snapshot: as table (the report of `run --stats`, as far as it is known from outside),
// json or prometheus.
func (s *Snapshot) Print(w io.Writer, format string) error {
	var err error
	switch format {
	case "json":
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		err = enc.Encode(s.json())
	case "prometheus":
		_, err = w.Write(Exposition([]*Snapshot{s}))
	default:
		_, err = w.Write(s.table())
	}
	if err != nil {
		return fmt.Errorf("cannot print: %w", err)
	}
	return nil
}

func (s *Snapshot) table() []byte {
	e := s.Entry
	r := record.Report{Program: filepath.Base(e.Program), Clock: s.Clock, Counters: s.Total, Memory: s.Memory,
		Threads: s.Threads, Proxies: s.Made}
	r.Where = fmt.Sprintf("CPU %s; Linux on CPU %s", cpus.Format(e.CPUs), cpus.Format(e.Linux))
	b := fmt.Appendf(nil, "%s (process %d, %s platform), now:\n", e.Name, e.PID, e.Platform)
	b = r.Append(b)
	b = fmt.Appendf(b, "resident %s of %s; %d process%s\n", record.Size(s.Resident), record.Size(e.Mem), s.Processes, es(s.Processes))
	for i, c := range s.Cores {
		idle := 0.0
		if s.Uptime > 0 {
			idle = 100 * min(1, float64(c.Idle)/float64(s.Uptime))
		}
		b = fmt.Appendf(b, "core %d (CPU %d)  idle %.1f %% of the time\n", i, c.CPU, idle)
	}
	return b
}

func es(n int) string {
	if n == 1 {
		return ""
	}
	return "es"
}

// report is the JSON form. Durations are in seconds, sizes in bytes.
type report struct {
	Name      string  `json:"name"`
	PID       int     `json:"pid"`
	Platform  string  `json:"platform"`
	Program   string  `json:"program"`
	CPUs      []int   `json:"cpus"`
	LinuxCPUs []int   `json:"linux_cpus"`
	Uptime    float64 `json:"uptime_seconds"`

	MemoryLimit uint64            `json:"memory_limit_bytes"`
	Resident    uint64            `json:"resident_bytes"`
	PoolUsed    uint64            `json:"pool_used_bytes"`
	Mapped      map[string]uint64 `json:"mapped_bytes"`
	Threads     int               `json:"threads"`
	Processes   int               `json:"processes"`
	Proxies     int               `json:"proxies"`

	Calls  map[string]uint64   `json:"syscalls"`
	ByName map[string]uint64   `json:"syscalls_by_name"`
	Local  timed               `json:"local"`
	Ships  map[string]shipJSON `json:"shipped_by_name"`
	Cores  []coreJSON          `json:"cores"`
}

// timed are calls of which some were timed.
type timed struct {
	Timed uint64  `json:"timed"`
	Mean  float64 `json:"mean_seconds"`
	Max   float64 `json:"max_seconds"`
}

type shipJSON struct {
	Count uint64  `json:"count"`
	Total float64 `json:"total_seconds"` // estimated, unless all were timed
	timed
}

type coreJSON struct {
	CPU      int     `json:"cpu"`
	Idle     float64 `json:"idle_seconds"`
	Switches uint64  `json:"switches"`
	Slices   uint64  `json:"slices_ended"`
	Kicks    uint64  `json:"kicks"`
	Faults   uint64  `json:"faults"`
	Signals  uint64  `json:"signals"`
}

func (s *Snapshot) timed(t *record.Times) (v timed) {
	if t.Count > 0 {
		v = timed{t.Count, s.Seconds(float64(t.Total) / float64(t.Count)), s.Seconds(float64(t.Max))}
	}
	return v
}

func (s *Snapshot) json() *report {
	e := s.Entry
	r := &report{Name: e.Name, PID: e.PID, Platform: e.Platform, Program: e.Program, CPUs: e.CPUs, LinuxCPUs: e.Linux,
		Uptime: s.Uptime.Seconds(), MemoryLimit: e.Mem, Resident: s.Resident, PoolUsed: s.Pool, Mapped: map[string]uint64{},
		Threads: s.Threads, Processes: s.Processes, Proxies: s.Made,
		Calls: map[string]uint64{}, ByName: map[string]uint64{}, Ships: map[string]shipJSON{}, Local: s.timed(&s.Total.Local)}
	for _, m := range s.Memory {
		r.Mapped[m.Kind] = m.N
	}
	for _, c := range s.classes() {
		r.Calls[c.name] = c.n
	}
	for nr := range record.Calls {
		name := record.CallName(uint16(nr))
		if n := s.Total.Calls[nr]; n != 0 {
			r.ByName[name] = n
		}
		if h := &s.Total.Ships[nr]; h.Sent != 0 {
			r.Ships[name] = shipJSON{h.Sent, s.Seconds(h.Time()), s.timed(&h.Times)}
		}
	}
	for _, c := range s.Cores {
		r.Cores = append(r.Cores, coreJSON{c.CPU, c.Idle.Seconds(), c.Switches, c.Slices, c.Kicks, c.Faults, c.Signals})
	}
	return r
}
