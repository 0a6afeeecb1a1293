package sip

import (
	"testing"
)

func TestPrintable(t *testing.T) {
	for _, c := range []struct {
		in   string
		most int
		want string
	}{
		{"", 10, ""},
		{"Busy Here", 10, "Busy Here"},
		{"  a  b\t\tc ", 10, "a b c"},
		{"\x00\x1b", 10, ""},
		{"Occupé – später", 20, "Occupé – später"},
		{"\x1b[31mred\x1b[0m", 20, "[31mred [0m"},
		{"a\u0085b\u009bc\u2028d\u202ee\u200bf\u00a0g", 20, "a b c d e f g"}, // C1, separators, marks of direction
		{"\xff\xfe", 10, "\ufffd\ufffd"},
		{"0123456789", 10, "0123456789"},
		{"0123456789 ", 10, "0123456789"},
		{"01234567890", 10, "0123456789…"},
		{"012345678 90", 10, "012345678…"},
		{"éééééééééé", 10, "éééééééééé"},
		{"ééééééééééé", 10, "éééééééééé…"},
	} {
		got := printable(c.in, c.most)
		if got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
		checkPrintable(t, got, c.most)
		if again := printable(got, c.most); again != got {
			t.Errorf("%q becomes %q, and that %q", c.in, got, again)
		}
	}
	if got := testing.AllocsPerRun(100, func() { printable("Session Progress", maxText) }); got != 0 {
		t.Errorf("%v allocations for a plain phrase", got)
	}
}
