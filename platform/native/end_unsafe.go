package native

import (
	"sync/atomic"

	"github.com/skerry-os/skerry/abi"
)

// The end of an instance, and what is left of it. The last one ends the enclave: its cores park.

const (
	// graceTime is how long, in nanoseconds, memory of an instance is kept after its process was seen to be
	// dead: threads of it may be on their way out of Linux, writing to it.
	graceTime = 200e6
	// watchTime is how often somebody looks whether processes are alive.
	watchTime = 20e6
)

// ending is the program's end: begun first, then what to tell Linux.
var ending struct {
	begun uint32
	kind  uint32 // 0: nothing, its process is dead
	arg   uint64
}

// end ends the program. Any core may call it; core 0 does it, when the others have parked.
func end(kind uint32, arg uint64) {
	if atomic.SwapUint32(&ending.begun, 2) == 0 {
		ending.kind, ending.arg = kind, arg
		atomic.StoreUint32(&ending.begun, 1)
	}
	depart()
}

// depart is what a core does at the border when the program has ended.
func depart() {
	for atomic.LoadUint32(&ending.begun) == 2 {
		pause()
	}
	me := getCPU()
	if me.index != 0 {
		cores[0].Kick()
		parkSelf(me.index)
	}
	s, i := common(), own()
	s.alive-- // nobody else changes it: instances are made and end on this core
	last := s.alive == 0
	s.alive++
	if last {
		if ending.kind != 0 {
			tell(ending.kind, [6]uint64{ending.arg})
		}
		atomic.StoreUint32(&ownBlock(0).Left, 1)
		Park()
	}
	for j := 1; j < int(boot().NCores); j++ {
		parkOther(j)
	}
	if ending.kind != 0 {
		tell(ending.kind, [6]uint64{ending.arg})
	}
	if links.out != 0 || ending.kind == 0 {
		i.unclean = 1
	}
	atomic.StoreUint32(&ownBlock(0).Left, 1)
	part(i)
	for {
		for n := range s.list {
			if s.list[n].state == instAlive {
				turn(n)
			}
		}
	}
}

// part counts an instance out.
func part(i *instance) {
	s := common()
	i.state = instLeft
	s.alive--
	s.ending++
	release(i)
}

// parkSelf halts a core beyond the first for good.
func parkSelf(i uint32) {
	atomic.StoreUint32(&coreBlock(i).State, abi.CoreParked)
	stopForever()
}

// parkOther waits until another core of this instance has parked: it comes to the border.
func parkOther(i int) {
	atomic.StoreUint32(&ending.begun, 1)
	until := rdtsc() + ticks(2e9)
	for atomic.LoadUint32(&coreBlock(uint32(i)).State) == abi.CoreRunning {
		cores[i].Kick()
		if rdtsc() > until { // it waits for Linux, with a process that is dead
			atomic.StoreUint32(&stopping, 1)
			sendIPI(cpus[i].apic, ipiNMI)
			until = ^uint64(0)
		}
		for range 1000 {
			pause()
		}
		commands(0)
	}
}

// tend looks after instances whose program or process has ended: it gives back what they had. Core 0 calls it now
// and then.
func tend() {
	s := common()
	if s.alive+s.ending < 2 || getCPU().index != 0 {
		return
	}
	now := rdtsc()
	for n := range s.list {
		i := &s.list[n]
		if i.state == instFree || i.state == instHeld {
			continue
		}
		dead := atomic.LoadUint32(&at[abi.ProxyBlock](i.proxy).Life)&abi.LifeDied != 0
		if dead && i.died == 0 {
			i.died = now | 1
		}
		switch {
		case i.state == instAlive && dead && n == int(self):
			atomic.StoreUint32(&ending.begun, 1) // nobody is to be told
			return
		case i.state == instAlive && dead:
			i.unclean = 1
			part(i)
		case n == int(self):
		case i.state == instLeft && (i.unclean == 0 || dead && now-i.died > ticks(graceTime)) && (n != 0 || quiet()):
			buryTables(i.top)
			i.state = instGone
		case i.state == instGone && dead && now-i.died > ticks(graceTime):
			if i.home != 0 {
				pretouch()
				giveGranule(i.home)
			}
			*i = instance{}
			s.ending--
		}
	}
}

// quiet tells whether the first instance's other cores have parked.
func quiet() bool {
	n := boot().Machine.Len / 128
	for j := uint32(1); j < uint32(n); j++ {
		if atomic.LoadUint32(&coreBlock(j).State) == abi.CoreRunning {
			return false
		}
	}
	return true
}
