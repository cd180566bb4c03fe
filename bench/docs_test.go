// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"os"
	"strings"
	"testing"
)

func TestFill(t *testing.T) {
	rep := full(t)
	const document = "# A\n\n<!-- numbers: targets -->\nold\n<!-- /numbers -->\n\ntext\n<!-- numbers: table getpid ship-null -->\n<!-- /numbers -->\nend\n"
	text, err := rep.Fill(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# A\n", "\ntext\n", "\nend\n", "| getpid | 0.05 x linux | 100 ns | 3.00 ns | 0.030 | met |", "| ship-null |", "**missed**", "```\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "old") {
		t.Error("what was there is still there")
	}
	again, err := rep.Fill(text)
	if err != nil || again != text {
		t.Errorf("filled twice it differs: %v", err)
	}
	for _, bad := range []string{"<!-- numbers: what -->\n<!-- /numbers -->", "<!-- numbers: targets -->\n", "<!-- numbers: targets\n-->\n<!-- /numbers -->"} {
		if text, err := rep.Fill(bad); err == nil {
			t.Errorf("%q gave %q", bad, text)
		}
	}
	for _, name := range []string{"machine", "group kernel", "losses", "models", "tails", "noise", "isolation"} {
		if text, err := rep.markdown(name); err != nil || len(text) < 20 {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}

// Every mark in the project's documents is one that can be filled.
func TestDocumentsCanBeFilled(t *testing.T) {
	rep := full(t)
	for _, path := range []string{"../docs/performance.md", "../docs/SPECIFICATION.md", "../README.md"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "<!-- numbers: ") {
			t.Errorf("%s has no numbers", path)
		}
		if _, err := rep.Fill(string(text)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestModels(t *testing.T) {
	rep := reportOf(t, map[string][2]float64{"ship-null": {100, 330}, "nullcall": {90, 40}, "ring-roundtrip": {150, 0}, "handoff": {2000, 300}})
	list := rep.Explain()
	if len(list) != 1 || list[0].Name != "ship-null" || list[0].Sum != 290 || list[0].Rest() != 40 || len(list[0].Parts) != 3 {
		t.Errorf("%+v", list)
	}
	known := map[string]bool{}
	for _, m := range Measurements() {
		known[m.Name] = true
	}
	for _, m := range models() {
		for _, p := range m.parts {
			if !known[m.name] || !known[p.name] {
				t.Errorf("the model of %s has the part %s", m.name, p.name)
			}
		}
	}
}
