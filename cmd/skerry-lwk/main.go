// Command skerry-lwk is the lightweight kernel's image for cores that Linux has released. It is no
// program of Linux: skerry puts it into an enclave's memory and starts cores in it (docs/native.md).
package main

import (
	"fmt"
	"os"

	"github.com/skerry-os/skerry/platform/native"
)

func main() {
	fmt.Fprintln(os.Stderr, "hello from the LWK")
	_ = native.Entry
	native.Park()
}
