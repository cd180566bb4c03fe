package record

import "strconv"

// event writes one record.
func (w *traceWriter) event(pid, tid int, r *Record, flow uint32) {
	b := w.b
	if r.Kind == Signal || r.Kind == Fault {
		b = append(b, ",\n"+`{"ph":"i","s":"t"`...)
	} else {
		end := r.End
		if end == 0 || end > w.t.Clock.End() {
			end = w.t.Clock.End() // what is not over ends with the program
		}
		b = append(b, ",\n"+`{"ph":"X","dur":`...)
		// The difference of what is printed, so that a slice ends where the next begins.
		b = micros(b, round(w.t.Clock.At(max(end, r.At)))-round(w.t.Clock.At(r.At)))
	}
	b = w.place(b, pid, tid, r.At)
	b = append(b, `,"name":`...)
	switch r.Kind {
	case Slice:
		b = append(b, w.thread(r.Arg)...)
		b = append(b, `,"cat":"thread","args":{"tid":`...)
		b = strconv.AppendUint(b, r.Arg, 10)
		if r.End != 0 {
			if r.Nr != NoCall {
				b = append(append(append(b, `,"until":"`...), CallName(r.Nr)...), '"')
			}
			if w.t.State != nil {
				b = append(append(append(b, `,"then":"`...), w.t.State(r.Note)...), '"')
			}
		}
	case Local, Refused:
		b = append(append(append(b, '"'), CallName(r.Nr)...), '"')
		if r.Kind == Local {
			b = append(b, `,"cat":"local","args":{`...)
		} else {
			b = append(b, `,"cat":"refused","args":{`...)
		}
		if r.Note != 0 {
			b = strconv.AppendInt(append(b, `"ret":`...), int64(r.Arg), 10)
		}
	case Burst:
		b = append(append(b, '"'), CallName(r.Nr)...)
		if r.Note != 0 {
			b = append(b, " and others"...)
		}
		b = append(b, " x"...)
		b = strconv.AppendUint(b, r.Arg, 10)
		b = append(b, `","cat":"local","args":{"count":`...)
		b = strconv.AppendUint(b, r.Arg, 10)
	case Shipped:
		b = append(append(append(b, '"'), CallName(r.Nr)...), `","cat":"ship","args":{"arg":`...)
		b = strconv.AppendUint(b, r.Arg, 10)
		b = w.stages(b, r, flow)
	case Executed:
		b = append(append(append(b, '"'), CallName(r.Nr)...), `","cat":"proxy","args":{`...)
		if r.End != 0 {
			b = strconv.AppendInt(append(b, `"ret":`...), int64(r.Arg), 10)
		}
	case Turns:
		b = append(b, '"')
		b = strconv.AppendUint(b, uint64(uint32(r.Arg)), 10)
		b = append(b, ` turns","cat":"thread","args":{"turns":`...)
		b = strconv.AppendUint(b, uint64(uint32(r.Arg)), 10)
		b = append(b, `,"calls":`...)
		b = strconv.AppendUint(b, r.Arg>>32, 10)
	case Taken:
		b = append(b, `"take, execute, answer","cat":"taken","args":{"thread":`...)
		b = strconv.AppendUint(b, uint64(r.Thread), 10)
	case Idle:
		b = append(b, `"idle","cat":"idle","args":{`...)
		if r.Arg != 0 {
			b = micros(append(b, `"polled_us":`...), round(w.t.Clock.Span(r.Arg-min(r.At, r.Arg))))
		}
	case Signal, Fault:
		word := "signal "
		if r.Kind == Fault {
			word = "fault, signal "
		}
		b = strconv.AppendUint(append(append(b, '"'), word...), uint64(r.Nr), 10)
		b = append(b, `","cat":"signal","args":{"signal":`...)
		b = strconv.AppendUint(b, uint64(r.Nr), 10)
	case Patch:
		if r.Note != 0 {
			b = append(b, `"rewrite `...)
			b = append(b, CallName(r.Nr)...)
			b = append(b, `","cat":"patch","args":{"pattern":"`...)
			b = append(b, r.Note, '"')
		} else {
			b = append(b, `"cannot rewrite `...)
			b = append(b, CallName(r.Nr)...)
			b = append(b, `","cat":"patch","args":{"pattern":""`...)
		}
		b = append(b, `,"site":"0x`...)
		b = append(strconv.AppendUint(b, r.Arg, 16), '"')
	default:
		b = append(b, `"?","args":{`...)
	}
	w.b = append(b, "}}"...)
}

// stages says how long the parts of a shipped call took: from the message to its execution, the
// execution, and from its end to when the thread went on.
func (w *traceWriter) stages(b []byte, r *Record, flow uint32) []byte {
	if flow == 0 || int(flow&^flowEnd) > len(w.flows.stages) {
		return b
	}
	s := w.flows.stages[flow&^flowEnd-1]
	part := func(name string, from, to uint64) {
		if from != 0 && to >= from {
			b = append(append(append(b, `,"`...), name...), `_us":`...)
			b = micros(b, round(w.t.Clock.Span(to-from)))
		}
	}
	part("seen_after", r.At, s.seen)
	part("begun_after", r.At, s.begin)
	part("executed", s.begin, s.end)
	part("answered_after", s.end, s.posted)
	part("resumed_after", s.end, s.resumed)
	return b
}
