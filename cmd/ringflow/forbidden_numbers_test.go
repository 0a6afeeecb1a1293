package main_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/record"
)

// TestForbiddenNumbersAreNotCalled: what a request gives as a number, and the account
// may not call, leaves by invalid_number with the reason in the journal; no leg begins.
// A reload that takes a country away holds for the next call, and tells of a prefix
// that opens many.
func TestForbiddenNumbersAreNotCalled(t *testing.T) {
	besideOthers(t)
	w := newWorld(t)
	before := w.invites()
	config := w.config(trunk{}, time.Second)
	server := w.serve(config)
	if n := strings.Count(server.tail(), `\"+1\" opens 25 countries`); n != 1 {
		t.Errorf("the start tells %d times of the bare +1", n)
	}

	why := map[string]string{} // by execution
	refused := func(number, reason string) {
		t.Helper()
		id := server.mustStart("hangup", map[string]string{"contact_1": number})
		x := server.outcome(id, 10*time.Second)
		if step := x.step(t, "call_contact"); x.Status != "finished" || step.Exit != "invalid_number" || step.SIP != nil && step.SIP.Code != 0 {
			t.Errorf("%q: %+v", number, x)
		}
		if n := before(strings.ReplaceAll(number, " ", "")); n != 0 {
			t.Errorf("%q was sent %d INVITEs", number, n)
		}
		why[id] = reason
	}
	for number, reason := range map[string]string{
		"+1900555014": "premium-rate", "+190055501430": "premium-rate", "+1911000": "North American plan", "+1011442079460": "North American plan", "+11234567890": "North American plan",
		"+17005550143": "services", "+12129765501": "976", "+449098790000": "premium-rate", "+44 70 1234 5678": "(GB)", "+49110 12345": "emergency", "+49 (0) 900 123456": "premium-rate", "911": "has no + and no default country", "+12025550143;ext=1": "contains",
	} {
		refused(number, reason)
	}

	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	w.write("ringflow.yaml", []byte(strings.Replace(string(text), `["+1"]`, `[CA, "+44"]`, 1)))
	server.reload("msg=reloaded")
	if n := strings.Count(server.tail(), `\"+44\" opens 4 countries`); n != 1 {
		t.Errorf("the reload tells %d times of the bare +44", n)
	}
	refused(customer, "(US)")
	w.write("ringflow.yaml", []byte(strings.Replace(string(text), `["+1"]`, `[us]`, 1)))
	server.reload("nothing was reloaded")
	if !strings.Contains(server.tail(), "write US") {
		t.Error("the log does not say what is wrong with us")
	}
	server.stop()
	ids := make([]string, 0, len(why))
	for id := range why {
		ids = append(ids, id)
	}
	for i, h := range w.histories(ids...) {
		named := slices.ContainsFunc(h.Events, func(e record.Event) bool { return strings.Contains(e.Detail, why[ids[i]]) })
		if begun := slices.ContainsFunc(h.Events, func(e record.Event) bool { return e.Kind == record.LegDialling }); begun || !named {
			t.Errorf("the journal does not say %q, or a leg began: %+v", why[ids[i]], h.Events)
		}
	}
}
