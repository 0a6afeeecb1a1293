package carrier_test

import (
	"testing"

	"ringflow/internal/rig/carrier"
)

func TestNumbersSayWhatTheyDo(t *testing.T) {
	for number, want := range map[string]struct{ provisional, final int }{
		"+13034860000": {0, 486}, "13036030000": {0, 603}, "+13032000000": {180, 200}, "+13032800000": {180, 0},
		"+13032830000": {183, 0}, "+13032990000": {0, 0}, "+13039990000": {0, 404}, "hello": {0, 404}, "+1303x860000": {0, 404},
	} {
		b := carrier.Numbered(number)
		if b.Provisional != want.provisional || b.Final != want.final {
			t.Errorf("%s: %d then %d, want %d then %d", number, b.Provisional, b.Final, want.provisional, want.final)
		}
	}
}
