package call_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/internal/call"
	"ringflow/internal/sim"
)

// Whose number is asserted beside the contact's in From is the trunk's to say; beside
// the account's own there is none, whoever is called.
func TestAssertedIdentity(t *testing.T) {
	t.Parallel()
	asserted := regexp.MustCompile(`(?i)\r\nP-Asserted-Identity: ([^\r]*)`)
	shown := regexp.MustCompile(`\r\nFrom: [^\r]*sip:(\+\d+)@`)
	for _, c := range []struct {
		identity call.Source
		contact  bool // is shown
		want     string
	}{
		{"", true, "<tel:" + own + ">"},
		{call.SourceAccount, true, "<tel:" + own + ">"},
		{call.SourceContact, true, "<tel:" + customer + ">"},
		{call.SourceNone, true, ""},
		{call.SourceAccount, false, ""},
		{call.SourceContact, false, ""},
		{call.SourceShown, false, "<tel:" + own + ">"},
		{call.SourceNetwork, true, "<tel:" + own + ">"},
	} {
		t.Run(fmt.Sprintf("%s %v", c.identity, c.contact), func(t *testing.T) {
			w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers(), agent: sim.Busy()})
			w.trunk.Identity.Asserted = c.identity
			contact := w.dial(customer)
			out, err := contact.Connect(t.Context(), flowengine.ConnectRequest{To: agent, ShowContact: c.contact, Ring: 2 * time.Second, Journal: w.journal})
			if err != nil || out.Exit != flowfile.ExitBusy {
				t.Fatalf("%+v, %v", out, err)
			}
			contact.HangUp()
			first, second, two := strings.Cut(strings.TrimPrefix(w.invites.String(), "INVITE "), "INVITE sip:")
			if !two {
				t.Fatalf("the INVITEs are %s", w.invites.String())
			}
			if always := c.identity == call.SourceShown || c.identity == call.SourceNetwork; always != strings.Contains(strings.ToLower(first), "p-asserted-identity") {
				t.Errorf("the contact's INVITE:\n%s", first)
			}
			from := own
			if c.contact {
				from = customer
			}
			if m := shown.FindStringSubmatch(second); m == nil || m[1] != from {
				t.Errorf("From shows %v, want %s", m, from)
			}
			var got []string
			for _, m := range asserted.FindAllStringSubmatch(second, -1) {
				got = append(got, m[1])
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("it asserts %q, want %q", got, c.want)
			}
		})
	}
}
