package probe

import (
	"errors"
	"fmt"

	"github.com/skerry-os/skerry/fwk/apic"
	"github.com/skerry-os/skerry/fwk/launch"
	"github.com/skerry-os/skerry/fwk/node"
)

// Native is the platform that runs an enclave on cores that Linux has let go of.
var Native = &Platform{
	Name:   "native",
	What:   "kernel in ring 0 on cores that Linux released; needs root",
	Built:  true,
	Probes: []*Probe{Takeable, Image, Reservation},
}

// Takeable is whether processors and memory can be taken from this Linux, by this user.
var Takeable = &Probe{
	Name: "takeable", What: "processors and memory taken from Linux", Required: true,
	Fn: func() Result {
		mode, err := node.Here().Usable()
		if err != nil {
			return badFor(err)
		}
		return good("interrupt controllers in " + mode + " mode, memory in huge pages")
	},
}

// Image is whether the LWK's image is there.
var Image = &Probe{
	Name: "image", What: "the kernel's image", Required: true,
	Fn: func() Result {
		path, err := launch.FindImage()
		if err != nil {
			return badFor(err)
		}
		return good(path)
	},
}

// Reservation is whether there are CPUs for enclaves to be had just now.
var Reservation = &Probe{
	Name: "reservation", What: "CPUs and memory for enclaves",
	Fn: func() Result {
		n := node.Here()
		s, err := n.State()
		switch {
		case err != nil:
			return badFor(err)
		case s == nil:
			return bad("nothing is reserved", "skerry node reserve --cpus LIST --mem SIZE, as root")
		case s.Phase != node.Reserved:
			return bad("a reservation was interrupted", "skerry node release")
		}
		set := s.Set()
		return good(fmt.Sprintf("CPUs %s, %d MiB", set.String(), s.Memory>>20))
	},
}

// badFor turns an error that says what, on what and what to do into an answer.
func badFor(err error) Result {
	var n *node.Error
	var l *launch.Error
	var a *apic.Access
	what, on, do := err.Error(), "", ""
	switch {
	case errors.As(err, &n):
		what, on, do = n.What, n.On, n.Do
	case errors.As(err, &l):
		what, on, do = l.What, l.On, l.Do
	case errors.As(err, &a):
		what, on, do = a.What, a.On, a.Do
	}
	if on != "" {
		what += ": " + on
	}
	if do == "" {
		do = "see docs/native.md"
	}
	return bad(what, do)
}
