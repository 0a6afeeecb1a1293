package strict

import "testing"

type shop struct {
	Desks []desk `yaml:"desks"`
}

type desk struct {
	Kind  string   `yaml:"kind"`
	Size  int      `yaml:"size" default:"1"`
	Tags  []string `yaml:"tags"`
	Owner string   `yaml:"owner" also:"boss"`
}

func TestUnderlay(t *testing.T) {
	read := func(text string) (s shop, err error) {
		d, err := Parse("x.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		d.Underlay("$.desks[]", "kind", func(kind string) []byte {
			if kind == "big" {
				return []byte("{size: 9, tags: [a, b], owner: me}")
			}
			return nil
		})
		d.Decode("yaml", &s)
		return s, d.Err()
	}
	s, err := read("base: &base {kind: big, size: 5}\ndesks:\n  - {kind: big}\n  - {kind: big, size: 2, tags: []}\n  - {kind: small}\n  - {<<: *base, boss: you}\n  - *base\n  - {<<: [{size: 7}], kind: big}\n")
	if err == nil { // base is no key of the shop
		t.Error("base was taken")
	}
	for i, want := range []desk{{"big", 9, nil, "me"}, {"big", 2, nil, "me"}, {"small", 1, nil, ""}, {"big", 5, nil, "you"}, {"big", 5, nil, "me"}, {"big", 7, nil, "me"}} {
		got := s.Desks[i]
		if got.Kind != want.Kind || got.Size != want.Size || got.Owner != want.Owner || len(got.Tags) != map[bool]int{true: 2}[i != 1 && i != 2] {
			t.Errorf("desk %d is %+v, want %+v", i, got, want)
		}
	}
	// What is no list of mappings is for Decode to report.
	for _, text := range []string{"", "[]", "desks:", "desks: 3", "desks: {kind: big}", "desks: [3, [], ~, {kind: [big]}]", "desks: [&a {<<: *a, kind: big}]", "desks: [&a {<<: *a}]"} {
		_, _ = read(text)
	}
}
