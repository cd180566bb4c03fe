package sys

import (
	"syscall"

	"github.com/skerry-os/skerry/abi/triage"
	"github.com/skerry-os/skerry/lwk/hal"
	"github.com/skerry-os/skerry/lwk/proc/signal"
	"github.com/skerry-os/skerry/lwk/record"
	"github.com/skerry-os/skerry/lwk/sched"
)

// Signals: sending, and delivery on the way back to the program. What a signal is, and the frame on
// the program's stack, are lwk/proc/signal's.

// signals is the scheduler's hook: t is about to return to the program and has signals to take.
func (s *Sys) signals(c *sched.Core, t *sched.Thread) {
	s.deliver(c, t, &s.K.Pending)
	if s.fdSignals != 0 {
		s.keep()
	}
}

// deliver makes the thread take what is pending for it, and for the process in sh.
func (s *Sys) deliver(c *sched.Core, t *sched.Thread, sh *signal.Shared) {
	c.HAL.Settle()
	for {
		info, ok := signal.Next(&t.Sig, sh, t.Sig.Mask)
		if !ok {
			break
		}
		sig := int(info.Signo)
		s.timerTaken(&info)
		if s.tellTracer(t, &info) {
			continue
		}
		act, do := s.Actions.Take(sig)
		c.Stats.Signals++
		if c.Rec != nil {
			c.Rec.Point(record.Signal, t.Index, uint16(sig))
		}
		s.tellSignal(c.Index, t.TID, &info)
		switch do {
		case signal.Terminate, signal.Core:
			s.allDie(c.Index, sig)
			s.die(sig)
		case signal.Stop:
			s.Plat.Stop(sig)
		case signal.Handle:
			s.interrupted(t, &act)
			if signal.Push(c.HAL, s.User, &t.Ctx, &t.Sig, &act, &info, &s.frames[c.Index]) != 0 {
				signal.ForceSegv(&s.Actions, &t.Sig, sig)
			}
		}
	}
	s.interrupted(t, nil)
	t.Sig.RestoreMask()
}

// interrupted decides what becomes of a call that was cut short for a signal: it ends with EINTR, or
// is made again. act is the action of the handler that runs, nil if none does.
func (s *Sys) interrupted(t *sched.Thread, act *signal.Action) {
	if !t.Cut {
		return
	}
	t.Cut = false
	if int64(t.Ctx.RAX) != -int64(syscall.EINTR) {
		return // complete before the signal reached it
	}
	unmade := t.Unmade
	t.Unmade = false
	f := s.flags[t.Nr%maxCalls]
	restartable := f&triage.Restart != 0 && (f&triage.TimeoutEINTR == 0 || t.Due() == 0)
	switch {
	case unmade && t.After != afterMask:
		t.Rewind() // as if the signal had come just before the call
	case act == nil && f&(triage.Restart|triage.RestartNoHand) != 0:
		t.Resume = t.Due()
		t.Rewind()
	case act != nil && signal.RestartAfter(act, restartable):
		t.Rewind()
	default:
		s.remaining(t)
	}
}

// fault is the scheduler's hook: the program caused an exception.
func (s *Sys) fault(c *sched.Core, t *sched.Thread) {
	if s.tracing == toBeTraced {
		s.letGo(t) // it happens again
		return
	}
	x := &t.Ctx
	const mapErr, accErr = 1, 2
	if x.Sig == uint32(syscall.SIGSEGV) && x.SigCode == accErr {
		// Where nothing of the program is, there may be inaccessible memory of the LWK's.
		if _, ok := s.Space.Find(uintptr(x.SigAddr)); !ok {
			x.SigCode = mapErr
		}
	}
	info := signal.Fault(int(x.Sig), x.SigCode, x.SigAddr)
	signal.Force(&s.Actions, &t.Sig, &info, false)
}

// sendProcess sends a signal to the program as a whole and sees to it that a thread takes it.
func (s *Sys) sendProcess(info *signal.Info) hal.Errno {
	if s.kept.Has(int(info.Signo)) {
		s.toLinux(info)
		return 0
	}
	main := s.K.Main(s.Proc.PID)
	added, err := signal.SendProcess(&s.Actions, &s.K.Pending, &main.Sig, info)
	if added {
		s.rouse(int(info.Signo))
	}
	return err
}

// rouse makes a thread that does not block the signal look: one that runs will, else one that waits
// is interrupted.
func (s *Sys) rouse(sig int) {
	s.K.Lock()
	defer s.K.Unlock()
	var waits *sched.Thread
	taken := false
	s.K.Each(func(t *sched.Thread) bool {
		if t.Sig.Blocked().Has(sig) {
			return true
		}
		switch t.State {
		case sched.Running, sched.Runnable:
			s.K.Cut(t)
			taken = true
			return false
		case sched.Waiting, sched.Shipped:
			if waits == nil {
				waits = t
			}
		}
		return true
	})
	if !taken && waits != nil {
		s.K.Cut(waits)
	}
}

// heeds returns the signals that interrupt a call of the thread at Linux: see hal.Platform.
func (s *Sys) heeds(thread uint32) uint64 {
	t := s.K.ByIndex(thread)
	if t == nil {
		return 0
	}
	set := ^signal.Set(0) &^ t.Sig.Blocked()
	for sig := 1; sig <= signal.Max; sig++ {
		if s.Actions.Ignored(sig) {
			set = set.Del(sig)
		}
	}
	return uint64(set)
}

// retarget is for a thread that no longer takes the signals of set: those that are pending for the
// process may be another's.
func (s *Sys) retarget(set signal.Set) {
	for p := s.K.Pending.Queue.Pending() & set; p != 0; {
		sig := p.Lowest()
		p = p.Del(sig)
		s.rouse(sig)
	}
}

// sendThread sends a signal to one thread.
func (s *Sys) sendThread(t *sched.Thread, info *signal.Info) hal.Errno {
	if s.kept.Has(int(info.Signo)) {
		s.toLinux(info) // the process's there, as the thread is not known
		return 0
	}
	added, err := signal.SendThread(&s.Actions, &t.Sig, info)
	if added && !t.Sig.Blocked().Has(int(info.Signo)) {
		s.K.Lock()
		s.K.Cut(t)
		s.K.Unlock()
	}
	return err
}

// raised sends a thread the signal that Linux sent its proxy with an error of the call: EPIPE or EFBIG.
func (s *Sys) raised(t *sched.Thread) {
	info := signal.Kill(int(t.Raised), int32(s.Proc.PID), s.uid())
	t.Raised = 0
	signal.SendThread(&s.Actions, &t.Sig, &info)
}

func (s *Sys) uid() uint32 { return uint32(s.inline(syscall.SYS_GETUID, 0, 0, 0, 0)) }
