package native

import (
	"sync/atomic"
	"syscall"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/lwk/hal"
)

// Processes of the program: fork, execve, and the end of one. docs/native.md explains it.

// Flags of clone(2) that are looked at here, and those that Linux can still follow when the child executes skerry.
const (
	cloneFiles        = 0x400
	cloneVfork        = 0x4000
	clonePidfd        = 0x1000
	cloneParentSettid = 0x100000
	cloneChildSettid  = 0x1000000
)

// still is set while the other cores are to stand at the border; stiller is who has set it.
var (
	still   uint32
	stiller uint32
)

func getStiller() *cpu { return &cpus[stiller%abi.MaxCores] }

// Still implements hal.Platform.
func (p *Platform) Still(core int) {
	if boot().NCores == 1 {
		return
	}
	stiller = uint32(core)
	atomic.StoreUint32(&still, 1)
	fence()
	for i := range int(boot().NCores) {
		c := &cores[i]
		if i == core {
			continue
		}
		for atomic.LoadUint32(&c.outside) == 0 {
			if atomic.LoadUint32(&c.inUser) != 0 {
				sendIPI(c.apic, vectorKick)
			}
			for range 1000 {
				pause()
			}
			commands(core)
		}
	}
}

// Stir implements hal.Platform.
func (p *Platform) Stir() { atomic.StoreUint32(&still, 0) }

// Revive implements hal.Platform: a child has the first core only.
func (p *Platform) Revive(int) hal.Errno { return syscall.EAGAIN }

// Vfork implements hal.Platform: there is only Fork here.
func (p *Platform) Vfork(int, uint64, bool) int64 { return -int64(syscall.ENOSYS) }

// Company and Heeds are for a platform whose cores make calls of Linux's.
func (p *Platform) Company()                  {}
func (p *Platform) Heeds(func(uint32) uint64) {}

// Vforked implements hal.Platform.
func (p *Platform) Vforked(int) {}

// Exec implements hal.Platform; the LWK's image is not executed again here (see Execute).
func (p *Platform) Exec([]string, []string) int64 { return -int64(syscall.ENOSYS) }

// Fork implements hal.Platform: another instance, with a copy of the program's memory, and a process for it. While the
// child shares this memory, nothing of this program runs on this core.
func (p *Platform) Fork(core int, a *hal.Clone, f *hal.Forking) int64 {
	share := f.Share
	tend()
	if a.Flags&cloneFiles != 0 {
		logText("skerry-lwk: refused clone: processes that share their descriptors\n")
		return -int64(syscall.ENOSYS)
	}
	if a.ExitSignal != uint64(syscall.SIGCHLD) {
		logText("skerry-lwk: refused clone: an exit signal other than SIGCHLD\n")
		return -int64(syscall.EINVAL)
	}
	if a.SetTIDSize != 0 || a.Cgroup != 0 {
		logText("skerry-lwk: refused clone3: a chosen pid or cgroup\n")
		return -int64(syscall.ENOSYS)
	}
	s, n := common(), freeInstance()
	if n == 0 || s.template == 0 {
		logText("skerry-lwk: no fork: too many processes in this enclave\n")
		return -int64(syscall.EAGAIN)
	}
	if !mem.populateShared() {
		return -int64(syscall.ENOMEM)
	}
	pretouch()
	home := takeGranule()
	if home == 0 {
		return -int64(syscall.ENOMEM)
	}
	settleIn(home, n)
	wanted.program, wanted.share = true, share
	if split() != 0 {
		return p.born(a)
	}
	top := made
	if top == 0 {
		giveGranule(home)
		return -int64(syscall.ENOMEM)
	}
	identify(top, uint32(n), home)
	i := &s.list[n]
	*i = instance{state: instHeld, home: home, top: top, cr3: physOf(top), parent: self,
		block: abi.LinearBase + home + 0x1000, proxy: abi.LinearBase + home + 0x2000}
	if share {
		i.lent = 1
	}
	s.alive++
	args := [6]uint64{uint64(home), uint64(n), a.Flags &^ (cloneVfork | cloneParentSettid | cloneChildSettid)}
	var more uint64
	pid := askMore(abi.MsgFork, 0, &args, &more)
	if pid < 0 {
		s.alive--
		i.state = instFree
		buryTables(top)
		giveGranule(home)
		return pid
	}
	if atomic.LoadUint32(&at[abi.ProxyBlock](i.proxy).Mute) != 0 {
		s.poll = 1
	}
	i.state = instAlive
	if a.Flags&cloneParentSettid != 0 {
		(user{}).Store32(uintptr(a.ParentTID), uint32(pid))
	}
	if a.Flags&clonePidfd != 0 {
		(user{}).Store32(uintptr(a.PidFD), uint32(more))
	}
	for atomic.LoadUint32(&i.lent) != 0 {
		tend()
		rest(getCPU(), watchTime)
		commands(core)
	}
	return pid
}

