package numbers_test

import (
	"errors"
	"strings"
	"testing"

	"ringflow/numbers"
)

func TestServiceNumber(t *testing.T) {
	for _, c := range []struct{ raw, region, want, wrong string }{
		{"4443", "US", "4443", ""}, {" 4747 ", "", "4747", ""}, {"*43", "DE", "*43", ""}, {"*97#", "GB", "*97#", ""}, {"10000", "DE", "10000", ""}, {"9196", "US", "9196", ""},
		{"911", "US", "", "emergency number in"}, {"112", "", "", "emergency number in"}, {"110", "US", "", "emergency number in"}, {"*112#", "US", "", "emergency number in"}, {"1*1*2", "US", "", "emergency number in"},
		{"9115", "US", "", "begins as an emergency number does in US"},
		{"0112", "DE", "", "ends as the emergency number 112"}, {"9911", "US", "", "ends as the emergency number 911"}, {"00112", "", "", "ends as the emergency number 112"}, {"0110", "DE", "", "ends as the emergency number 110"}, {"0999", "GB", "", "ends as the emergency number 999"}, {"*9#911", "", "", "ends as the emergency number 911"},
		{"", "US", "", "no service number"}, {"*", "US", "", "no service number"}, {"**", "US", "", "no service number"}, {"7", "US", "", "no service number"}, {"1234567", "US", "", "no service number"}, {"44a3", "US", "", "no service number"},
		{"44\r\n", "US", "44", ""}, {"44\r\n43", "US", "", "no service number"}, {"4443@evil", "US", "", "no service number"}, {"+4443", "US", "", "no service number"}, {"*********", "US", "", "no service number"},
	} {
		got, err := numbers.ServiceNumber(c.raw, c.region)
		if got != c.want || (err != nil) != (c.wrong != "") || err != nil && (!strings.Contains(err.Error(), c.wrong) || !errors.Is(err, numbers.ErrInvalid)) {
			t.Errorf("%q in %q: %q, %v", c.raw, c.region, got, err)
		}
	}
}

// No emergency number of any country is a service number.
func TestNoEmergencyNumberIsAServiceNumber(t *testing.T) {
	for _, n := range []string{"112", "911", "999", "110", "000", "111", "113", "115", "118", "119", "15", "17", "18", "101", "102", "103", "190", "191", "192", "193", "10111", "10177"} {
		if got, err := numbers.ServiceNumber(n, ""); err == nil {
			t.Errorf("%s is the service number %q", n, got)
		}
	}
}
