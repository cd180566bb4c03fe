package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// pageName is a command's name in the manual: skerry, skerry-run.
func pageName(c *cobra.Command) string {
	return strings.ReplaceAll(c.CommandPath(), " ", "-")
}

// manPage writes a command's manual page, man(7), from what its help is made of. It is here rather
// than in a library because it is a page of code, and the library would bring three modules.
func manPage(c *cobra.Command) string {
	var b strings.Builder
	section := func(name string) { fmt.Fprintf(&b, ".SH %s\n", name) }
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"skerry\" \"User Commands\"\n", strings.ToUpper(pageName(c)))
	section("NAME")
	fmt.Fprintf(&b, "%s \\- %s\n", roff(pageName(c)), roff(c.Short))
	section("SYNOPSIS")
	if c.HasParent() {
		fmt.Fprintf(&b, "\\fB%s\\fR%s\n", roff(c.CommandPath()), roff(strings.TrimPrefix(c.Use, c.Name())))
	} else {
		fmt.Fprintf(&b, "\\fB%s\\fR \\fICOMMAND\\fR [ARG...]\n", roff(c.Name()))
	}
	section("DESCRIPTION")
	text := c.Long
	if text == "" {
		text = c.Short + "."
	}
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		lines(&b, paragraph)
	}
	if list := pages(c); len(list) > 0 {
		section("COMMANDS")
		for _, sub := range list {
			fmt.Fprintf(&b, ".TP\n\\fB%s\\fR\n%s.\n", roff(sub.CommandPath()), roff(sub.Short))
		}
	}
	if c.HasAvailableLocalFlags() {
		section("OPTIONS")
		c.LocalFlags().VisitAll(func(f *pflag.Flag) { option(&b, f) })
	}
	if c.Example != "" {
		section("EXAMPLES")
		b.WriteString(".nf\n")
		lines(&b, strings.ReplaceAll("\n"+c.Example, "\n  ", "\n")[1:])
		b.WriteString(".fi\n")
	}
	section("SEE ALSO")
	var also []string
	for _, other := range append([]*cobra.Command{c.Root()}, pages(c.Root())...) {
		if other != c {
			also = append(also, "\\fB"+roff(pageName(other))+"\\fR(1)")
		}
	}
	b.WriteString(strings.Join(also, ", ") + "\n")
	return b.String()
}

// option writes one flag's entry.
func option(b *strings.Builder, f *pflag.Flag) {
	if f.Hidden {
		return
	}
	b.WriteString(".TP\n")
	if f.Shorthand != "" {
		fmt.Fprintf(b, "\\fB\\-%s\\fR, ", f.Shorthand)
	}
	fmt.Fprintf(b, "\\fB\\-\\-%s\\fR", roff(f.Name))
	value, usage := pflag.UnquoteUsage(f)
	if value != "" {
		fmt.Fprintf(b, " \\fI%s\\fR", roff(value))
	}
	b.WriteByte('\n')
	lines(b, strings.ToUpper(usage[:1])+usage[1:]+".")
}

// lines writes text so that no line of it is taken for a request.
func lines(b *strings.Builder, text string) {
	for line := range strings.SplitSeq(text, "\n") {
		line = roff(line)
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			line = `\&` + line
		}
		b.WriteString(line + "\n")
	}
}

// roffEscapes replace what roff would interpret; quotes and dashes stay ones that can be copied into a shell.
var roffEscapes = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`)

func roff(s string) string { return roffEscapes.Replace(s) }
