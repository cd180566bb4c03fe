// Package probe owns the questions that skerry asks a machine before it trusts it. Each question is
// a value: named, asked at most once, answered with what was found and with what would cure it.
// `skerry check`, `skerry run` and tests that must skip ask the same ones.
//
// A probe tries the thing itself where it can; a version number is only the explanation.
package probe

import "sync"

// Result is a probe's answer.
type Result struct {
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`         // what was found, one line
	Cure   string `json:"cure,omitempty"` // what would make it OK; empty when it is
}

// Probe is one question. The zero Fn is not allowed.
type Probe struct {
	Name     string
	What     string        // what the answer is good for, a noun phrase
	Required bool          // without it a platform is unusable; else the answer is a warning
	Fn       func() Result // asks; changes nothing that outlives the call

	once   sync.Once
	result Result
}

// Ask answers the question, from memory after the first time. Any goroutine may call it.
func (p *Probe) Ask() Result {
	p.once.Do(func() { p.result = p.Fn() })
	return p.result
}

func good(detail string) Result      { return Result{OK: true, Detail: detail} }
func bad(detail, cure string) Result { return Result{Detail: detail, Cure: cure} }
