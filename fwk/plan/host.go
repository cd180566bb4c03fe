package plan

import (
	"syscall"

	"github.com/skerry-os/skerry/fwk/cpus"
)

// Here is this machine as the calling process sees it. supported answers whether a platform works
// (probe.Supported).
func Here(supported func(platform string) error) *Host {
	return &Host{
		Allowed:   cpus.Allowed,
		Online:    cpus.Online,
		SMT:       cpus.SMT,
		Siblings:  cpus.Siblings,
		Memory:    memoryHere,
		Environ:   syscall.Environ,
		Getwd:     syscall.Getwd,
		Supported: supported,
	}
}
