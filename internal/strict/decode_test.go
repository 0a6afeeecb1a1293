package strict

import (
	"strings"
	"testing"
)

type port struct {
	Name   string `yaml:"name" form:"short" need:"true"`
	Number int    `yaml:"number" default:"5060" min:"1"`
}

type file struct {
	User   string         `yaml:"user" also:"username"`
	Mode   string         `yaml:"mode" default:"auto" oneof:"auto,any"`
	Ports  []port         `yaml:"ports"`
	Tags   []string       `yaml:"tags" form:"short"`
	First  *port          `yaml:"first"`
	Counts map[int]string `yaml:"counts"`
}

func read(t *testing.T, text string) (f file, d *Document) {
	t.Helper()
	d, err := Parse("x.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	d.Decode("yaml", &f)
	return f, d
}

func TestDecode(t *testing.T) {
	f, d := read(t, "username: me\nports:\n  - &a {name: a}\n  - {<<: *a, number: 2}\nfirst: {name: c}\ncounts: {1: x}\ntags: [007, ~]\n")
	if err := d.Err(); err != nil {
		t.Fatal(err)
	}
	if f.User != "me" || f.Mode != "auto" || len(f.Ports) != 2 || f.Ports[0] != (port{"a", 5060}) || f.Ports[1] != (port{"a", 2}) ||
		*f.First != (port{"c", 5060}) || f.Counts[1] != "x" || f.Tags[0] != "007" || f.Tags[1] != "" {
		t.Errorf("read %+v", f)
	}
	if want := "x.yaml:1: username: warning: the key is user here"; len(d.Warnings) != 1 || !strings.HasPrefix(d.Warnings[0], want) {
		t.Errorf("the warnings are %q", d.Warnings)
	}
}

// What does not fit is reported at its line, and what fits is read.
func TestDecodeReportsEveryValueThatDoesNotFit(t *testing.T) {
	f, d := read(t, "usr: me\nports:\n  - {name: a, number: x}\n  - b\nfirst: [c]\ncounts: 3\ntags: {a: b}\nmode: any\nmode: auto\nbook: 1\n")
	const want = `x.yaml:1: usr: there is no such key: did you mean user?
x.yaml:3: ports[0].number: "x" is not a whole number: write it in digits, such as 100
x.yaml:4: ports[1]: a single value stands where keys are needed: there are name, number
x.yaml:5: first: a list stands where keys are needed: there are name, number
x.yaml:6: counts: a single value stands where keys are needed: write {603: busy}
x.yaml:7: tags: tags is a list: write [a, b]
x.yaml:9: mode: the key stands twice, in line 8 too: remove one
x.yaml:10: book: there is no such key: there are user, mode, ports, tags, first, counts`
	if err := d.Err(); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if f.Ports[0].Name != "a" || f.Mode != "any" {
		t.Errorf("read %+v", f)
	}
}

func TestAMergeThatContainsItselfEnds(t *testing.T) {
	if _, d := read(t, "first: &a\n  <<: *a\n  name: x\n"); d.Err() == nil || !strings.Contains(d.Err().Error(), "contains itself") {
		t.Errorf("got %v", d.Err())
	}
}

func TestValidate(t *testing.T) {
	f, d := read(t, "mode: all\nports: [{number: 0}]\ntags: [a, toolong, '']\nfirst: {name: x, number: -1}\nuser: {a: b}\n")
	d.Validate("yaml", &f, Forms{"short": func(v any) error {
		if n := len(v.(string)); n == 0 || n > 3 {
			return errShort
		}
		return nil
	}})
	const want = `x.yaml:1: mode: "all" is not one of auto, any
x.yaml:2: ports[0].name: it is not short
x.yaml:2: ports[0].number: 0 is less than 1
x.yaml:3: tags[1]: it is not short
x.yaml:5: user: a mapping stands where one value is needed`
	if err := d.Err(); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

type shortError struct{}

func (shortError) Error() string { return "it is not short" }

var errShort = shortError{}

func TestOverlaps(t *testing.T) {
	others := []Error{{Path: "$.a[1]"}}
	for path, want := range map[string]bool{"$.a": true, "$.a[1]": true, "$.a[1].b": true, "$.a[10]": false, "$.a[2]": false, "$.ab": false} {
		if got := (Error{Path: path}).Overlaps(others); got != want {
			t.Errorf("%s: %t", path, got)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("ports:\n  - &a {name: a}\n  - {<<: [*a, *a], number: 2}\n")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse("x", []byte(text))
		if err != nil {
			return
		}
		var into file
		d.Decode("yaml", &into)
		d.Validate("yaml", &into, Forms{"short": func(any) error { return nil }})
		_ = d.Err()
	})
}
