// Package manual prints the pages of docs/ that are generated from the code. The
// program does not carry it.
package manual

import (
	"bytes"
	"embed"
	"fmt"
	"strings"
	"text/template"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
	"ringflow/internal/api"
	"ringflow/internal/call"
	"ringflow/internal/cli"
	"ringflow/internal/config"
)

//go:embed pages
var templates embed.FS

// Pages holds each generated page by its path below docs/.
func Pages() map[string][]byte {
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
		add("components/"+spec.Name+".md", []byte(flowfile.Manual(spec)))
	}
	add("components/README.md", fill("components.md", specs))
	add("configuration.md", config.Manual())
	add("exits.md", fill("exits.md", exits()))
	add("destinations.md", fill("destinations.md", destinations()))
	add("verbs.md", cli.Manual())
	add("http.md", api.Manual())
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
	page.Final = list(call.FinalCodes())
	return page
}

func list(numbers []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(numbers), " ", ", "), "[]")
}
