package strace

import (
	"syscall"

	"github.com/skerry-os/skerry/abi/triage"
)

// Results that a program never sees: what an interrupted call does next. The numbers are Linux's.
const (
	RestartSys    = -512 // made again unless a handler says otherwise
	RestartNoIntr = -513 // made again
	RestartNoHand = -514 // made again unless there is a handler
	RestartBlock  = -516 // goes on for the time that is left
	largestErrno  = -4095
)

// result shows what the call returned.
func (p *printer) result() {
	switch r := p.ret; {
	case r == never:
		p.str("?")
	case r == RestartSys:
		p.str("? ERESTARTSYS (To be restarted if SA_RESTART is set)")
	case r == RestartNoIntr:
		p.str("? ERESTARTNOINTR (To be restarted)")
	case r == RestartNoHand:
		p.str("? ERESTARTNOHAND (To be restarted if no handler)")
	case r == RestartBlock:
		p.str("? ERESTART_RESTARTBLOCK (Interrupted by signal)")
	case r < 0 && r >= largestErrno:
		p.line = appendError(p.line, syscall.Errno(-r))
	case p.c != nil && p.c.Ret == triage.Addr:
		p.hex(uint64(r))
	default:
		p.success(r)
	}
}

func (p *printer) success(r int64) {
	const getFD, getFL = 1, 3
	switch p.call.Nr {
	case 72: // fcntl
		switch p.call.Args[1] {
		case getFL:
			p.hex(uint64(r))
			p.str(" (flags ")
			p.flags(&openFlags, uint64(r))
			p.str(")")
			return
		case getFD:
			if r == 1 {
				p.str("0x1 (flags FD_CLOEXEC)")
				return
			}
		}
	case 7, 271: // poll, ppoll
		if r == 0 {
			p.str("0 (Timeout)")
			return
		}
		p.num(r)
		p.str(" (")
		if !p.pollfds(p.call.Args[0], p.call.Args[1], true) {
			p.addr(p.call.Args[0])
		}
		p.str(")")
		return
	case 23, 270: // select, pselect6
		if r == 0 {
			p.str("0 (Timeout)")
			return
		}
	case 95: // umask
		p.octal(uint64(r))
		return
	case 128: // rt_sigtimedwait
		p.num(r)
		p.str(" (")
		p.line = appendSignal(p.line, int(r))
		p.str(")")
		return
	}
	p.num(r)
}
