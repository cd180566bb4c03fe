package record

import (
	"cmp"
	"slices"
)

// flows connects the records of a shipped call: sent on a core (Shipped), executed on a proxy
// (Executed), and the slice in which its thread goes on. A thread has one call under way at a time, so
// the thread's number and the order in time tell what belongs together.
type flows struct {
	// For each record of each track, the number of its flow; 0: none. As long as the ring was when
	// matching began.
	cores, proxies [][]uint32
	stages         []stage // of flow n at n-1
	n              int     // complete flows
	unmatched      int     // shipped calls without an execution, or executions without a call
}

// stage is a shipped call's life, in ticks; 0 is what is not known.
type stage struct{ seen, begin, end, posted, resumed uint64 }

// flowEnd marks an execution that its flow ends with: the thread did not go on.
const flowEnd = 1 << 31

// step is a record that may be part of a flow.
type step struct {
	at     uint64
	end    uint64
	thread uint32
	kind   Kind
	proxy  bool
	kept   bool // of a Shipped: the thread kept the core until the answer
	track  int32
	index  int32
}

func (f *flows) match(t *Trace) {
	var steps []step
	collect := func(list []Track, proxy bool) (of [][]uint32) {
		for k := range list {
			records := list[k].Ring.Records()
			of = append(of, make([]uint32, len(records)))
			for i := range records {
				r := &records[i]
				if r.At != 0 && (r.Kind == Shipped || r.Kind == Executed || r.Kind == Slice) {
					steps = append(steps, step{r.At, r.End, r.Thread, r.Kind, proxy, r.Kind == Shipped && r.Note == 1, int32(k), int32(i)})
				}
			}
		}
		return of
	}
	f.cores = collect(t.Cores, false)
	f.proxies = collect(t.Proxies, true)
	slices.SortStableFunc(steps, func(a, b step) int {
		if c := cmp.Compare(a.thread, b.thread); c != 0 {
			return c
		}
		return cmp.Compare(a.at, b.at)
	})
	for i := 0; i < len(steps); i++ {
		if steps[i].kind == Executed {
			f.unmatched++ // a call that is taken below does not come here
			continue
		}
		if steps[i].kind != Shipped {
			continue
		}
		// Executions until the thread goes on; more than one when it was sent again.
		j := i + 1
		for j < len(steps) && steps[j].thread == steps[i].thread && steps[j].kind == Executed {
			j++
		}
		if j == i+1 {
			f.unmatched++
			continue
		}
		f.n++
		id := uint32(f.n)
		for _, s := range steps[i:j] {
			*f.of(s) = id
		}
		life := f.life(t, steps[i+1:j])
		if steps[i].kept {
			life.resumed = steps[i].end // ends where it began
		} else if j < len(steps) && steps[j].thread == steps[i].thread && steps[j].kind == Slice {
			*f.of(steps[j]) = id
			life.resumed = steps[j].at
		} else {
			*f.of(steps[j-1]) |= flowEnd
		}
		f.stages = append(f.stages, life)
		i = j - 1
	}
}

func (f *flows) of(s step) *uint32 {
	if s.proxy {
		return &f.proxies[s.track][s.index]
	}
	return &f.cores[s.track][s.index]
}

// life is what proxies know of a call that they executed, perhaps more than once.
func (f *flows) life(t *Trace, executions []step) (s stage) {
	first, last := executions[0], executions[len(executions)-1]
	s.begin, s.end = first.at, last.end
	taken := func(e step) *Record {
		if e.index == 0 {
			return nil
		}
		r := &t.Proxies[e.track].Ring.Records()[e.index-1]
		if r.Kind != Taken || r.Thread != e.thread {
			return nil
		}
		return r
	}
	if r := taken(first); r != nil {
		s.seen = r.At
	}
	if r := taken(last); r != nil {
		s.posted = r.End
	}
	return s
}
