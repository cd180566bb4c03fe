package enclave

import (
	"sync/atomic"
	"unsafe"

	"github.com/skerry-os/skerry/abi"
)

const (
	bootSize    = uint32(unsafe.Sizeof(abi.Boot{}))
	coreSize    = uint64(unsafe.Sizeof(abi.CoreBlock{}))
	proxySize   = uint64(unsafe.Sizeof(abi.ProxyBlock{}))
	epitaphSize = uint64(unsafe.Sizeof(abi.Epitaph{}))
	logHeader   = uint64(unsafe.Sizeof(abi.LogRing{}))
)

// The views below are of memory that the other side may change at any time: use atomic operations on
// words that matter, and copy what is to be judged. mem is the whole memory of the enclave. They panic
// when the structure would be outside of mem, as a slice expression does.

// view is safe because the slice expression has checked the bounds, and these types hold no pointers.
func view[T any](mem []byte, off uint64) *T {
	var t T
	return (*T)(unsafe.Pointer(unsafe.SliceData(mem[off : off+uint64(unsafe.Sizeof(t))])))
}

// Boot views the boot page.
func Boot(mem []byte) *abi.Boot { return view[abi.Boot](mem, 0) }

// BootAt views the boot page of an instance by its home.
func BootAt(mem []byte, home uint64) *abi.Boot { return view[abi.Boot](mem, home) }

// Core views the block of core i.
func Core(mem []byte, b *abi.Boot, i int) *abi.CoreBlock {
	return view[abi.CoreBlock](mem, b.Cores.Off+uint64(i)*coreSize)
}

// Proxy views the proxy's block.
func Proxy(mem []byte, b *abi.Boot) *abi.ProxyBlock { return view[abi.ProxyBlock](mem, b.Proxy.Off) }

// Epitaph copies the epitaph of core i; ok is false when there is none.
func Epitaph(mem []byte, b *abi.Boot, i int) (e abi.Epitaph, ok bool) {
	p := view[abi.Epitaph](mem, b.Epitaphs.Off+uint64(i)*epitaphSize)
	if atomic.LoadUint32(&p.Valid) != abi.EpitaphValid {
		return e, false
	}
	return *p, true
}

// Line is an epitaph's text.
func Line(e *abi.Epitaph) string {
	for i, c := range e.Text {
		if c == 0 {
			return string(e.Text[:i])
		}
	}
	return string(e.Text[:])
}

// ReadLog returns what was written to the log since position from, and the position after it. What
// was overwritten meanwhile is left out.
func ReadLog(mem []byte, b *abi.Boot, from uint64) (text []byte, next uint64) {
	head := atomic.LoadUint64(&view[abi.LogRing](mem, b.Log.Off).Head)
	ring := mem[b.Log.Off+logHeader : b.Log.Off+b.Log.Len]
	n := uint64(len(ring))
	if from > head {
		from = 0 // a new log
	}
	if head-from > n {
		from = head - n
	}
	for at := from; at != head; {
		k := min(head-at, n-at%n)
		text = append(text, ring[at%n:at%n+k]...)
		at += k
	}
	return text, head
}
