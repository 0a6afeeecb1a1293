package components

import (
	"slices"
	"strings"
	"testing"
)

// FuzzInList holds that a list holds what compare finds equal to one of its items,
// and nothing else.
func FuzzInList(f *testing.F) {
	for _, s := range [][2]string{
		{"1", "2, 1.0 ,3"}, {"-0", "0.00"}, {"0", "-0.0"}, {"1.50", "1.5"}, {"100", "1, 10, 100.0"}, {"1", "1., 01, +1"},
		{"a", "b,a"}, {"", ","}, {"1.", "1"}, {"10", "1"}, {"0.10", "0.1"}, {"US", "US, CA"}, {"-", "-0"}, {"1.000", "1.0000"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, value, list string) {
		want := slices.ContainsFunc(strings.Split(list, ","), func(item string) bool { return compare(value, strings.TrimSpace(item)) == 0 })
		if got := inList(value, list); got != want {
			t.Errorf("inList(%q, %q) = %v", value, list, got)
		}
	})
}
