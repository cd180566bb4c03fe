package record

import "fmt"

// Spent says where a core spent its time, in nanoseconds. What is left of the whole to Elapsed is time
// in which nothing was recorded.
type Spent struct {
	Program float64
	Kernel  float64 // its system calls and the scheduler
	Polling float64 // waiting for Linux, or for work, and looking all the time
	Asleep  float64
}

// All is their sum.
func (s *Spent) All() float64 { return s.Program + s.Kernel + s.Polling + s.Asleep }

type what uint8

const (
	program what = iota
	kernel
	polling
	asleep
	whats
)

// Spent sums up core i's records. The kernel's part in bursts of calls, which have no times of their
// own, is estimated by the mean of those that have. It allocates.
func (t *Trace) Spent(i int) Spent {
	var sum [whats]float64
	t.spend(&t.Cores[i], func(w what, from, to uint64, part float64) { sum[w] += t.Clock.Span(to-from) * part })
	return Spent{sum[program], sum[kernel], sum[polling], sum[asleep]}
}

// spend calls add for each stretch of a core's time, in order; part is how much of the stretch is meant.
func (t *Trace) spend(k *Track, add func(w what, from, to uint64, part float64)) {
	records := k.Ring.Records()
	mean := meanLocal(records)
	end := t.Clock.End()
	var at uint64    // what is before is told
	var until uint64 // the slice's end; 0: there is none
	give := func(w what, to uint64) {
		if to = min(to, end); to > at && at != 0 {
			add(w, at, to, 1)
		}
		at = max(at, to)
	}
	for i := range records {
		r := &records[i]
		if r.At == 0 || r.At >= end || r.At < t.Clock.t0 {
			continue
		}
		last := r.End
		if last == 0 || last > end {
			last = end
		}
		if until != 0 && (r.Kind == Slice || r.Kind == Idle || r.Kind == Turns) {
			give(program, until)
			until = 0
		}
		if until != 0 {
			give(program, r.At)
		} else {
			give(kernel, r.At) // the scheduler
		}
		at = max(at, r.At)
		switch r.Kind {
		case Slice:
			until = last
		case Local, Refused, Patch:
			give(kernel, last)
		case Shipped:
			if r.Note == 1 || r.End == 0 {
				give(polling, last)
			} else {
				give(kernel, last)
			}
		case Idle:
			if r.Arg > r.At && r.Arg < last {
				give(polling, r.Arg)
				give(asleep, last)
			} else {
				give(polling, last)
			}
		case Burst, Turns:
			if last > at {
				calls := float64(r.Arg)
				if r.Kind == Turns {
					calls = float64(r.Arg>>32) + float64(uint32(r.Arg)) // a turn's own part is like a call
				}
				f := min(1, mean*calls/float64(last-at))
				add(kernel, at, last, f)
				add(program, at, last, 1-f)
				at = last
			}
		}
	}
	if until != 0 {
		give(program, until)
	}
}

// meanLocal is what a call that the core answers takes, in ticks.
func meanLocal(records []Record) float64 {
	var n, sum float64
	for i := range records {
		if r := &records[i]; r.Kind == Local && r.End > r.At && r.Note == 1 {
			n++
			sum += float64(r.End - r.At)
		}
	}
	if n == 0 {
		return 0
	}
	return sum / n
}

// bins is how many points the counter tracks have.
const bins = 400

// spent writes a counter track for each core: where its time goes, in percent.
func (w *traceWriter) spent() {
	c := &w.t.Clock
	if c.t1 <= c.t0 {
		return
	}
	width := float64(c.t1-c.t0) / bins
	for i := range w.t.Cores {
		k := &w.t.Cores[i]
		var sum [bins][whats]float64
		w.t.spend(k, func(what what, from, to uint64, part float64) {
			for b := int(float64(from-c.t0) / width); b < bins && float64(from-c.t0) < float64(to-c.t0); b++ {
				edge := c.t0 + uint64(float64(b+1)*width) + 1
				until := min(to, edge)
				sum[b][what] += float64(until-from) * part / width * 100
				from = until
			}
		})
		for b := range sum {
			s := &sum[b]
			w.b = fmt.Appendf(w.b, ",\n"+`{"ph":"C","name":"core %d: its time, %%","pid":%d,"ts":`, k.Index, enclavePID)
			w.b = micros(w.b, round(c.Span(uint64(float64(b)*width))))
			w.b = fmt.Appendf(w.b, `,"args":{"program":%.1f,"kernel":%.1f,"polling":%.1f,"asleep":%.1f}}`,
				s[program], s[kernel], s[polling], s[asleep])
		}
		w.flush()
	}
}
