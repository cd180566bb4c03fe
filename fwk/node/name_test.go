package node

import (
	"strings"
	"testing"
)

func TestGoodName(t *testing.T) {
	for name, want := range map[string]bool{"a": true, "7z": true, "a.b-c_D9": true, strings.Repeat("x", 64): true,
		"": false, ".a": false, "-a": false, "a/b": false, "a b": false, "ä": false, "a\n": false, strings.Repeat("x", 65): false, "..": false} {
		if goodName(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}
