// Command gen writes docs/syscalls.md from the triage table. Run it at the top of the module:
//
//	go run ./abi/triage/gen
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/skerry-os/skerry/abi/triage"
)

const file = "docs/syscalls.md"

func main() {
	if err := os.MkdirAll("docs", 0o755); err != nil {
		fail(err)
	}
	if err := os.WriteFile(file, []byte(page()), 0o644); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintf(os.Stderr, "gen: %v (run it at the top of the module)\n", err)
	os.Exit(1)
}

// page returns the whole document.
func page() string {
	calls := triage.All()
	count := map[triage.Where]int{}
	for _, c := range calls {
		count[c.Where]++
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# System calls

Where skerry runs each of the %d system calls of x86-64 Linux, and what their arguments are. This page is written by
`+"`go run ./abi/triage/gen`"+` from the table in abi/triage, which the dispatcher and the proxies read too; edit the table, not
this page. `+"`skerry syscalls [NAME...]`"+` shows the same.

| where | calls | meaning |
|---|---:|---|
| local | %d | the LWK answers, Linux is not asked |
| split | %d | the LWK does its part and may then ship the rest |
| ship | %d | Linux runs it, on the thread's proxy |
| refuse | %d | fails with the error shown |

Arguments read name:Kind, then the length: [the argument that holds it], times the size of an element, or (bytes). [by X]: the
meaning hangs on argument X. A question mark: may be NULL. Kinds are explained in abi/triage/kind.go.

| flag | meaning |
|---|---|
| MayBlock | may wait without bound, or long for a device |
| Restart | starts again after a handler with SA_RESTART, else EINTR |
| RestartNoHand | EINTR whenever a handler ran |
| TimeoutEINTR | with Restart: as RestartNoHand while a timeout is in force |
| Thread | changes or reads what Linux keeps for each thread |
| ChangesFDs | may change the table of file descriptors |
| Cred | changes or reads credentials |
| NoReturn | does not come back to its caller |

| nr | name | where | arguments | flags | note |
|---:|---|---|---|---|---|
`, len(calls), count[triage.Local], count[triage.Split], count[triage.Ship], count[triage.Refuse])
	for _, c := range calls {
		arguments := c.Arguments()
		if arguments != "" {
			arguments = "`" + arguments + "`"
		}
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %s | %s |\n", c.Nr, c.Name, c.Place(), arguments, strings.Join(c.Flags.Names(), " "), c.Note)
	}
	return b.String()
}
