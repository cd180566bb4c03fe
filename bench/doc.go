// SPDX-License-Identifier: Apache-2.0

// Package bench measures what skerry gains and loses against Linux.
//
// It owns the measurement programs (prog/*.c: one C source each, built once
// and run unchanged on both sides), the list of them with the targets
// (registry.go), the runner that alternates the sides within one run, the
// statistics, and the report as a table or JSON.
//
// A Side starts a program on one of the two systems; nothing else here knows
// what an enclave is. docs/bench.md says how to read the result.
package bench
