package launch

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/fwk/apic"
	"github.com/skerry-os/skerry/fwk/node"
	"github.com/skerry-os/skerry/fwk/pin"
)

// KeepVerb is the hidden verb by which skerry becomes an enclave's keeper.
const KeepVerb = "keep-enclave"

// startKeeper makes the keeper of an enclave and returns when it has pinned the memory. It must not be
// our child, for whose end the program would be told: a process in between makes it, and ends.
func startKeeper(name string) (node.Process, error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return node.Process{}, fail("cannot start the enclave's keeper", err.Error(), "")
	}
	defer unix.Close(p[0])
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		unix.Close(p[1])
		return node.Process{}, fail("cannot start the enclave's keeper", err.Error(), "")
	}
	pid, err := syscall.ForkExec("/proc/self/exe", []string{"skerry", KeepVerb, name}, &syscall.ProcAttr{
		Dir: "/", Env: []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "SKERRY_KEEP=1"},
		Files: []uintptr{uintptr(null), uintptr(null), uintptr(null), uintptr(p[1])},
		Sys:   &syscall.SysProcAttr{Setsid: true}})
	unix.Close(null)
	unix.Close(p[1])
	if err != nil {
		return node.Process{}, fail("cannot start the enclave's keeper", err.Error(), "mount /proc")
	}
	var said []byte
	var buf [512]byte
	for {
		n, err := unix.Read(p[0], buf[:])
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if n <= 0 {
			break
		}
		said = append(said, buf[:n]...)
	}
	for {
		if _, err := unix.Wait4(pid, nil, 0, nil); !errors.Is(err, unix.EINTR) {
			break
		}
	}
	var keeper node.Process
	if n, _ := fmt.Sscanf(string(said), "ready %d %d", &keeper.PID, &keeper.Start); n == 2 {
		return keeper, nil
	}
	return keeper, fail("the enclave's keeper could not start", strings.TrimSpace(string(said)), "see `skerry check`")
}

// Keep is the keeper's life. Descriptor 3 takes the answer to startKeeper.
func Keep(n *node.Node, name string) error {
	if os.Getenv("SKERRY_KEEP") == "1" {
		return keepAgain(name)
	}
	answer := os.NewFile(3, "answer")
	k, err := newKeeper(n, name)
	if err != nil {
		fmt.Fprintln(answer, err)
		answer.Close()
		return err
	}
	fmt.Fprintf(answer, "ready %d %d\n", k.claim.Keeper.PID, k.claim.Keeper.Start)
	answer.Close()
	return k.run()
}

// keepAgain is the process in between.
func keepAgain(name string) error {
	null, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	_, err = syscall.ForkExec("/proc/self/exe", []string{"skerry", KeepVerb, name}, &syscall.ProcAttr{
		Dir: "/", Env: []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "SKERRY_KEEP=2"},
		Files: []uintptr{null.Fd(), null.Fd(), null.Fd(), 3}})
	return err
}

type keeper struct {
	node   *node.Node
	bus    *apic.Bus
	claim  *node.Claim
	boot   *abi.Boot
	mem    []byte
	ring   *os.File // keeps the memory pinned
	mail   *mailbox
	runner int // pidfd

	beats []uint64
	still []int // looks since the core's heart beat last
}

func newKeeper(n *node.Node, name string) (*keeper, error) {
	k := &keeper{node: n}
	var err error
	if k.claim, err = n.Find(name); err != nil || k.claim == nil {
		return nil, fmt.Errorf("no enclave %s: %w", name, err)
	}
	k.claim.Keeper = node.ProcessOf(os.Getpid())
	_ = os.WriteFile("/proc/self/comm", []byte("skerry-keeper"), 0)        // a name for ps(1)
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("-1000"), 0)       // the memory is not ours to free
	if k.runner, err = unix.PidfdOpen(k.claim.Runner.PID, 0); err != nil { // Linux 5.3
		return nil, err
	}
	if !k.claim.Runner.Alive() {
		return nil, errors.New("the runner is gone")
	}
	if k.bus, err = apic.Open(); err != nil {
		return nil, err
	}
	fd, err := unix.Open(n.MemoryFile(name), unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if k.mem, err = pin.Map(fd, k.claim.Memory); err != nil {
		return nil, err
	}
	unix.Close(fd)
	if k.ring, err = pin.Pin(k.mem); err != nil {
		return nil, err
	}
	if k.mail, err = openMail(n.MailFile(name), false); err != nil {
		return nil, err
	}
	cores := len(k.claim.CPUs)
	if k.boot, err = enclave.Layout(cores, k.claim.Memory, k.claim.Image); err != nil {
		return nil, err
	}
	k.beats, k.still = make([]uint64, cores), make([]int, cores)
	return k, n.SaveClaim(k.claim)
}

