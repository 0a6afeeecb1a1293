package config

import (
	"bytes"
	"cmp"
	"fmt"
	"reflect"
)

// Manual is the page of the manual that lists the keys.
func Manual() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Configuration\n\nThe file that `ringflow serve --config` reads: YAML. An unknown key or a value that makes no\n"+
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
