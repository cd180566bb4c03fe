package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/skerry-os/skerry/fwk/apic"
	"github.com/skerry-os/skerry/fwk/cpus"
	"github.com/skerry-os/skerry/fwk/launch"
	"github.com/skerry-os/skerry/fwk/node"
	"github.com/skerry-os/skerry/fwk/plan"
)

// thisNode is the machine's node; tests replace it.
var thisNode = node.Here

func newNode() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "node show|reserve|release",
		Short: "Take processors and memory from Linux for the native platform, and give them back",
		Long: `Take processors and memory from a running Linux, so that enclaves can have them for themselves, and give
them back. Needs root; changes nothing that outlives a reboot.

reserve puts CPUs offline and keeps huge pages in a mount of its own. Everything is checked before the
first step, and undone when a later one fails. release stops what runs there, and puts all back as it
was. Both may be repeated, also after they were killed.`,
		Example: `  sudo skerry node reserve --cpus 2-3 --mem 1G
  sudo skerry run --platform native -- ./solver input.dat
  sudo skerry node release`,
		DisableFlagsInUseLine: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return plan.Failure("no such action on a node", args[0], "give show, reserve or release")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newNodeShow(), newNodeReserve(), newNodeRelease())
	return cmd
}

func newNodeShow() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show [--format table|json]", Short: "Show what is reserved, and who has it",
		Long:                  `Show which CPUs and how much memory are reserved, and which enclave has which of them.`,
		Example:               "  skerry node show\n  skerry node show --format json | jq .state.CPUs",
		DisableFlagsInUseLine: true, Args: noArgs,
	}
	format := formatFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		n := thisNode()
		s, err := n.State()
		if err != nil {
			return nodeFailure(err)
		}
		claims, err := n.Claims()
		if err != nil {
			return nodeFailure(err)
		}
		if format.value == "json" {
			enc := json.NewEncoder(cmd.OutOrStdout())
			enc.SetIndent("", "  ")
			return enc.Encode(struct {
				State  *node.State   `json:"state"`
				Claims []*node.Claim `json:"claims"`
			}{s, append([]*node.Claim{}, claims...)})
		}
		_, err = io.WriteString(cmd.OutOrStdout(), nodeTable(n, s, claims))
		return err
	}
	return cmd
}

// nodeTable is for people.
func nodeTable(n *node.Node, s *node.State, claims []*node.Claim) string {
	if s == nil {
		return "nothing is reserved\n"
	}
	var b strings.Builder
	set := s.Set()
	fmt.Fprintf(&b, "%s since %s: CPUs %s (%s), %d MiB in %s\n", s.Phase, s.Since.Local().Format("2006-01-02 15:04:05"), set.String(), s.Mode,
		s.Memory>>20, n.Mount())
	if s.Phase != node.Reserved {
		b.WriteString("it was interrupted: run `skerry node release`\n")
	}
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "CPU\tAPIC\tSTATE\tENCLAVE")
	for _, c := range s.CPUs {
		state, who := "free", "-"
		for _, claim := range claims {
			if set := claim.Set(); set.Has(c.Number) {
				state, who = "taken", claim.Name
				if !launch.Lives(thisNode(), claim) {
					state = "to be stopped"
				}
			}
		}
		if s.Phase == node.Reserved && n.Taken(c.Number) {
			state = "LOST: online in Linux"
		}
		fmt.Fprintf(w, "%d\t%d\t%s\t%s\n", c.Number, c.APIC, state, who)
	}
	w.Flush()
	var used uint64
	for _, c := range claims {
		used += c.Memory
	}
	fmt.Fprintf(&b, "memory: %d MiB of %d MiB free\n", (s.Memory-min(used, s.Memory))>>20, s.Memory>>20)
	return b.String()
}

