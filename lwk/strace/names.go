package strace

import (
	"strconv"
	"syscall"
)

// errnos are the names of errors by number.
var errnos = [...]string{
	1: "EPERM", 2: "ENOENT", 3: "ESRCH", 4: "EINTR", 5: "EIO", 6: "ENXIO", 7: "E2BIG", 8: "ENOEXEC",
	9: "EBADF", 10: "ECHILD", 11: "EAGAIN", 12: "ENOMEM", 13: "EACCES", 14: "EFAULT", 15: "ENOTBLK", 16: "EBUSY",
	17: "EEXIST", 18: "EXDEV", 19: "ENODEV", 20: "ENOTDIR", 21: "EISDIR", 22: "EINVAL", 23: "ENFILE", 24: "EMFILE",
	25: "ENOTTY", 26: "ETXTBSY", 27: "EFBIG", 28: "ENOSPC", 29: "ESPIPE", 30: "EROFS", 31: "EMLINK", 32: "EPIPE",
	33: "EDOM", 34: "ERANGE", 35: "EDEADLOCK", 36: "ENAMETOOLONG", 37: "ENOLCK", 38: "ENOSYS", 39: "ENOTEMPTY", 40: "ELOOP",
	42: "ENOMSG", 43: "EIDRM", 44: "ECHRNG", 45: "EL2NSYNC", 46: "EL3HLT", 47: "EL3RST", 48: "ELNRNG", 49: "EUNATCH",
	50: "ENOCSI", 51: "EL2HLT", 52: "EBADE", 53: "EBADR", 54: "EXFULL", 55: "ENOANO", 56: "EBADRQC", 57: "EBADSLT",
	59: "EBFONT", 60: "ENOSTR", 61: "ENODATA", 62: "ETIME", 63: "ENOSR", 64: "ENONET", 65: "ENOPKG", 66: "EREMOTE",
	67: "ENOLINK", 68: "EADV", 69: "ESRMNT", 70: "ECOMM", 71: "EPROTO", 72: "EMULTIHOP", 73: "EDOTDOT", 74: "EBADMSG",
	75: "EOVERFLOW", 76: "ENOTUNIQ", 77: "EBADFD", 78: "EREMCHG", 79: "ELIBACC", 80: "ELIBBAD", 81: "ELIBSCN", 82: "ELIBMAX",
	83: "ELIBEXEC", 84: "EILSEQ", 85: "ERESTART", 86: "ESTRPIPE", 87: "EUSERS", 88: "ENOTSOCK", 89: "EDESTADDRREQ", 90: "EMSGSIZE",
	91: "EPROTOTYPE", 92: "ENOPROTOOPT", 93: "EPROTONOSUPPORT", 94: "ESOCKTNOSUPPORT", 95: "ENOTSUP", 96: "EPFNOSUPPORT", 97: "EAFNOSUPPORT", 98: "EADDRINUSE",
	99: "EADDRNOTAVAIL", 100: "ENETDOWN", 101: "ENETUNREACH", 102: "ENETRESET", 103: "ECONNABORTED", 104: "ECONNRESET", 105: "ENOBUFS", 106: "EISCONN",
	107: "ENOTCONN", 108: "ESHUTDOWN", 109: "ETOOMANYREFS", 110: "ETIMEDOUT", 111: "ECONNREFUSED", 112: "EHOSTDOWN", 113: "EHOSTUNREACH", 114: "EALREADY",
	115: "EINPROGRESS", 116: "ESTALE", 117: "EUCLEAN", 118: "ENOTNAM", 119: "ENAVAIL", 120: "EISNAM", 121: "EREMOTEIO", 122: "EDQUOT",
	123: "ENOMEDIUM", 124: "EMEDIUMTYPE", 125: "ECANCELED", 126: "ENOKEY", 127: "EKEYEXPIRED", 128: "EKEYREVOKED", 129: "EKEYREJECTED", 130: "EOWNERDEAD",
	131: "ENOTRECOVERABLE", 132: "ERFKILL", 133: "EHWPOISON",
}

var signals = [...]string{"", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
	"STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS"}

// appendSignal shows a signal by name: SIGINT, SIGRTMIN, SIGRT_1.
func appendSignal(b []byte, sig int) []byte {
	switch {
	case sig > 0 && sig < len(signals):
		return append(append(b, "SIG"...), signals[sig]...)
	case sig == 32:
		return append(b, "SIGRTMIN"...)
	case sig > 32 && sig <= 64:
		return strconv.AppendInt(append(b, "SIGRT_"...), int64(sig-32), 10)
	}
	return strconv.AppendInt(b, int64(sig), 10)
}

// appendSigset shows a set by the names of its signals, or, when most are in it, of those that are not.
func appendSigset(b []byte, set uint64) []byte {
	n := 0
	for s := set; s != 0; s &= s - 1 {
		n++
	}
	if n > 32 {
		b, set = append(b, '~'), ^set
	}
	b = append(b, '[')
	shown := false
	for sig := 1; sig <= 64; sig++ {
		if set>>(sig-1)&1 == 0 {
			continue
		}
		if shown {
			b = append(b, ' ')
		}
		shown = true
		switch {
		case sig < len(signals):
			b = append(b, signals[sig]...)
		case sig == 32:
			b = append(b, "RTMIN"...)
		default:
			b = strconv.AppendInt(append(b, "RT_"...), int64(sig-32), 10)
		}
	}
	return append(b, ']')
}

