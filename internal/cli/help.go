package cli

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"ringflow/internal/strict"
)

// flagHelp is the help of one flag.
type flagHelp struct {
	name  string // with its value, such as --limit N
	what  string
	value string // its default, "" if it has none
}

// flagsOf is the help of a verb's flags, by name: those of its own before those of all
// verbs that speak to a server.
func flagsOf(v verb) []flagHelp {
	var request helpRequest
	if err := v.run(context.Background(), []string{"--help"}, io.Discard, io.Discard); !errors.As(err, &request) {
		return nil // not reached: a test asks each verb
	}
	var own, common []flagHelp
	request.flags.VisitAll(func(f *flag.Flag) {
		value, what := flag.UnquoteUsage(f)
		h := flagHelp{name: strings.TrimSpace("--" + f.Name + " " + value), what: what, value: f.DefValue}
		if h.value == "false" {
			h.value = ""
		}
		if f.Name == flagServer || f.Name == flagClientID {
			common = append(common, h)
		} else {
			own = append(own, h)
		}
	})
	return append(own, common...)
}

// help explains one verb.
func help(w io.Writer, v verb) {
	fmt.Fprintf(w, "ringflow %s: %s\nusage: %s\n", v.name, v.summary, usageOf(v))
	flags := flagsOf(v)
	width := 0
	for _, f := range flags {
		width = max(width, len(f.name))
	}
	for _, f := range flags {
		value := ""
		if f.value != "" {
			value = " (default " + f.value + ")"
		}
		fmt.Fprintf(w, "  %-*s  %s%s\n", width, f.name, f.what, value)
	}
}

func usageOf(v verb) string {
	return strings.TrimSpace("ringflow " + v.name + " " + v.synopsis)
}

// group reports whether a word begins the names of several verbs, as flow does.
func group(word string) bool {
	return slices.ContainsFunc(verbs(), func(v verb) bool { return strings.HasPrefix(v.name, word+" ") })
}

// isHelp reports whether an argument asks for help.
func isHelp(arg string) bool { return slices.Contains([]string{"-h", "-help", "--help"}, arg) }

// unknownVerb suggests the verb that was probably meant, or lists the verbs.
func unknownVerb(w io.Writer, args []string) {
	if len(args) == 1 && group(args[0]) {
		fmt.Fprintf(w, "ringflow: %s what?\n", args[0])
		usage(w, args[0])
		return
	}
	var known []string
	for _, v := range verbs() {
		known = append(known, v.name)
	}
	name := args[0]
	if len(args) > 1 && (group(args[0]) || strict.Nearest(args[0], known) == "") {
		name += " " + args[1]
	}
	near := strict.Nearest(name, known)
	if full := "flow " + args[0]; slices.Contains(known, full) {
		near, name = full, args[0] // a noun is missing, nothing is misspelt
	}
	if near == "" {
		fmt.Fprintf(w, "ringflow: there is no verb %q\n", name)
	} else {
		fmt.Fprintf(w, "ringflow: there is no verb %q: did you mean %s?\n", name, near)
	}
	switch {
	case group(args[0]):
		usage(w, args[0])
	case near == "":
		usage(w, "")
	default:
		fmt.Fprint(w, "`ringflow help` lists the verbs.\n")
	}
}

// Manual is the page of the manual that says of each verb what --help says.
func Manual() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Every verb and its flags\n\nWhat `ringflow help VERB` says. [Command line](command-line.md) shows them at work. Flags may stand before, between and\n"+
		"after other arguments; what follows `--` is no flag. Every verb takes `--help`.\n\nThe verbs that speak to a server have these two as well:\n")
	var common []flagHelp
	for _, v := range verbs() {
		flags := flagsOf(v)
		if n := len(flags); n > 1 && strings.HasPrefix(flags[n-1].name, "--"+flagServer+" ") {
			common = flags[n-2:]
		}
	}
	flagRows(&b, common)
	for _, v := range verbs() {
		flags := flagsOf(v)
		remote := len(flags) >= len(common) && slices.Equal(flags[len(flags)-len(common):], common)
		where := ""
		if remote {
			flags, where = flags[:len(flags)-len(common)], " It speaks to a server."
		}
		fmt.Fprintf(&b, "\n## %s\n\n`%s`: %s.%s\n", v.name, usageOf(v), v.summary, where)
		flagRows(&b, flags)
	}
	return b.Bytes()
}

func flagRows(w io.Writer, flags []flagHelp) {
	if len(flags) == 0 {
		return
	}
	fmt.Fprint(w, "\n| flag | default | what it is |\n|---|---|---|\n")
	for _, f := range flags {
		value := ""
		if f.value != "" {
			value = "`" + f.value + "`"
		}
		fmt.Fprintf(w, "| `%s` | %s | %s |\n", f.name, value, f.what)
	}
}

// chapter is a part of the help: verbs by name, or by the word that begins their
// names. A verb stands in the chapter that says most of its name.
type chapter struct {
	title string
	verbs []string
}

// chapters lists them in the order of the help.
func chapters() []chapter {
	return []chapter{
		{"Calls", []string{"start", "watch", "execution", "executions", "calls", "trunks", "report", "cancel"}},
		{"Flow files, on this machine", []string{"flow check", "flow test", "flow diff", "flow graph", "flow import", "flow schema"}},
		{"Flows on a server", []string{"flow"}},
		{"What flows use, on a server", []string{"prompt", "secret", "connection", "function", "webhook"}},
		{"A server of your own", []string{"serve", "demo", "config", "client", "backup", "secret discard"}},
		{"This program", []string{"completion", "version"}},
	}
}

// chapterOf is the index of a verb's chapter, -1 if it has none.
func chapterOf(v verb) int {
	best, length := -1, 0
	for i, c := range chapters() {
		for _, name := range c.verbs {
			if (v.name == name || strings.HasPrefix(v.name, name+" ")) && len(name) > length {
				best, length = i, len(name)
			}
		}
	}
	return best
}

// usage lists the verbs whose names begin with a word, chapter by chapter; "" is all
// of them.
func usage(w io.Writer, first string) {
	fmt.Fprint(w, "Ringflow turns an HTTP request into a phone call.\n")
	for i, c := range chapters() {
		title := c.title
		for _, v := range verbs() {
			if chapterOf(v) != i || first != "" && !strings.HasPrefix(v.name, first+" ") {
				continue
			}
			if title != "" {
				fmt.Fprintf(w, "\n%s\n", title)
				title = ""
			}
			fmt.Fprintf(w, "  ringflow %-61s %s\n", v.name+" "+v.synopsis, v.summary)
		}
	}
	fmt.Fprint(w, "\n`ringflow help VERB` explains its flags, `ringflow --version` says which Ringflow this is.\n")
}
