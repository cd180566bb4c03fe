package process

import (
	"unsafe"

	"github.com/skerry-os/skerry/lwk/record"
)

// ringStride is a proxy's ring and what separates it from the next one's cache lines.
const ringStride = (unsafe.Sizeof(record.Ring{}) + 127) &^ 127
