package cli

import (
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

// flagHelp is the help of the verb's own flags, and of those that all verbs which speak
// to a server have; each by name.
func (v verb) flagHelp() (own, common []flagHelp) {
	v.flags().VisitAll(func(f *flag.Flag) {
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
	return own, common
}

// help explains one verb.
func help(w io.Writer, v verb) {
	fmt.Fprintf(w, "ringflow %s: %s\nusage: %s\n", v.name, v.summary, usageOf(v))
	flags := slices.Concat(v.flagHelp())
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

// usage lists the verbs whose names begin with a word, chapter by chapter; "" is all
// of them.
func usage(w io.Writer, first string) {
	fmt.Fprint(w, "Ringflow turns an HTTP request into a phone call.\n")
	for _, c := range chapters() {
		title := "\n" + c.title + "\n"
		for _, v := range c.verbs {
			if first == "" || strings.HasPrefix(v.name, first+" ") {
				fmt.Fprintf(w, "%s  ringflow %-61s %s\n", title, v.name+" "+v.synopsis, v.summary)
				title = ""
			}
		}
	}
	fmt.Fprint(w, "\n`ringflow help VERB` explains its flags, `ringflow --version` says which Ringflow this is.\n")
}
