// SPDX-License-Identifier: Apache-2.0

// Package emulated measures the native platform against Linux on an emulated machine, by counting
// instructions: QEMU's clock advances by the same time for each instruction that any of the machine's
// processors executes (fwk/lab, accelerator tcg-count), so the nanoseconds that the programs of bench/prog
// print are instructions, times a constant. docs/native.md says what such numbers mean.
//
// Two halves: Run, on the host, starts machines and makes the report; Inside, in a machine, starts the
// programs, first on its Linux, then on an enclave of the same processor. They talk by lines of JSON.
package emulated

// The machine: one processor is Linux's, the other is measured, first as Linux's, then as the enclave's.
const (
	processors  = 2
	measuredCPU = 1
	memory      = 768 << 20
	enclaveMem  = "160M"
	programsDir = "/bench"
)

// Request is what a machine is asked to do.
type Request struct {
	Measure  []string // names of rows
	Noise    bool     // the noise of Linux, or of a Linux that was isolated by its command line
	Isolated bool
	Enclave  bool // the LWK's side as well
	Starts   int  // how many starts are timed; 0: none
}

// Record is a line that Inside writes: one of its pointers is set.
type Record struct {
	Run   *RunRecord   `json:",omitempty"`
	Noise *NoiseRecord `json:",omitempty"`
	Start *StartRecord `json:",omitempty"`
	Info  *InfoRecord  `json:",omitempty"`
}

// InfoRecord describes the machine.
type InfoRecord struct {
	Release     string
	CommandLine string
}

// RunRecord is one program's result on one side.
type RunRecord struct {
	Row, Side string
	Batches   []float64 // instructions for an operation, for each batch
	Bells     float64   // doorbells of the LWK to Linux, for an operation; Linux's count
	Switches  float64   // Linux's changes of thread, for an operation
	Counted   bool      // whether the last two were counted
	Error     string    `json:",omitempty"`
}

// NoiseRecord is one run of fixed quanta of work.
type NoiseRecord struct {
	Side   string
	Loaded bool
	Work   float64   // the shortest quantum
	Quanta int       // how many
	Longer []float64 // what quanta that were disturbed took more; only without load
	// Taken counts by kind what the core took meanwhile, in Over nanoseconds of the machine's clock.
	Taken map[string]uint64
	Over  float64
	Error string `json:",omitempty"`
}

// StartRecord is one start of a program.
type StartRecord struct {
	Side  string
	Whole float64 // from fork to the end of wait
	Core  float64 // from the start-up message to the program, LWK only; 0: not known
	Error string  `json:",omitempty"`
}

// Sides.
const (
	Linux     = "linux"
	LWK       = "lwk"
	LWKPolled = "lwk-polled" // SKERRY_POLL=lwk,linux
)
