package process

import (
	"unsafe"

	"github.com/skerry-os/skerry/lwk/hal"
)

// The assembly's offsets (offsets.h) are those of the Go structures: each line fails to compile when
// one moves.

var (
	_ [0]byte = [unsafe.Offsetof(hal.Context{}.RSP) - 56]byte{}
	_ [0]byte = [unsafe.Offsetof(hal.Context{}.R8) - 64]byte{}
	_ [0]byte = [unsafe.Offsetof(hal.Context{}.R15) - 120]byte{}
	_ [0]byte = [unsafe.Offsetof(hal.Context{}.RIP) - 128]byte{}
	_ [0]byte = [unsafe.Offsetof(hal.Context{}.FSBase) - 144]byte{}
	_ [0]byte = [unsafe.Offsetof(hal.Context{}.Ext) - 152]byte{}
	_ [0]byte = [unsafe.Offsetof(hal.Context{}.Xmm) - 160]byte{}
	_ [0]byte = [unsafe.Offsetof(hal.Context{}.Restart) - 416]byte{}
	_ [0]byte = [unsafe.Offsetof(hal.Context{}.Sig) - 424]byte{}
	_ [0]byte = [unsafe.Offsetof(hal.Context{}.SigCode) - 428]byte{}
	_ [0]byte = [unsafe.Offsetof(hal.Context{}.SigAddr) - 432]byte{}
	_ [0]byte = [unsafe.Offsetof(hal.Context{}.TrapErr) - 440]byte{}
	_ [0]byte = [unsafe.Offsetof(hal.Context{}.TrapNo) - 448]byte{}
	_ [0]byte = [unsafe.Offsetof(hal.Context{}.CR2) - 456]byte{}

	_ [0]byte = [unsafe.Offsetof(core{}.rip) - 8]byte{}
	_ [0]byte = [unsafe.Offsetof(core{}.gofs) - 32]byte{}
	_ [0]byte = [unsafe.Offsetof(core{}.ctx) - 40]byte{}
	_ [0]byte = [unsafe.Offsetof(core{}.user) - 48]byte{}
	_ [0]byte = [unsafe.Offsetof(core{}.kick) - 52]byte{}
	_ [0]byte = [unsafe.Offsetof(core{}.ringing) - 148]byte{}
	_ [0]byte = [unsafe.Offsetof(core{}.entry) - 56]byte{}
	_ [0]byte = [unsafe.Offsetof(core{}.pid) - 64]byte{}
	_ [0]byte = [unsafe.Offsetof(core{}.tid) - 68]byte{}
	_ [0]byte = [unsafe.Offsetof(core{}.fast) - 72]byte{}
	_ [0]byte = [unsafe.Offsetof(core{}.shadow) - 80]byte{}
	_ [0]byte = [unsafe.Offsetof(core{}.curfs) - 88]byte{}
	_ [0]byte = [unsafe.Offsetof(core{}.realg) - 96]byte{}
)

// What one side writes and the other reads often lies on cache lines of its own.
var (
	_ [0]byte = [unsafe.Offsetof(core{}.waiting) % 64]byte{}
	_ [0]byte = [unsafe.Offsetof(core{}.sliceRun) % 64]byte{}
	_ [0]byte = [unsafe.Offsetof(core{}.replies) % 64]byte{}
	_ [0]byte = [unsafe.Offsetof(core{}.replySend) % 64]byte{}
	_ [0]byte = [unsafe.Offsetof(core{}.replyTake) % 64]byte{}
	_ [0]byte = [unsafe.Sizeof(core{}) % 64]byte{}
	_ [0]byte = [unsafe.Sizeof(proxy{}) % 64]byte{}
	_ [0]byte = [unsafe.Sizeof(call{}) % 64]byte{}
	_ [0]byte = [unsafe.Offsetof(enclave{}.takeAt) % 64]byte{}
	_ [0]byte = [unsafe.Offsetof(enclave{}.pollers) % 64]byte{}
	_ [0]byte = [unsafe.Offsetof(enclave{}.asleep) % 64]byte{}
	_ [0]byte = [unsafe.Offsetof(enclave{}.requests) % 64]byte{}
	_ [0]byte = [unsafe.Offsetof(enclave{}.monitor) % 64]byte{}
	_ [0]byte = [unsafe.Offsetof(enclave{}.cores) % 64]byte{}
	_ [0]byte = [unsafe.Offsetof(enclave{}.proxies) % 64]byte{}
	_ [0]byte = [unsafe.Offsetof(enclave{}.calls) % 64]byte{}
)

// entryOffset is where a stub finds the address of the system-call entry, relative to GS.
const entryOffset = uint32(unsafe.Offsetof(core{}.entry))
