package config

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"reflect"
	"testing"
)

var write = flag.Bool("docs", false, "write the page instead of comparing it")

func TestPageIsFresh(t *testing.T) {
	const path = "../../docs/configuration.md"
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

// manual is the page of the manual that lists the keys.
func manual() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!-- Printed by `make docs`: change the code, not this page. -->\n# Configuration\n\nThe file that `ringflow serve --config` reads: YAML. An unknown key or a value that makes no\n"+
		"sense stops the start with file, line, key and what would be right. Paths are relative to the file.\n\n"+
		"| key | default | what it is |\n|---|---|---|\n")
	manualRows(&b, reflect.TypeFor[Config](), "")
	return b.Bytes()
}

func manualRows(b *bytes.Buffer, t reflect.Type, prefix string) {
	for f := range t.Fields() {
		key := f.Tag.Get("yaml")
		if key == "" {
			continue
		}
		value := cmp.Or(f.Tag.Get("default"), f.Tag.Get("shown"))
		if value != "" {
			value = "`" + value + "`"
		}
		fmt.Fprintf(b, "| `%s%s` | %s | %s |\n", prefix, key, value, f.Tag.Get("doc"))
		inner, list := f.Type, ""
		if inner.Kind() == reflect.Slice {
			inner, list = inner.Elem(), "[]"
		}
		if inner.Kind() == reflect.Struct {
			manualRows(b, inner, prefix+key+list+".")
		}
	}
}
