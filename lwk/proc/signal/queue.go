package signal

import (
	"sync/atomic"
	"syscall"

	"github.com/skerry-os/skerry/lwk/hal"
	"github.com/skerry-os/skerry/lwk/spin"
)

// Queue is a set of pending signals with their siginfo: one of a standard signal, any number of a
// real-time one. Its zero value is empty. Any core may use it.
type Queue struct {
	pending    atomic.Uint64 // a Set; written with the lock held
	lock       spin.Lock
	head, tail uint32 // nodes in order of arrival, all signals in one list
	fault      Info   // of a fault, which must not depend on the pool; Signo 0 is none
}

// Pending returns the signals that are pending.
func (q *Queue) Pending() Set { return Set(q.pending.Load()) }

// Send adds a signal, whatever its action; see SendThread and SendProcess. added is false when it is a
// standard signal that is pending already, or a timer's whose last expiry is. EINVAL: no signal has this number. EAGAIN: there is no
// room for a real-time signal that must be queued; from kill(2) it becomes pending without its siginfo.
func Send(q *Queue, info *Info) (added bool, e hal.Errno) {
	sig := int(info.Signo)
	if !Valid(sig) {
		return false, syscall.EINVAL
	}
	standard := sig < RTMin
	q.lock.Lock()
	p := Set(q.pending.Load())
	switch {
	case info.Code == CodeTimer && p.Has(sig) && q.overrun(info), standard && p.Has(sig):
		q.lock.Unlock()
		return false, 0
	case sig == sigKILL:
		// Nobody will read its siginfo.
	case faults.Has(sig) && info.Code > CodeUser && q.fault.Signo == 0:
		q.fault = *info
	default:
		n := queued.get(standard && info.Code >= CodeUser)
		if n != 0 {
			queued.nodes[n].info = *info
			q.append(n)
		} else if !standard && info.Code != CodeUser {
			q.lock.Unlock()
			return false, syscall.EAGAIN
		}
	}
	q.pending.Store(uint64(p.Add(sig)))
	q.lock.Unlock()
	return true, 0
}

// maxOverrun is the most expiries that a timer counts as missed (DELAYTIMER_MAX).
const maxOverrun = 1<<31 - 1

// overrun counts another expiry of a timer whose signal is pending: a timer has at most one.
func (q *Queue) overrun(info *Info) bool {
	for n := q.head; n != 0; n = queued.nodes[n].next {
		o := &queued.nodes[n].info
		if o.Signo == info.Signo && o.Code == CodeTimer && uint32(o.Union[0]) == uint32(info.Union[0]) {
			o.Union[0] = pair(uint32(o.Union[0]), uint32(min(o.Union[0]>>32+info.Union[0]>>32+1, maxOverrun)))
			return true
		}
	}
	return false
}

// Flush drops what is pending of the signals in set.
func (q *Queue) Flush(set Set) {
	if q.Pending()&set == 0 {
		return
	}
	q.lock.Lock()
	if set.Has(int(q.fault.Signo)) {
		q.fault = Info{}
	}
	n := q.head
	q.head, q.tail = 0, 0
	for n != 0 {
		next := queued.nodes[n].next
		queued.nodes[n].next = 0
		if set.Has(int(queued.nodes[n].info.Signo)) {
			queued.put(n)
		} else {
			q.append(n)
		}
		n = next
	}
	q.pending.Store(uint64(q.Pending() &^ set))
	q.lock.Unlock()
}

// next takes a signal that is not in mask.
func (q *Queue) next(mask Set) (Info, bool) {
	if q.Pending()&^mask == 0 {
		return Info{}, false
	}
	q.lock.Lock()
	sig := q.choose(q.Pending() &^ mask)
	if sig == 0 {
		q.lock.Unlock()
		return Info{}, false
	}
	info := q.take(sig)
	q.lock.Unlock()
	return info, true
}

// choose returns the signal of ready that comes first: SIGKILL, the fault that the program just had,
// other fault signals, the lowest number. 0 if ready is empty.
func (q *Queue) choose(ready Set) int {
	switch {
	case ready.Has(sigKILL):
		return sigKILL
	case ready.Has(int(q.fault.Signo)):
		return int(q.fault.Signo)
	case ready&faults != 0:
		ready &= faults
	}
	return ready.Lowest()
}

// take removes the oldest entry of sig, which is pending.
func (q *Queue) take(sig int) Info {
	// Without an entry: siginfo was lost for lack of room, and this is what Linux then reports.
	info := Info{Signo: int32(sig), Code: CodeUser}
	if q.fault.Signo == int32(sig) {
		info, q.fault = q.fault, Info{}
		q.pending.Store(uint64(q.Pending().Del(sig)))
		return info
	}
	var prev, found uint32
	more := false
	for p, n := uint32(0), q.head; n != 0; p, n = n, queued.nodes[n].next {
		if queued.nodes[n].info.Signo != int32(sig) {
			continue
		}
		if found != 0 {
			more = true
			break
		}
		prev, found = p, n
	}
	if found != 0 {
		nd := &queued.nodes[found]
		info = nd.info
		if prev == 0 {
			q.head = nd.next
		} else {
			queued.nodes[prev].next = nd.next
		}
		if q.tail == found {
			q.tail = prev
		}
		queued.put(found)
	}
	if !more {
		q.pending.Store(uint64(q.Pending().Del(sig)))
	}
	return info
}

// append puts a node whose next is 0 at the end.
func (q *Queue) append(n uint32) {
	if q.tail == 0 {
		q.head = n
	} else {
		queued.nodes[q.tail].next = n
	}
	q.tail = n
}
