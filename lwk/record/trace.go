package record

import (
	"fmt"
	"strconv"

	"github.com/skerry-os/skerry/abi/triage"
)

// Track is one line of a trace.
type Track struct {
	Name  string
	Index int // of the core or proxy
	Ring  *Ring
}

// Trace is what was recorded, ready to be written in the Trace Event Format (JSON) that Perfetto and
// chrome://tracing read.
type Trace struct {
	Program string // what ran, for people
	PID     uint32 // its process id: the first thread's slices get the program's name
	Clock   Clock  // stopped
	Cores   []Track
	Proxies []Track
	// State names the scheduler's states (Record.Note of a Slice).
	State func(state uint8) string
}

// Processes of the trace, and where their tracks' numbers begin.
const (
	enclavePID = 1
	linuxPID   = 2
	coreTID    = 100
	proxyTID   = 1000
)

// Write writes the trace. put takes a piece at a time; its error ends the writing. Write allocates, in
// proportion to the number of shipped calls; it reads the records once, as they are then.
func (t *Trace) Write(put func([]byte) error) error {
	w := &traceWriter{t: t, put: put}
	w.flows.match(t)
	w.header()
	for i := range t.Cores {
		w.track(enclavePID, coreTID, &t.Cores[i], w.flows.cores[i])
	}
	for i := range t.Proxies {
		w.track(linuxPID, proxyTID, &t.Proxies[i], w.flows.proxies[i])
	}
	w.spent()
	w.b = append(w.b, "\n]}\n"...)
	w.flush()
	return w.err
}

type traceWriter struct {
	t     *Trace
	put   func([]byte) error
	b     []byte
	err   error
	flows flows
}

// flush gives out what has come together.
func (w *traceWriter) flush() {
	if w.err == nil && len(w.b) > 0 {
		w.err = w.put(w.b)
	}
	w.b = w.b[:0]
}

func (w *traceWriter) header() {
	t := w.t
	var n, dropped uint64
	tracks := func(list []Track) {
		for _, k := range list {
			n += uint64(len(k.Ring.Records()))
			dropped += k.Ring.Dropped()
		}
	}
	tracks(t.Cores)
	tracks(t.Proxies)
	w.b = fmt.Appendf(w.b, `{"displayTimeUnit":"ns","otherData":{"producer":"skerry","program":%s,"pid":%d,`+
		`"elapsed_ns":%d,"cores":%d,"proxies":%d,"records":%d,"dropped":%d,"flows":%d,"flows_unmatched":%d},"traceEvents":[`,
		quote(t.Program), t.PID, t.Clock.Elapsed(), len(t.Cores), len(t.Proxies), n, dropped, w.flows.n, w.flows.unmatched)
	w.meta(true, "process_name", enclavePID, 0, "enclave: "+t.Program)
	w.meta(false, "process_name", linuxPID, 0, "Linux: proxies")
	w.sortIndex("process_sort_index", enclavePID, 0, 1)
	w.sortIndex("process_sort_index", linuxPID, 0, 2)
	names := func(pid, base int, list []Track) {
		for i, k := range list {
			name := k.Name
			if d := k.Ring.Dropped(); d > 0 {
				name += fmt.Sprintf(" (ring full: %d records dropped)", d)
			}
			w.meta(false, "thread_name", pid, base+k.Index, name)
			w.sortIndex("thread_sort_index", pid, base+k.Index, i)
		}
	}
	names(enclavePID, coreTID, t.Cores)
	names(linuxPID, proxyTID, t.Proxies)
}

func (w *traceWriter) meta(first bool, what string, pid, tid int, name string) {
	if !first {
		w.b = append(w.b, ',')
	}
	w.b = fmt.Appendf(w.b, "\n"+`{"ph":"M","name":%q,"pid":%d,"tid":%d,"args":{"name":%s}}`, what, pid, tid, quote(name))
}

func (w *traceWriter) sortIndex(what string, pid, tid, index int) {
	w.b = fmt.Appendf(w.b, ",\n"+`{"ph":"M","name":%q,"pid":%d,"tid":%d,"args":{"sort_index":%d}}`, what, pid, tid, index)
}

// track writes the records of one ring, each with the flow that goes through it.
func (w *traceWriter) track(pid, base int, k *Track, flow []uint32) {
	tid := base + k.Index
	records := k.Ring.Records()
	for i := range min(len(records), len(flow)) {
		r := records[i] // a copy: others may still write
		if r.At == 0 || r.At > w.t.Clock.End() {
			continue
		}
		if len(w.b) > 60<<10 {
			w.flush()
		}
		w.event(pid, tid, &r, flow[i])
		if f := flow[i]; f != 0 {
			w.flow(pid, tid, &r, f)
		}
	}
}

// flow writes the flow's step at a record: it begins at the shipped call, passes the execution, and
// ends where the thread goes on.
func (w *traceWriter) flow(pid, tid int, r *Record, id uint32) {
	step := func(ph string, at uint64) {
		b := append(w.b, ph...)
		b = append(b, `,"cat":"ship","name":"ship","id":`...)
		b = strconv.AppendUint(b, uint64(id&^flowEnd), 10)
		w.b = append(w.place(b, pid, tid, at), '}')
	}
	const begin, on, end = ",\n" + `{"ph":"s"`, ",\n" + `{"ph":"t"`, ",\n" + `{"ph":"f","bp":"e"`
	switch {
	case r.Kind == Shipped:
		step(begin, r.At)
		if r.Note == 1 {
			step(end, r.End)
		}
	case r.Kind == Executed && id&flowEnd == 0:
		step(on, r.At)
	default:
		step(end, r.At)
	}
}

func (w *traceWriter) place(b []byte, pid, tid int, at uint64) []byte {
	b = append(b, `,"pid":`...)
	b = strconv.AppendInt(b, int64(pid), 10)
	b = append(b, `,"tid":`...)
	b = strconv.AppendInt(b, int64(tid), 10)
	b = append(b, `,"ts":`...)
	return micros(b, round(w.t.Clock.At(at)))
}

// thread names a slice: the program, or a thread of it.
func (w *traceWriter) thread(tid uint64) string {
	if tid == uint64(w.t.PID) {
		return quote(w.t.Program)
	}
	return `"thread ` + strconv.FormatUint(tid, 10) + `"`
}

func round(ns float64) int64 { return int64(ns + 0.5) }

// micros writes nanoseconds as the format's microseconds.
func micros(b []byte, ns int64) []byte {
	b = strconv.AppendInt(b, ns/1000, 10)
	f := ns % 1000
	return append(b, '.', byte('0'+f/100), byte('0'+f/10%10), byte('0'+f%10))
}

// CallName names a system call. It may allocate.
func CallName(nr uint16) string {
	if c := triage.Lookup(int(nr)); c != nil {
		return c.Name
	}
	return "syscall " + strconv.Itoa(int(nr))
}