// freeInstance finds a number for an instance; 0: none.
func freeInstance() int {
	for n := 1; n < abi.MaxInstances; n++ {
		if common().list[n].state == instFree {
			return n
		}
	}
	return 0
}

// settleIn writes the boot page of instance n into its home.
func settleIn(home uintptr, n int) {
	zero(abi.LinearBase+home, granule)
	*at[abi.Boot](abi.LinearBase + home) = enclave.Member(boot(), n, uint64(home))
}

// born is where a forked child begins.
func (p *Platform) born(a *hal.Clone) int64 {
	tie()
	c := &cores[0]
	c.poll, c.rung = polls(), false
	c.slice, c.due, c.armed, c.want = 0, 0, 0, 0
	still = 0
	programPID = atomic.LoadUint32(&proxyBlock().PID)
	c.pid, c.tid = programPID, programPID
	mem.nlimbo, mem.sent = 0, 0
	for at := mem.nextFrame(0, abi.UserEnd); at < abi.UserEnd; at = mem.nextFrame(at+region, abi.UserEnd) {
		mem.logMap(abi.MapSet, at, mem.frame(at), region)
	}
	ask(abi.MsgChild, told.child)
	ask(abi.MsgLeave, [6]uint64{told.leave})
	if a.Flags&cloneChildSettid != 0 {
		(user{}).Store32(uintptr(a.ChildTID), programPID)
	}
	return 0
}

// populateShared gives every region of memory that processes share its frame, which they are to share.
func (m *memory) populateShared() bool {
	m.lock.Lock()
	defer m.lock.Unlock()
	for i := 0; i < m.n; i++ {
		if !m.areas[i].shared {
			continue
		}
		for at := m.areas[i].lo &^ (region - 1); at < m.areas[i].hi; at += region {
			if !m.populate(at) {
				return false
			}
		}
	}
	return true
}

// renewed is the home that this instance restarts in, 0: it does not.
var renewed uintptr

// Execute has Linux execute another program in this process. The instance begins anew when that is done; an enclave of
// several cores that has one instance is claimed and started again, for all of its cores. It returns only on failure.
func (p *Platform) Execute(next *enclave.Program) int64 {
	raw := next.Append(nil)
	b, s := boot(), common()
	if uint64(len(raw)) > b.Program.Len {
		return -int64(syscall.E2BIG)
	}
	copy(bytesAt(abi.LinearBase+uintptr(b.Program.Off), uintptr(b.Program.Len)), raw)
	args := [6]uint64{uint64(len(raw))}
	home := uintptr(b.Home)
	if s.template != 0 && (b.NCores == 1 || s.alive > 1) {
		if home == 0 {
			pretouch()
			if home = takeGranule(); home == 0 {
				return -int64(syscall.ENOMEM)
			}
			settleIn(home, int(self))
			if uint64(len(raw)) > at[abi.Boot](abi.LinearBase+home).Program.Len {
				giveGranule(home)
				return -int64(syscall.E2BIG)
			}
		}
		own().block = abi.LinearBase + home + 0x1000
		args[1] = uint64(home)
		renewed = home
	}
	r := ask(abi.MsgExec, args)
	renewed = 0
	own().block = abi.LinearBase + uintptr(b.Cores.Off)
	if home != 0 && b.Home == 0 {
		giveGranule(home)
	}
	return r
}

// restart begins this instance anew, in a copy of the template.
func restart() {
	i := own()
	for j := 1; j < int(boot().NCores); j++ {
		parkOther(j)
	}
	pretouch()
	top := copyKernel(common().template, false)
	if top == 0 {
		logText("skerry-lwk: no memory to execute a program\n")
		ending.kind, ending.arg = abi.MsgDie, uint64(syscall.SIGKILL)
		bootAt = abi.LinearBase + renewed
		tie()
		ending.begun = 1
		depart()
	}
	identify(top, self, renewed)
	i.old, i.top, i.cr3 = tableTop, top, physOf(top)
	i.home, i.proxy = renewed, abi.LinearBase+renewed+0x2000
	atomic.StoreUint32(&at[abi.CoreBlock](i.block).Command, abi.CommandNone)
	switchTo(i.cr3)
}
