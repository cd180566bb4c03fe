package signal

import (
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"pgregory.net/rapid"
)

// model is a queue as its description says it: entries in order, and signals whose siginfo was lost.
type model struct {
	entries []Info
	bare    Set
}

func (m *model) pending() Set {
	s := m.bare
	for _, i := range m.entries {
		s = s.Add(int(i.Signo))
	}
	return s
}

// next is written from signal(7) and the queue's comment, not from its code.
func (m *model) next(mask Set) (Info, bool) {
	ready := m.pending() &^ mask
	sig := 0
	if ready.Has(sigKILL) {
		sig = sigKILL
	}
	for _, i := range m.entries { // the fault that just happened
		if sig == 0 && i.Code > CodeUser && faults.Has(int(i.Signo)) && ready.Has(int(i.Signo)) {
			sig = int(i.Signo)
		}
	}
	for _, s := range []int{sigILL, sigTRAP, sigBUS, sigFPE, sigSEGV, sigSYS} {
		if sig == 0 && ready.Has(s) {
			sig = s
		}
	}
	for s := 1; s <= Max && sig == 0; s++ {
		if ready.Has(s) {
			sig = s
		}
	}
	if sig == 0 {
		return Info{}, false
	}
	for k, i := range m.entries {
		if int(i.Signo) == sig {
			m.entries = append(m.entries[:k:k], m.entries[k+1:]...)
			// What was sent without siginfo melts into the last entry of its number.
			if !(&model{entries: m.entries}).pending().Has(sig) {
				m.bare = m.bare.Del(sig)
			}
			return i, true
		}
	}
	m.bare = m.bare.Del(sig)
	return Info{Signo: int32(sig)}, true
}

func TestQueueAgainstModel(t *testing.T) {
	setup(t, testFPSize)
	const room = 6 // for real-time signals
	sigs := rapid.SampledFrom([]int{1, 9, 10, 11, 12, 17, 31, 32, 33, 40, 64})
	codes := rapid.SampledFrom([]int32{CodeUser, CodeQueue, CodeTkill})
	masks := rapid.SampledFrom([]Set{0, ^Set(0), Of(11), Of(32) | Of(9), ^Of(33), Of(31) | Of(40) | Of(1)})
	rapid.Check(t, func(t *rapid.T) {
		queued.init(reserve + room)
		st, sh := &State{}, &Shared{}
		var private, shared model
		serial := uint64(0)
		faulted := false
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				if st.Private.Pending() != private.pending() || sh.Queue.Pending() != shared.pending() {
					t.Fatalf("pending %#x and %#x, want %#x and %#x", st.Private.Pending(), sh.Queue.Pending(), private.pending(), shared.pending())
				}
				if has := HasPending(st, sh); has != ((private.pending()|shared.pending())&^st.Mask != 0) {
					t.Fatalf("HasPending %v", has)
				}
			},
			"send": func(t *rapid.T) {
				q, m := &st.Private, &private
				if rapid.Bool().Draw(t, "shared") {
					q, m = &sh.Queue, &shared
				}
				sig := sigs.Draw(t, "sig")
				serial++
				i := Queued(sig, 1, 2, serial)
				i.Code = codes.Draw(t, "code")
				entries := len(private.entries) + len(shared.entries)
				if faulted { // it is not in the pool
					for _, e := range private.entries {
						if e.Code > CodeUser {
							entries--
						}
					}
				}
				added, e := Send(q, &i)
				standard := sig < RTMin
				full := entries >= room
				if standard && i.Code >= CodeUser {
					full = entries >= room+reserve
				}
				switch {
				case standard && m.pending().Has(sig):
					if added || e != 0 {
						t.Fatalf("second signal %d: %v %v", sig, added, e)
					}
				case sig != sigKILL && full && !standard && i.Code != CodeUser:
					if added || e != syscall.EAGAIN {
						t.Fatalf("no room for %d: %v %v", sig, added, e)
					}
				case !added || e != 0:
					t.Fatalf("signal %d: %v %v", sig, added, e)
				case sig == sigKILL || full:
					m.bare = m.bare.Add(sig)
				default:
					m.entries = append(m.entries, i)
				}
			},
			"fault": func(t *rapid.T) {
				if private.pending()&faults != 0 {
					t.Skip("a thread with a fault pending does not run")
				}
				i := Fault(rapid.SampledFrom([]int{sigSEGV, sigBUS, sigSYS}).Draw(t, "sig"), 1, serial)
				if added, e := Send(&st.Private, &i); !added || e != 0 {
					t.Fatalf("fault: %v %v", added, e)
				}
				private.entries = append(private.entries, i)
				faulted = true
			},
			"next": func(t *rapid.T) {
				mask := masks.Draw(t, "mask")
				want, ok := private.next(mask)
				if !ok {
					want, ok = shared.next(mask)
				}
				got, gotOK := Next(st, sh, mask)
				if ok != gotOK || got != want {
					t.Fatalf("Next(%#x): %+v %v, want %+v %v", mask, got, gotOK, want, ok)
				}
			},
			"mask": func(t *rapid.T) { st.SetMask(masks.Draw(t, "mask")) },
			"flush": func(t *rapid.T) {
				set := masks.Draw(t, "set")
				q, m := &st.Private, &private
				if rapid.Bool().Draw(t, "shared") {
					q, m = &sh.Queue, &shared
				}
				q.Flush(set)
				m.bare &^= set
				var left []Info
				for _, i := range m.entries {
					if !set.Has(int(i.Signo)) {
						left = append(left, i)
					}
				}
				m.entries = left
			},
		})
		st.Release()
		sh.Queue.Flush(allOf)
		if queued.nfree != reserve+room {
			t.Fatalf("%d of %d nodes came back", queued.nfree, reserve+room)
		}
	})
}

