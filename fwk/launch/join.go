package launch

import (
	"golang.org/x/sys/unix"

	"github.com/skerry-os/skerry/abi"
	"github.com/skerry-os/skerry/abi/enclave"
	"github.com/skerry-os/skerry/fwk/apic"
	"github.com/skerry-os/skerry/fwk/node"
)

// An enclave has as many processes of Linux as its program has. Each is entered in the mailbox; the one that the claim
// names as its runner stands for all, and when it ends another one does. The last ends the enclave.

// Join makes this process one of a running enclave. What it cannot open, as the program has given up the rights for that,
// it does without: then cores look for messages by themselves, and Linux's side does. c.Ask and c.Image are not used.
func Join(c Config, name string, instance int) (*Enclave, error) {
	e := &Enclave{node: c.Node, FD: -1}
	var err error
	if e.Claim, err = c.Node.Find(name); err != nil {
		return nil, err
	}
	if e.Claim == nil {
		return nil, fail("no such enclave", name, "has it been ended?")
	}
	if e.Boot, err = enclave.Layout(len(e.Claim.CPUs), e.Claim.Memory, e.Claim.Image); err != nil {
		return nil, err
	}
	if !c.PollLWK {
		e.Boot.ToLWK = abi.Bell{Kind: abi.BellIPI, Vector: abi.VectorBell}
	}
	if e.mail, err = openMail(c.Node.MailFile(name), false); err != nil {
		e.mail = nil
	}
	if e.bus, err = apic.Open(); err != nil {
		e.bus = nil
	}
	for _, cpu := range c.LinuxCPUs {
		if _, ok := c.Node.APIC(cpu); !ok || c.PollLinux {
			continue
		}
		if e.bell, err = OpenBell(cpu); err != nil {
			e.bell = nil
		}
		break
	}
	e.Enter(instance)
	return e, nil
}

// Rings reports whether Ring can ring.
func (e *Enclave) Rings() bool { return e.bus != nil }

// Enter notes that this process is instance i's.
func (e *Enclave) Enter(i int) {
	if e.instance = i; e.mail != nil {
		e.mail.enter(i, node.ProcessOf(unix.Getpid()))
	}
}

// End is for the end of this process: the enclave ends with its last one.
func (e *Enclave) End() error {
	if e.mail == nil {
		return nil // the keeper sees to it
	}
	e.mail.enter(e.instance, node.Process{})
	if _, ok := e.mail.other(unix.Getpid()); !ok {
		return e.Drop()
	}
	return nil // the keeper finds who stands for the enclave from now on
}

// Lives reports whether a process of the enclave is alive.
func Lives(n *node.Node, c *node.Claim) bool {
	if c.Runner.Alive() {
		return true
	}
	m, err := openMail(n.MailFile(c.Name), false)
	if err != nil {
		return false
	}
	defer unix.Munmap(m.page)
	_, ok := m.other(0)
	return ok
}

// killAll ends all processes of an enclave by SIGKILL.
func killAll(n *node.Node, c *node.Claim) {
	kill(c.Runner)
	m, err := openMail(n.MailFile(c.Name), false)
	if err != nil {
		return
	}
	defer unix.Munmap(m.page)
	for {
		p, ok := m.other(0)
		if !ok {
			return
		}
		kill(p)
	}
}
