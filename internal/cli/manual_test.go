package cli

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"testing"
)

var write = flag.Bool("docs", false, "write the page instead of comparing it")

func TestPageIsFresh(t *testing.T) {
	const path = "../../docs/verbs.md"
	want := manual()
	if *write {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Error(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is stale (%v): run make docs", path, err)
	}
}

// manual is the page of the manual that says of each verb what --help says.
func manual() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!-- Printed by `make docs`: change the code, not this page. -->\n# Every verb and its flags\n\nWhat `ringflow help VERB` says. [Command line](command-line.md) shows them at work. Flags may stand before, between and\n"+
		"after other arguments; what follows `--` is no flag. Every verb takes `--help`.\n\nThe verbs that speak to a server have these two as well:\n")
	_, common := verb{build: remote(flagless(flowDelete))}.flagHelp()
	flagRows(&b, common)
	for _, v := range verbs() {
		own, common := v.flagHelp()
		where := ""
		if common != nil {
			where = " It speaks to a server."
		}
		fmt.Fprintf(&b, "\n## %s\n\n`%s`: %s.%s\n", v.name, usageOf(v), v.summary, where)
		flagRows(&b, own)
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
