package cli

import (
	"fmt"
	"io"
	"strings"
)

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
