package sys

import (
	"encoding/binary"
	"syscall"

	"github.com/skerry-os/skerry/lwk/proc/signal"
	"github.com/skerry-os/skerry/lwk/sched"
)

// signalfd(2). The descriptor is Linux's, and so must be the signals that are read from it: those in
// the mask of such a descriptor that every thread blocks. While that is so they are kept by Linux:
// its own stay there, and those that the program sends itself are sent there. Masks of descriptors
// are only ever added up, as nobody tells when the last copy of one is closed.

func signalfd(s *Sys, c *sched.Core, t *sched.Thread) int64 {
	m, err := s.User.Load64(uintptr(t.Args[1]))
	if err != 0 || t.Args[2] != 8 {
		return s.again(c, t) // Linux says what is wrong
	}
	t.Scratch[0] = m
	t.After = afterSignalfd
	return s.again(c, t)
}

// signalfdMade is for a descriptor that Linux has made or changed.
func (s *Sys) signalfdMade(t *sched.Thread) {
	s.fdSignals |= signal.Set(t.Scratch[0]) &^ neverKept
	s.keep()
}

// neverKept are signals that nobody blocks, and those of faults.
const neverKept = 1<<(9-1) | 1<<(19-1) | 1<<(4-1) | 1<<(5-1) | 1<<(7-1) | 1<<(8-1) | 1<<(11-1) | 1<<(31-1)

// keep decides anew which signals Linux keeps. It comes after every change of a mask while there is
// such a descriptor.
func (s *Sys) keep() {
	kept := s.fdSignals
	s.K.Lock()
	s.K.Each(func(t *sched.Thread) bool { kept &= t.Sig.Blocked(); return kept != 0 })
	changed := kept != s.kept
	gone, come := s.kept&^kept, kept&^s.kept
	s.kept = kept
	s.K.Unlock()
	if !changed {
		return
	}
	s.Plat.Leave(uint64(kept))
	for sig := 1; come != 0 && sig <= signal.Max; sig++ {
		for come.Has(sig) && s.K.Pending.Queue.Pending().Has(sig) {
			if info, ok := signal.Next(&s.empty, &s.K.Pending, ^signal.Of(sig)); ok {
				s.toLinux(&info)
			}
		}
	}
	if gone != 0 {
		s.fromLinux(gone)
	}
}

// toLinux makes a signal pending at Linux.
func (s *Sys) toLinux(info *signal.Info) {
	var b [signal.InfoSize]byte
	info.Encode(&b)
	if s.inline(syscall.SYS_RT_SIGQUEUEINFO, uint64(s.Proc.PID), uint64(info.Signo), address(b[:]), 0) == -int64(syscall.EPERM) {
		// Only the thread whose id is the process's may say where a signal came from.
		s.inline(syscall.SYS_KILL, uint64(s.Proc.PID), uint64(info.Signo), 0, 0)
	}
}

// takeLinux takes a signal that is pending there.
func (s *Sys) takeLinux(set signal.Set) (signal.Info, bool) {
	var b [signal.InfoSize]byte
	var words, now [2]uint64
	words[0] = uint64(set)
	if s.inline(syscall.SYS_RT_SIGTIMEDWAIT, address64(&words), address(b[:]), address64(&now), 8) <= 0 {
		return signal.Info{}, false
	}
	var w [6]uint64
	for i := range w {
		w[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return signal.FromSlot(w), true
}

// fromLinux takes all of them that Linux no longer keeps; or so many, should they come faster than that: what
// comes later comes by itself.
func (s *Sys) fromLinux(set signal.Set) {
	for range stormy {
		info, ok := s.takeLinux(set)
		if !ok {
			return
		}
		s.sendProcess(&info)
	}
}

// keptPending returns what is pending at Linux of what it keeps.
func (s *Sys) keptPending() signal.Set {
	if s.kept == 0 {
		return 0
	}
	var words [2]uint64
	s.inline(syscall.SYS_RT_SIGPENDING, address64(&words), 8, 0, 0)
	return signal.Set(words[0]) & s.kept
}