// How often the keeper looks, and after how many looks without a heartbeat a core counts as stopped. A
// core's heart beats each second. Looks are counted, not time: while the machine sleeps, so do we.
const (
	look      = 250 * time.Millisecond
	stillMost = 60
)

// run watches until the runner is gone, then stops the cores.
func (k *keeper) run() error {
	for {
		p := []unix.PollFd{{Fd: int32(k.runner), Events: unix.POLLIN}}
		n, err := unix.Poll(p, int(look.Milliseconds()))
		if n == 1 {
			if on, err := k.succeed(); on || err != nil {
				if err != nil {
					return err
				}
				continue
			}
			return k.finish()
		}
		if err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		if now, err := k.node.Find(k.claim.Name); err == nil && (now == nil || !now.Same(k.claim)) {
			return nil // ended, or replaced
		}
		if k.mail.stopped() {
			continue // told already; the runner is about to end
		}
		if why := k.trouble(); why != "" {
			k.mail.post(why) // first: nobody rings a core from now on
			if err := stopCores(k.node, k.bus, k.claim); err != nil {
				k.mail.post(why + "\n" + err.Error())
			}
		}
	}
}

// succeed looks for another process of the enclave when the one that stands for it has ended.
func (k *keeper) succeed() (bool, error) {
	unlock, err := k.node.Lock()
	if err != nil {
		return false, err
	}
	defer unlock()
	next, ok := k.mail.other(0)
	if !ok {
		return false, nil
	}
	now, err := k.node.Find(k.claim.Name)
	if err != nil || now == nil || !now.Same(k.claim) {
		return false, err
	}
	fd, err := unix.PidfdOpen(next.PID, 0)
	if err != nil {
		return true, nil // it has ended just now: look again
	}
	unix.Close(k.runner)
	k.runner, k.claim.Runner = fd, next
	return true, k.node.SaveClaim(k.claim)
}

// trouble says what is wrong with the enclave, or "".
func (k *keeper) trouble() string {
	for i, cpu := range k.claim.CPUs {
		if k.node.Taken(cpu.Number) {
			return fmt.Sprintf("Linux has taken CPU %d back while the enclave ran on it: something wrote 1 to "+
				"/sys/devices/system/cpu/cpu%d/online (an administrator, udev, tuned, smt/control)", cpu.Number, cpu.Number)
		}
		c := enclave.Core(k.mem, k.boot, i)
		state, beat := atomic.LoadUint32(&c.State), atomic.LoadUint64(&c.Beat)
		if state == abi.CoreOff || state == abi.CoreParked {
			k.still[i] = 0 // before the start, after the end
			continue
		}
		if state == abi.CoreDead {
			return k.lost("the enclave's kernel died")
		}
		if beat != k.beats[i] {
			k.beats[i], k.still[i] = beat, 0
			continue
		}
		if k.still[i]++; k.still[i] >= stillMost {
			return k.lost(fmt.Sprintf("CPU %d of the enclave has stopped: no heartbeat (was it reset, did the machine sleep?)", cpu.Number))
		}
	}
	return ""
}

func (k *keeper) lost(what string) string {
	if more := Diagnose(k.mem, k.boot, k.claim, k.node.Taken); more != "" {
		return what + "\n" + more
	}
	return what
}

// finish ends the claim, if it is still the one that we keep.
func (k *keeper) finish() error {
	unlock, err := k.node.Lock()
	if err != nil {
		return err
	}
	defer unlock()
	now, err := k.node.Find(k.claim.Name)
	if err != nil || now == nil || !now.Same(k.claim) {
		return err
	}
	return end(k.node, k.bus, k.claim)
}

// Lost blocks until the enclave is lost, and says why. It uses no descriptor and no timer.
func (e *Enclave) Lost() string {
	for {
		if e.mail == nil {
			sleep(1000) // nobody tells; see Join
		} else if why, ok := e.mail.read(1000); ok {
			return why
		}
		if unix.Kill(e.Claim.Keeper.PID, 0) == unix.ESRCH {
			if e.mail != nil {
				if why, ok := e.mail.read(1); ok {
					return why
				}
			}
			return "the enclave's keeper is gone: somebody killed process " + fmt.Sprint(e.Claim.Keeper.PID)
		}
	}
}
