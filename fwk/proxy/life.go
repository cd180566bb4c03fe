package proxy

import (
	"sync/atomic"
	"syscall"
	"unsafe"

	"github.com/skerry-os/skerry/abi"
)

// robust is the robust list of the process's first thread (set_robust_list(2)), with one futex in it: ProxyBlock.Life. When
// the thread ends, whatever ends it, Linux marks the word, which the LWK looks at. It lives as long as the process.
//
// Safe: Linux reads these words only, and they are static.
var robust struct {
	head    uintptr // next: node
	offset  int64
	pending uintptr
	node    uintptr // next: head
}

const sysSetRobustList = 273

// live tells the LWK that this process lives, from now on until it ends. It is called on the process's first
// thread.
func (p *Proxy) live() {
	b := p.block
	atomic.StoreUint32(&b.PID, uint32(p.pid))
	atomic.StoreUint32(&b.Life, uint32(syscall.Gettid()))
	robust.node = uintptr(unsafe.Pointer(&robust.head))
	robust.head = uintptr(unsafe.Pointer(&robust.node))
	robust.offset = int64(uintptr(unsafe.Pointer(&b.Life))) - int64(robust.head)
	syscall.RawSyscall(sysSetRobustList, uintptr(unsafe.Pointer(&robust.head)), 24, 0)
}

// leaveLife takes it back: the process is about to execute itself anew.
func (p *Proxy) leaveLife() {
	robust.head = uintptr(unsafe.Pointer(&robust.head))
}

// serves tells those that wait for it that this process serves.
func (p *Proxy) serves() {
	if p.cfg.Heir == nil {
		return
	}
	if p.cfg.Ring == nil {
		atomic.StoreUint32(&p.block.Mute, 1)
	}
	atomic.StoreUint32(&p.block.Ready, 1)
	if p.cfg.Heir.Exec {
		atomic.StoreUint32(&p.coreBlock(0).Command, abi.CommandRestart)
		p.ring(0)
	}
}
