// Package manual holds the pages of docs/ that are generated from the code to what the
// code says, or writes them: make docs. The program does not carry it. The pages of verbs,
// of the configuration and of HTTP are held in internal/cli, internal/config and internal/api.
package manual

import (
	"bytes"
	"embed"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
	"ringflow/internal/api"
	"ringflow/internal/call"
)

//go:embed pages
var templates embed.FS

var write = flag.Bool("docs", false, "write the pages instead of comparing them")

func TestPagesAreFresh(t *testing.T) {
	pages := generated()
	components, err := filepath.Glob("../../docs/components/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range components {
		if _, ok := pages["components/"+filepath.Base(path)]; !ok {
			t.Errorf("%s describes a component that does not exist", path)
		}
	}
	for name, want := range pages {
		path := filepath.Join("../../docs", name)
		if *write {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Error(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("docs/%s is stale (%v): run make docs", name, err)
		}
	}
}

// generated holds each page by its path below docs/.
func generated() map[string][]byte {
	var specs []*flowfile.Spec
	pages := map[string][]byte{
		"openapi.json":     api.Document(),
		"flow.schema.json": flowfile.Schema(components.All()),
	}
	add := func(name string, page []byte) {
		pages[name] = append([]byte("<!-- Printed by `make docs`: change the code, not this page. -->\n"), page...)
	}
	for _, c := range components.All() {
		spec := c.Spec()
		specs = append(specs, spec)
		add("components/"+spec.Name+".md", []byte(componentPage(spec)))
	}
	add("components/README.md", fill("components.md", specs))
	add("exits.md", fill("exits.md", exits()))
	add("destinations.md", fill("destinations.md", destinations()))
	add("torture.md", fill("torture.md", tortureMessages()))
	return pages
}

// fill executes the template of a page.
func fill(page string, data any) []byte {
	var b bytes.Buffer
	t := template.Must(template.ParseFS(templates, "pages/"+page))
	if err := t.Execute(&b, data); err != nil {
		panic(err) // the templates are ours
	}
	return b.Bytes()
}

// exitReason is a row of the table of exits.
type exitReason struct{ Exit, Codes, Causes string }

// exits are the rows of the page of exits, and the codes that are final.
func exits() (page struct {
	Reasons []exitReason
	Final   string
}) {
	for _, r := range call.ExitRules() {
		codes := list(r.Codes)
		if r.Codes == nil {
			codes = "all else"
		}
		page.Reasons = append(page.Reasons, exitReason{string(r.Exit), codes, list(r.Causes)})
	}
	page.Final = list(finalCodes())
	return page
}

// finalCodes are the SIP codes of the table that are about the called party or number, in
// its order: a failover to another target would ring a party again that has declined. The
// user agent fails over after a 5xx alone.
func finalCodes() (codes []int) {
	for _, r := range call.ExitRules() {
		if r.Exit == flowfile.ExitBusy || r.Exit == flowfile.ExitInvalidNumber {
			codes = append(codes, r.Codes...)
		}
	}
	return codes
}

func list(numbers []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(numbers), " ", ", "), "[]")
}
