package main

import (
	"os"
	"testing"
)

func TestPageIsCurrent(t *testing.T) {
	have, err := os.ReadFile("../../../" + file)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != page() {
		t.Errorf("%s is not what the table says: run go run ./abi/triage/gen at the top of the module", file)
	}
}
