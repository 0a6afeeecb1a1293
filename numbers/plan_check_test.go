package numbers_test

import (
	"testing"

	"ringflow/numbers"
)

func TestIsRegion(t *testing.T) {
	for region, want := range map[string]bool{"US": true, "GB": true, "DE": true,
		"": false, "us": false, "USA": false, "XX": false, "1": false, "+1": false} {
		if got := numbers.IsRegion(region); got != want {
			t.Errorf("%q: %v, want %v", region, got, want)
		}
	}
}