// appendError shows a failure: its number's name and what it means.
func appendError(b []byte, e syscall.Errno) []byte {
	b = append(b, "-1 "...)
	if int(e) < len(errnos) && errnos[e] != "" {
		b = append(b, errnos[e]...)
		b = append(b, " ("...)
		at := len(b)
		b = append(b, e.Error()...)
		if b[at] >= 'a' && b[at] <= 'z' {
			b[at] -= 'a' - 'A'
		}
		return append(b, ')')
	}
	b = append(b, "ERRNO_"...)
	return strconv.AppendInt(b, int64(e), 10)
}

// appendSigInfo shows the first 48 bytes of a siginfo: sigaction(2).
func appendSigInfo(b []byte, info *[6]uint64) []byte {
	sig, code := int(int32(info[0])), int32(info[1])
	b = append(appendSignal(b, sig), " {si_signo="...)
	b = append(appendSignal(b, sig), ", si_code="...)
	if name := codeName(sig, code); name != "" {
		b = append(b, name...)
	} else {
		b = strconv.AppendInt(b, int64(code), 10)
	}
	pid, uid := int64(int32(info[2])), int64(info[2]>>32)
	switch {
	case sig == sigCHLD && code > 0:
		b = appendField(appendField(b, "si_pid", pid), "si_uid", uid)
		if status := int32(info[3]); code == 1 {
			b = appendField(b, "si_status", int64(status))
		} else {
			b = appendSignal(append(b, ", si_status="...), int(status))
		}
		b = appendField(appendField(b, "si_utime", int64(info[4])), "si_stime", int64(info[5]))
	case code > 0 && code != siKernel && (sig == sigSEGV || sig == sigBUS || sig == sigFPE || sig == sigILL || sig == sigTRAP):
		b = append(b, ", si_addr="...)
		if info[2] == 0 {
			b = append(b, "NULL"...)
		} else {
			b = appendHex(b, info[2])
		}
	case code == 0 || code == -6:
		b = appendField(appendField(b, "si_pid", pid), "si_uid", uid)
	case code == -1:
		b = appendField(appendField(appendField(b, "si_pid", pid), "si_uid", uid), "si_int", int64(int32(info[3])))
	case code == -2:
		b = appendField(appendField(appendField(b, "si_timerid", pid), "si_overrun", uid), "si_int", int64(int32(info[3])))
	}
	return append(b, '}')
}

const (
	sigILL   = 4
	sigTRAP  = 5
	sigBUS   = 7
	sigFPE   = 8
	sigSEGV  = 11
	sigCHLD  = 17
	siKernel = 0x80
)

func appendField(b []byte, name string, v int64) []byte {
	b = append(append(append(b, ", "...), name...), '=')
	return strconv.AppendInt(b, v, 10)
}

// codeName is si_code's name, "" if it has none here.
func codeName(sig int, code int32) string {
	if code <= 0 {
		if i := int(-code); i < len(codes) {
			return codes[i]
		}
		return ""
	}
	if code == siKernel {
		return "SI_KERNEL"
	}
	var names []string
	switch sig {
	case sigCHLD:
		names = childCodes[:]
	case sigSEGV:
		names = segvCodes[:]
	case sigBUS:
		names = busCodes[:]
	case sigFPE:
		names = fpeCodes[:]
	case sigILL:
		names = illCodes[:]
	case sigTRAP:
		names = trapCodes[:]
	}
	if int(code) < len(names) {
		return names[code]
	}
	return ""
}

var (
	codes      = [...]string{"SI_USER", "SI_QUEUE", "SI_TIMER", "SI_MESGQ", "SI_ASYNCIO", "SI_SIGIO", "SI_TKILL"}
	childCodes = [...]string{"", "CLD_EXITED", "CLD_KILLED", "CLD_DUMPED", "CLD_TRAPPED", "CLD_STOPPED", "CLD_CONTINUED"}
	segvCodes  = [...]string{"", "SEGV_MAPERR", "SEGV_ACCERR"}
	busCodes   = [...]string{"", "BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR"}
	fpeCodes   = [...]string{"", "FPE_INTDIV", "FPE_INTOVF", "FPE_FLTDIV", "FPE_FLTOVF", "FPE_FLTUND", "FPE_FLTRES", "FPE_FLTINV", "FPE_FLTSUB"}
	illCodes   = [...]string{"", "ILL_ILLOPC", "ILL_ILLOPN", "ILL_ILLADR", "ILL_ILLTRP", "ILL_PRVOPC", "ILL_PRVREG", "ILL_COPROC", "ILL_BADSTK"}
	trapCodes  = [...]string{"", "TRAP_BRKPT", "TRAP_TRACE", "TRAP_BRANCH", "TRAP_HWBKPT"}
)
