package process

import "github.com/skerry-os/skerry/lwk/hal"

// The assembly's functions; what each does stands there.

func rawThread(flags, stack, fn, arg, tls, id uintptr) uintptr
func vforkClone(flags, save, room uintptr) int64
func adoptThread(flags uintptr, m *markPoint, fs, gs uintptr) uintptr
func setGS(base uintptr)
func getFS() uintptr
func pause()
func fence()

// Entries of the raw threads; each calls its nosplit Go function.
func proxyEntry(arg uintptr)
func monitorEntry(arg uintptr)
func listenerEntry(arg uintptr)

//go:noescape
func addresses(out *[nsymbols]uintptr)

func xcr0() uint64
func xsave(area uintptr, mask uint64)
func xrstor(area uintptr, mask uint64)

//go:noescape
func xsaveWith(ctx *hal.Context, area uintptr, mask uint64)

//go:noescape
func xrstorTo(ctx *hal.Context, area uintptr, mask uint64)

// What addresses returns, and the text range, which the trap handler reads.
var (
	textLow, textHigh uintptr
	symbols           [nsymbols]uintptr

	cutFrom, cutTo, cutAt uintptr // rawcall.Range
)

const (
	symEntry    = 2
	symHandler  = 3
	symRestorer = 4
	symProxy    = 5
	symMonitor  = 6
	symListener = 7
	symEnd      = 8
	symLight    = 9 // the first of the func values' code, in makeLight's order
	symAll      = 27
	nsymbols    = 28
)

func imageEnd() uintptr { return (symbols[symEnd] + 0xffff) &^ 0xffff }
