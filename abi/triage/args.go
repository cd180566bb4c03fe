package triage

import "syscall"

// Short constructors for the table. Each is one composite literal that the compiler inlines and lays
// out as static data; a constructor that calls another, or changes its parameter, would move the whole
// family to code that runs at start.

type args = []Arg

// Flag sets that many calls share.
const (
	waits       = MayBlock | Restart
	interrupted = MayBlock | RestartNoHand
	sock        = MayBlock | Restart | TimeoutEINTR
)

const pathMax = 4096

func i32(n string) Arg    { return Arg{n, Int, 4, -1, false} }
func i64(n string) Arg    { return Arg{n, Int, 8, -1, false} }
func u32(n string) Arg    { return Arg{n, UInt, 4, -1, false} }
func u64(n string) Arg    { return Arg{n, UInt, 8, -1, false} }
func fd(n string) Arg     { return Arg{n, FD, 4, -1, false} }
func fd64(n string) Arg   { return Arg{n, FD, 8, -1, false} }
func dirfd(n string) Arg  { return Arg{n, FDDir, 4, -1, false} }
func flags(n string) Arg  { return Arg{n, Bits, 4, -1, false} }
func fl64(n string) Arg   { return Arg{n, Bits, 8, -1, false} }
func mode(n string) Arg   { return Arg{n, Mode, 2, -1, false} }
func mode32(n string) Arg { return Arg{n, Mode, 4, -1, false} }
func pid(n string) Arg    { return Arg{n, PID, 4, -1, false} }
func tid(n string) Arg    { return Arg{n, TID, 4, -1, false} }
func uid(n string) Arg    { return Arg{n, UID, 4, -1, false} }
func gid(n string) Arg    { return Arg{n, GID, 4, -1, false} }
func sig(n string) Arg    { return Arg{n, Signal, 4, -1, false} }
func size(n string) Arg   { return Arg{n, Size, 8, -1, false} }
func size32(n string) Arg { return Arg{n, Size, 4, -1, false} }
func off(n string) Arg    { return Arg{n, Offset, 8, -1, false} }
func addr(n string) Arg   { return Arg{n, Addr, 8, -1, false} }

func path(n string) Arg                    { return Arg{n, Path, pathMax, -1, false} }
func pathOpt(n string) Arg                 { return Arg{n, Path, pathMax, -1, true} }
func text(n string, most uint32) Arg       { return Arg{n, String, most, -1, false} }
func textOpt(n string, most uint32) Arg    { return Arg{n, String, most, -1, true} }
func argv(n string) Arg                    { return Arg{n, PtrArray, 8, -1, true} }
func bufIn(n string, l int8) Arg           { return Arg{n, BufIn, 1, l, false} }
func bufInOpt(n string, l int8) Arg        { return Arg{n, BufIn, 1, l, true} }
func bufOut(n string, l int8) Arg          { return Arg{n, BufOut, 1, l, false} }
func bufOutOpt(n string, l int8) Arg       { return Arg{n, BufOut, 1, l, true} }
func bufOutPtr(n string, l int8) Arg       { return Arg{n, BufOutPtr, 1, l, false} }
func bufOutPtrOpt(n string, l int8) Arg    { return Arg{n, BufOutPtr, 1, l, true} }
func in(n string, s uint32) Arg            { return Arg{n, StructIn, s, -1, false} }
func inOpt(n string, s uint32) Arg         { return Arg{n, StructIn, s, -1, true} }
func out(n string, s uint32) Arg           { return Arg{n, StructOut, s, -1, false} }
func outOpt(n string, s uint32) Arg        { return Arg{n, StructOut, s, -1, true} }
func inOut(n string, s uint32) Arg         { return Arg{n, StructInOut, s, -1, false} }
func inOutOpt(n string, s uint32) Arg      { return Arg{n, StructInOut, s, -1, true} }
func sized(n string, s uint32) Arg         { return Arg{n, SizedIn, s, -1, false} }
func arrIn(n string, s uint32, l int8) Arg { return Arg{n, ArrayIn, s, l, false} }
func arrInOpt(n string, s uint32, l int8) Arg {
	return Arg{n, ArrayIn, s, l, true}
}
func arrOut(n string, s uint32, l int8) Arg {
	return Arg{n, ArrayOut, s, l, false}
}
func arrInOut(n string, s uint32, l int8) Arg {
	return Arg{n, ArrayInOut, s, l, false}
}
func nestIn(n string, s uint32, l int8) Arg {
	return Arg{n, NestedIn, s, l, false}
}
func nestInOpt(n string, s uint32, l int8) Arg {
	return Arg{n, NestedIn, s, l, true}
}
func nestInOut(n string, s uint32, l int8) Arg {
	return Arg{n, NestedInOut, s, l, false}
}

func iovIn(n string, l int8) Arg     { return Arg{n, IovecIn, 16, l, false} }
func iovOut(n string, l int8) Arg    { return Arg{n, IovecOut, 16, l, false} }
func iovInOut(n string, l int8) Arg  { return Arg{n, IovecInOut, 16, l, false} }
func saIn(n string, l int8) Arg      { return Arg{n, SockaddrIn, 1, l, false} }
func saInOpt(n string, l int8) Arg   { return Arg{n, SockaddrIn, 1, l, true} }
func saOut(n string, l int8) Arg     { return Arg{n, SockaddrOut, 1, l, false} }
func saOutOpt(n string, l int8) Arg  { return Arg{n, SockaddrOut, 1, l, true} }
func setIn(n string, l int8) Arg     { return Arg{n, SigSetIn, 1, l, false} }
func setInOpt(n string, l int8) Arg  { return Arg{n, SigSetIn, 1, l, true} }
func setOut(n string, l int8) Arg    { return Arg{n, SigSetOut, 1, l, false} }
func setOutOpt(n string, l int8) Arg { return Arg{n, SigSetOut, 1, l, true} }
func setPtr(n string) Arg            { return Arg{n, SigSetPtr, 16, -1, true} }
func fdset(n string) Arg             { return Arg{n, FDSet, 1, 0, true} }
func nodesIn(n string, l int8) Arg   { return Arg{n, NodeMaskIn, 1, l, true} }
func nodesOut(n string, l int8) Arg  { return Arg{n, NodeMaskOut, 1, l, true} }
func tsIn(n string) Arg              { return Arg{n, TimeSpecIn, 16, -1, false} }
func tsInOpt(n string) Arg           { return Arg{n, TimeSpecIn, 16, -1, true} }
func tsOut(n string) Arg             { return Arg{n, TimeSpecOut, 16, -1, false} }
func tsOutOpt(n string) Arg          { return Arg{n, TimeSpecOut, 16, -1, true} }
func tsInOutOpt(n string) Arg        { return Arg{n, TimeSpecInOut, 16, -1, true} }
func word(n string) Arg              { return Arg{n, FutexWord, 4, -1, false} }
func wordOpt(n string) Arg           { return Arg{n, FutexWord, 4, -1, true} }
func variant(n string, l int8) Arg   { return Arg{n, Variant, 8, l, true} }

// Errors of refused calls.
const (
	enosys     = syscall.ENOSYS
	eopnotsupp = syscall.EOPNOTSUPP
	eintr      = syscall.EINTR
)

// errnoName returns the symbol of an error that the table uses, "" for none.
func errnoName(e syscall.Errno) string {
	switch e {
	case 0:
		return ""
	case enosys:
		return "ENOSYS"
	case eopnotsupp:
		return "EOPNOTSUPP"
	case eintr:
		return "EINTR"
	}
	return e.Error()
}
