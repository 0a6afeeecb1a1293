package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestEveryKeySaysWhetherAChangeNeedsARestart: a key without the tag reload holds
// keys that have it, and no value is another.
func TestEveryKeySaysWhetherAChangeNeedsARestart(t *testing.T) {
	var each func(path string, typ reflect.Type)
	each = func(path string, typ reflect.Type) {
		for f := range typ.Fields() {
			key, inner := f.Tag.Get("yaml"), f.Type
			if key == "" {
				continue
			}
			if inner.Kind() == reflect.Slice {
				inner = inner.Elem()
			}
			switch value := f.Tag.Get("reload"); {
			case value == "" && inner.Kind() == reflect.Struct:
				each(path+key+".", inner)
			case !slices.Contains([]string{"live", "restart"}, value):
				t.Errorf("%s%s has the tag reload:%q", path, key, value)
			}
		}
	}
	each("", reflect.TypeFor[Config]())
}

func TestNeedsRestart(t *testing.T) {
	old, err := Parse("x.yaml", []byte(goodConfig))
	if err != nil {
		t.Fatal(err)
	}
	for change, want := range map[[2]string]string{
		{"8080", "8081"}:                                  "http.listen",
		{"20000-20100", "20000-20200"}:                    "rtp.ports",
		{"drain: 10s", "drain: 11s"}:                      "",
		{"    trunks:", "    rate_limit: 5\n    trunks:"}: "",
		{"targets: [127.0.0.1:5070]", "targets: [127.0.0.1:5071]\n        channels: 3"}: "",
		{"    trunks:", "    private_addresses: true\n    trunks:"}:                     "accounts[acme].private_addresses",
		{"name: acme", "name: other"}:                                                   "accounts[acme] accounts[other]",
	} {
		next, err := Parse("x.yaml", []byte(strings.Replace(goodConfig, change[0], change[1], 1)))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(NeedsRestart(&old, &next), " "); got != want {
			t.Errorf("%q: %q, want %q", change, got, want)
		}
	}
}
