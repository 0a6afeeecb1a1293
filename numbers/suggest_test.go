package numbers_test

import (
	"testing"

	"ringflow/numbers"
)

func TestNationalNumberBesideOthers(t *testing.T) {
	for _, c := range []struct {
		raw    string
		beside []string
		want   numbers.E164
	}{
		{"(202) 555-0143", []string{"+12025550100"}, "+12025550143"},
		{"1 202 555 0143", []string{"+12025550100", "+13125550100"}, "+12025550143"},
		{"030 901820", []string{"+4930901821"}, "+4930901820"},
		{"020 7946 0000", []string{"+442079460001"}, "+442079460000"},
		{"06 12 34 56 78", []string{"+33123456789"}, "+33612345678"},
		{"06 1234 5678", []string{"+390612345670"}, "+390612345678"}, // Italy keeps its 0
		{"011 49 30 901820", []string{"+12025550100"}, "+4930901820"},
		{"(202) 555-0143", []string{"+12025550100", "+442079460001"}, ""}, // of two countries
		{"(202) 555-0143", nil, ""},
		{"(202) 555-0143", []string{"2025550100"}, ""}, // tells no country itself
		{"0800 555", []string{"+12025550100"}, ""},     // no number of the country is so short
		{"555-0143", []string{"+12025550100"}, ""},     // without its area code
		{"our number", []string{"+12025550100"}, ""},
		{"", []string{"+12025550100"}, ""},
		{"112", []string{"+4930901821"}, ""}, // an emergency number
	} {
		got, ok := numbers.Suggest(c.raw, c.beside)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%q beside %q is %q, %v, want %q", c.raw, c.beside, got, ok, c.want)
		}
	}
}
