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
	n              int // complete flows
	unmatched      int // shipped calls without an execution, or executions without a call
}

// flowEnd marks an execution that its flow ends with: the thread did not go on.
const flowEnd = 1 << 31

// step is a record that may be part of a flow.
type step struct {
	at     uint64
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
					steps = append(steps, step{r.At, r.Thread, r.Kind, proxy, r.Kind == Shipped && r.Note == 1, int32(k), int32(i)})
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
		if steps[i].kept {
			// Ends where it began.
		} else if j < len(steps) && steps[j].thread == steps[i].thread && steps[j].kind == Slice {
			*f.of(steps[j]) = id
		} else {
			*f.of(steps[j-1]) |= flowEnd
		}
		i = j - 1
	}
}

func (f *flows) of(s step) *uint32 {
	if s.proxy {
		return &f.proxies[s.track][s.index]
	}
	return &f.cores[s.track][s.index]
}
