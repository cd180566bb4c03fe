package probe

import "errors"

// Platform is a way to run an enclave, with what it needs of the machine.
type Platform struct {
	Name   string
	What   string
	Built  bool     // false for a platform that the design has and this version does not
	Probes []*Probe // in the order in which a person wants to read them
}

// Process is the platform that runs an enclave inside one Linux process.
var Process = &Platform{
	Name:  "process",
	What:  "kernel and program in one Linux process; no privilege needed",
	Built: true,
	Probes: []*Probe{
		Dispatch, FSGSBase, XSave, Threads, CPUs, Patching, LargePages, Overcommit, AddressSpace,
		Quota, Seccomp, Tracer, ShadowStack, Personality,
	},
}

// Platforms are all that the design has, the best first.
var Platforms = []*Platform{
	Native,
	{Name: "kvm", What: "kernel in ring 0 of a virtual machine; needs /dev/kvm"},
	Process,
}

// Answer is a probe with its result, as reports print it.
type Answer struct {
	Name     string `json:"name"`
	What     string `json:"what"`
	Required bool   `json:"required"`
	Result
}

// Report is a platform with its probes' answers.
type Report struct {
	Platform string   `json:"platform"`
	What     string   `json:"what"`
	Usable   bool     `json:"usable"`
	Why      string   `json:"why,omitempty"`  // why not usable
	Cure     string   `json:"cure,omitempty"` // what would cure it
	Probes   []Answer `json:"probes"`
}

// Report asks all probes of p.
func (p *Platform) Report() Report {
	r := Report{Platform: p.Name, What: p.What, Usable: p.Built, Probes: []Answer{}}
	if !p.Built {
		r.Why, r.Cure = "not built yet", "nothing on your side: this version of skerry does not have it"
		return r
	}
	for _, probe := range p.Probes {
		a := Answer{Name: probe.Name, What: probe.What, Required: probe.Required, Result: probe.Ask()}
		r.Probes = append(r.Probes, a)
		if !a.OK && a.Required && r.Usable {
			r.Usable, r.Why, r.Cure = false, a.Detail, a.Cure
		}
	}
	return r
}

// Supported answers nil when everything that the named platform requires is there, else an error
// with the first reason and its cure. It asks only the required probes, which take some microseconds
// together.
func Supported(name string) error {
	for _, p := range Platforms {
		if p.Name != name {
			continue
		}
		return p.supported()
	}
	return errors.New("unknown platform " + name)
}

func (p *Platform) supported() error {
	if !p.Built {
		return errors.New("platform " + p.Name + " is not built yet")
	}
	for _, probe := range p.Probes {
		if !probe.Required {
			continue
		}
		if r := probe.Ask(); !r.OK {
			return errors.New(r.Detail + " (" + r.Cure + ")")
		}
	}
	return nil
}