func TestSendInvalid(t *testing.T) {
	setup(t, testFPSize)
	var q Queue
	for _, sig := range []int32{0, -1, 65, 1 << 30, -1 << 31} {
		i := Info{Signo: sig}
		if added, e := Send(&q, &i); added || e != syscall.EINVAL {
			t.Errorf("signal %d: %v %v", sig, added, e)
		}
	}
}

// Several cores send and take: each queued signal is taken once, and those of a sender in order.
func TestQueueShared(t *testing.T) {
	setup(t, testFPSize)
	const senders, each = 3, 800
	var sh Shared
	var wg sync.WaitGroup
	var sent atomic.Int32 // senders that are done
	var seen [senders][each]atomic.Int32
	for s := range senders {
		wg.Go(func() {
			defer sent.Add(1)
			for n := range each {
				i := Queued(RTMin+s, int32(s), 0, uint64(n))
				if added, e := Send(&sh.Queue, &i); !added || e != 0 {
					t.Errorf("send: %v %v", added, e)
				}
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			var last [senders]int64
			for i := range last {
				last[i] = -1
			}
			for {
				end := sent.Load() == senders
				i, ok := Next(&State{}, &sh, 0)
				if !ok && end {
					return
				}
				if !ok {
					continue
				}
				s, n := int(i.Signo)-RTMin, int64(i.Union[1])
				seen[s][n].Add(1)
				if n <= last[s] {
					t.Errorf("sender %d: %d after %d", s, n, last[s])
				}
				last[s] = n
			}
		})
	}
	wg.Wait()
	for s := range seen {
		for n := range seen[s] {
			if c := seen[s][n].Load(); c != 1 {
				t.Fatalf("sender %d, signal %d: taken %d times", s, n, c)
			}
		}
	}
	if queued.nfree != PoolSize || sh.Queue.Pending() != 0 {
		t.Errorf("%d nodes free, pending %#x at the end", queued.nfree, sh.Queue.Pending())
	}
}

func TestTimerOverrun(t *testing.T) {
	if err := Init(testFPSize); err != nil {
		t.Fatal(err)
	}
	var q Queue
	for _, id := range []int32{3, 4, 3, 3} {
		info := Timer(RTMin+5, id, 0, 9)
		Send(&q, &info)
	}
	for _, want := range []struct {
		id      int32
		overrun uint64
	}{{3, 2}, {4, 0}} {
		info, ok := q.next(0)
		if !ok || int32(info.Union[0]) != want.id || info.Union[0]>>32 != want.overrun || info.Union[1] != 9 {
			t.Errorf("timer %d: %+v %v", want.id, info, ok)
		}
	}
	if _, ok := q.next(0); ok {
		t.Error("a timer's signal is pending twice")
	}
}