func newNodeReserve() *cobra.Command {
	var list, mem string
	var dry bool
	cmd := &cobra.Command{
		Use: "reserve [--cpus LIST|N] [--mem SIZE] [--dry-run]", Short: "Take CPUs and memory from Linux",
		Long: `Take CPUs and memory from Linux. --cpus takes a number of CPUs, which skerry then chooses (whole physical
cores first, never the first CPU), or a list, as it is. Memory is taken as huge pages, most easily soon
after boot.`,
		Example:               "  sudo skerry node reserve --cpus 2-3 --mem 1G\n  sudo skerry node reserve --cpus 4 --mem 25% --dry-run",
		DisableFlagsInUseLine: true, Args: noArgs,
	}
	cmd.Flags().StringVar(&list, "cpus", "", "a number of CPUs (`LIST|N`), or a list such as 1,3-5 (default: half)")
	cmd.Flags().StringVar(&mem, "mem", "25%", "how much memory: `SIZE` such as 512M, 2G or 50%")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "say what would be done, and do nothing")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		r, err := nodeRequest(list, mem)
		if err != nil {
			return err
		}
		n := thisNode()
		if dry {
			return dryRun(cmd.OutOrStdout(), n, r)
		}
		if err := launch.Reap(n); err != nil {
			return nodeFailure(err)
		}
		warnings, err := n.Reserve(r)
		for _, w := range warnings {
			fmt.Fprintf(cmd.ErrOrStderr(), "skerry: warning: %s\n", w)
		}
		return nodeFailure(err)
	}
	return cmd
}

func dryRun(w io.Writer, n *node.Node, r node.Request) error {
	if s, err := n.State(); err != nil {
		return nodeFailure(err)
	} else if s != nil {
		set := s.Set()
		fmt.Fprintf(w, "there is a reservation already: CPUs %s, %d MiB, %s\n", set.String(), s.Memory>>20, s.Phase)
		return nil
	}
	s, warnings, err := n.Check(r)
	if err != nil {
		return nodeFailure(err)
	}
	for _, warning := range warnings {
		fmt.Fprintf(w, "warning: %s\n", warning)
	}
	for _, step := range n.Steps(s) {
		fmt.Fprintf(w, "would %s\n", step)
	}
	return nil
}

// nodeRequest reads --cpus and --mem.
func nodeRequest(list, mem string) (r node.Request, err error) {
	h := here()
	online, err := h.Online()
	if err != nil {
		return r, plan.Failure("cannot read which CPUs are online", err.Error(), "mount /sys")
	}
	list = strings.TrimSpace(list)
	n, number := cpus.Default(online.Count()), list == ""
	if list != "" {
		if v, err := strconv.Atoi(list); err == nil {
			n, number = v, true
		}
	}
	switch {
	case number && (n < 1 || n >= online.Count()):
		return r, plan.Failure("bad --cpus", list, fmt.Sprintf("give 1 to %d, or a list; Linux keeps one", online.Count()-1))
	case number:
		r.CPUs = cpus.Of(cpus.Choose(&online, n, h.Siblings)...)
	default:
		if r.CPUs, err = cpus.Parse(list); err != nil {
			return r, plan.Failure("bad --cpus", err.Error(), "give a number of CPUs, or a list such as 1,3-5")
		}
	}
	m, err := h.Memory()
	if err != nil {
		return r, plan.Failure("cannot ask Linux for the memory's size", err.Error(), "mount /proc")
	}
	if r.Memory, err = plan.ParseSize(mem, m.Total); err != nil {
		return r, plan.Failure("bad --mem", err.Error(), "give a size such as 512M or 2G, or a share such as 25%")
	}
	return r, nil
}

func newNodeRelease() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "release [--force]", Short: "Give everything back to Linux",
		Long: `Stop what is left on reserved CPUs, and give CPUs and memory back to Linux as they were. Refused while an
enclave runs, unless --force ends it. Without a reservation it does nothing.`,
		Example:               "  sudo skerry node release",
		DisableFlagsInUseLine: true, Args: noArgs,
	}
	cmd.Flags().BoolVar(&force, "force", false, "end enclaves that run, by SIGKILL")
	cmd.RunE = func(*cobra.Command, []string) error {
		n := thisNode()
		return nodeFailure(n.Release(func(s *node.State) error { return launch.StopAll(n, force) }))
	}
	return cmd
}

// nodeFailure gives errors of the packages that do the work the form of the command line's.
func nodeFailure(err error) error {
	var f *node.Error
	var l *launch.Error
	var a *apic.Access
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f) && err == error(f):
		return plan.Failure(f.What, f.On, f.Do)
	case errors.As(err, &l) && err == error(l):
		return plan.Failure(l.What, l.On, l.Do)
	case errors.As(err, &a) && err == error(a):
		return plan.Failure(a.What, a.On, a.Do)
	}
	return plan.Failure(err.Error(), "", "")
}
