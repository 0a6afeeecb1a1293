package api

import (
	"bytes"
	_ "embed" // openapi_manual.md.tmpl
	"flag"
	"os"
	"testing"
	"text/template"
)

var write = flag.Bool("docs", false, "write the page instead of comparing it")

func TestManualIsFresh(t *testing.T) {
	const path = "../../docs/http.md"
	want := append([]byte("<!-- Printed by `make docs`: change the code, not this page. -->\n"), Manual()...)
	if *write {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Error(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is stale (%v): run make docs", path, err)
	}
}

// manualFile is the manual in Markdown.
//
//go:embed openapi_manual.md.tmpl
var manualFile string

// Manual returns the page of the manual about the API, in Markdown. It is made from the
// table of routes and the examples, like the OpenAPI document.
func Manual() []byte {
	t := template.Must(template.New("manual").Funcs(template.FuncMap{"quoted": quoted}).Parse(manualFile))
	var b bytes.Buffer
	if err := t.Execute(&b, newPage(routes())); err != nil {
		panic(err) // the template is ours
	}
	return b.Bytes()
}
