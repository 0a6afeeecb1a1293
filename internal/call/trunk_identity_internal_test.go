package call

import (
	"slices"
	"strings"
	"testing"

	"ringflow/numbers"
	"ringflow/sip"
)

const (
	own     = numbers.E164("+4930901820")
	contact = numbers.E164("+4915112345678")
	called  = numbers.E164("+442079460000")
)

// leg is a leg to an agent that shows the contact's number, over a trunk with an identity.
func leg(id Identity, t sip.Trunk) *Trunk {
	t.Targets = []string{"sip.example.com"}
	return &Trunk{Trunk: t, Identity: id}
}

// A service number is sent as it stands, whatever the trunk writes of telephone numbers.
func TestServiceNumberAsItStands(t *testing.T) {
	lines, err := leg(Identity{TechPrefix: "12*", Called: numbers.Format00}, sip.Trunk{}).Invite(own, own, "*43")
	if err != nil || !strings.HasPrefix(lines[0], "INVITE sip:*43@sip.example.com") {
		t.Errorf("%q, %v", lines, err)
	}
}

// Each source in each header field, of a call from the account's number and of one that
// shows the contact's.
func TestSources(t *testing.T) {
	for _, c := range []struct {
		id                Identity
		plainly, forwards string // the header fields
	}{
		{Identity{}, "", "P-Asserted-Identity: <tel:+4930901820>"},
		{Identity{Asserted: SourceContact}, "", "P-Asserted-Identity: <tel:+4915112345678>"},
		{Identity{Asserted: SourceNone}, "", ""},
		{Identity{Asserted: SourceShown}, "P-Asserted-Identity: <tel:+4930901820>", "P-Asserted-Identity: <tel:+4915112345678>"},
		{Identity{Asserted: SourceNetwork}, "P-Asserted-Identity: <tel:+4930901820>", "P-Asserted-Identity: <tel:+4930901820>"},
		{Identity{Asserted: SourceUsername}, "P-Asserted-Identity: <sip:1234567t0@sip.example.com>", "P-Asserted-Identity: <sip:1234567t0@sip.example.com>"},
		{Identity{Asserted: "+49891234567"}, "P-Asserted-Identity: <tel:+49891234567>", "P-Asserted-Identity: <tel:+49891234567>"},
		{Identity{Asserted: SourceNone, Preferred: SourceShown}, "P-Preferred-Identity: <tel:+4930901820>", "P-Preferred-Identity: <tel:+4915112345678>"},
		{Identity{Asserted: SourceNone, Preferred: SourceAccount}, "", "P-Preferred-Identity: <tel:+4930901820>"},
		{Identity{Asserted: SourceNone, RemoteParty: SourceShown}, "Remote-Party-ID: <sip:+4930901820@sip.example.com>;party=calling;screen=yes;privacy=off", "Remote-Party-ID: <sip:+4915112345678@sip.example.com>;party=calling;screen=no;privacy=off"},
		{Identity{Asserted: SourceNone, RemoteParty: SourceNetwork}, "Remote-Party-ID: <sip:+4930901820@sip.example.com>;party=calling;screen=yes;privacy=off", "Remote-Party-ID: <sip:+4930901820@sip.example.com>;party=calling;screen=yes;privacy=off"},
		{Identity{Asserted: SourceNone, Diversion: SourceAccount}, "", "Diversion: <sip:+4930901820@sip.example.com>;reason=unconditional;counter=1;privacy=off"},
		{Identity{Asserted: SourceNone, Diversion: "+49891234567"}, "", "Diversion: <sip:+49891234567@sip.example.com>;reason=unconditional;counter=1;privacy=off"},
		{Identity{Asserted: SourceNone, History: SourceAccount}, "", "History-Info: <sip:+4930901820@sip.example.com>;index=1, <sip:+442079460000@sip.example.com;cause=302>;index=1.1;mp=1"},
		{Identity{Asserted: SourceNone, Privacy: "user;id"}, "Privacy: user;id", "Privacy: user;id"},
		{Identity{From: SourceUsername}, "P-Asserted-Identity: <tel:+4930901820>", "P-Asserted-Identity: <tel:+4930901820>"},
		{Identity{From: SourceNetwork}, "", ""},
		{Identity{From: SourceAnonymous}, "P-Asserted-Identity: <tel:+4930901820> | Privacy: id", "P-Asserted-Identity: <tel:+4930901820> | Privacy: id"},
		{Identity{From: SourceAnonymous, Asserted: SourceNone, RemoteParty: SourceNetwork, Privacy: "header;id"}, "Remote-Party-ID: <sip:+4930901820@sip.example.com>;party=calling;screen=yes;privacy=full | Privacy: header;id", "Remote-Party-ID: <sip:+4930901820@sip.example.com>;party=calling;screen=yes;privacy=full | Privacy: header;id"},
		{Identity{From: SourceAnonymous, Asserted: SourceNone, Diversion: SourceAccount, History: SourceAccount}, "Privacy: id",
			"Diversion: <sip:+4930901820@sip.example.com>;reason=unconditional;counter=1;privacy=full | History-Info: <sip:+4930901820@sip.example.com?Privacy=history>;index=1, <sip:+442079460000@sip.example.com;cause=302>;index=1.1;mp=1 | Privacy: id"},
		{Identity{Asserted: SourceShown, AssertedAsSIP: true, DisplayName: `Bo "B" Müller`}, `P-Asserted-Identity: "Bo \"B\" Müller" <sip:+4930901820@sip.example.com>`, `P-Asserted-Identity: "Bo \"B\" Müller" <sip:+4915112345678@sip.example.com>`},
		{Identity{Asserted: SourceNone, Headers: []sip.Header{{Name: "P-Charge-Info", Value: "<sip:{account}@{domain}>;by={username};to={called};as={shown}"}}},
			"P-Charge-Info: <sip:+4930901820@sip.example.com>;by=1234567t0;to=+442079460000;as=+4930901820", "P-Charge-Info: <sip:+4930901820@sip.example.com>;by=1234567t0;to=+442079460000;as=+4915112345678"},
	} {
		trunk := leg(c.id, sip.Trunk{Username: "1234567t0"})
		for want, shown := range map[string]numbers.E164{"plainly " + c.plainly: own, "forwards " + c.forwards: contact} {
			lines, err := trunk.Invite(shown, own, called)
			if err != nil {
				t.Fatal(err)
			}
			_, want, _ = strings.Cut(want, " ")
			if got := strings.Join(lines[3:], " | "); got != want {
				t.Errorf("%+v shows %s by\n%s\nwant\n%s", c.id, shown, got, want)
			}
			if strings.HasSuffix(lines[1], "anonymous.invalid>") != (c.id.From == SourceAnonymous) {
				t.Errorf("%+v: %s", c.id, lines[1])
			}
		}
	}
}

// Each format of each number, with user=phone and a prefix.
func TestFormatsOfAnInvite(t *testing.T) {
	t.Parallel()
	all := Identity{Asserted: SourceShown, Preferred: SourceShown, RemoteParty: SourceShown, Diversion: SourceAccount, History: SourceAccount, Country: "DE"}
	forms := map[numbers.Format][3]string{ // of contact, own, called
		numbers.FormatPlus:     {"+4915112345678", "+4930901820", "+442079460000"},
		numbers.FormatDigits:   {"4915112345678", "4930901820", "442079460000"},
		numbers.Format00:       {"004915112345678", "004930901820", "00442079460000"},
		numbers.FormatNational: {"015112345678", "030901820", "00442079460000"},
	}
	for _, calling := range numbers.Formats() {
		for _, diverting := range numbers.Formats() {
			for _, to := range numbers.Formats() {
				for _, phone := range []bool{false, true} {
					id, suffix := all, ""
					id.Calling, id.Diverting, id.Called, id.UserPhone, id.TechPrefix = calling, diverting, to, phone, "12*#"
					if phone {
						suffix = ";user=phone"
					}
					uri := func(user string) string { return "<sip:" + user + "@example.com" + suffix + ">" }
					who, by, callee := forms[calling][0], forms[diverting][1], forms[to][2]
					asserted := uri(who)
					if calling == numbers.FormatPlus {
						asserted = "<tel:" + who + ">"
					}
					want := []string{
						"INVITE sip:12*%23" + callee + "@example.com" + suffix + " SIP/2.0", "From: " + uri(who), "To: " + uri("12*%23"+callee),
						"P-Asserted-Identity: " + asserted, "P-Preferred-Identity: " + asserted, "Remote-Party-ID: " + uri(who) + ";party=calling;screen=no;privacy=off",
						"Diversion: " + uri(by) + ";reason=unconditional;counter=1;privacy=off",
						"History-Info: " + uri(by) + ";index=1, <sip:" + callee + "@example.com" + suffix + ";cause=302>;index=1.1;mp=1",
					}
					got, err := leg(id, sip.Trunk{Domain: "example.com"}).Invite(contact, own, called)
					if err != nil || !slices.Equal(got, want) {
						t.Errorf("%s %s %s, %v:\n%s\nwant\n%s", calling, diverting, to, err, strings.Join(got, "\n"), strings.Join(want, "\n"))
					}
				}
			}
		}
	}
}

// Nobody's data reaches a header field as more than its value.
func TestNoHeaderFieldIsForged(t *testing.T) {
	const forged = "x\r\nP-Asserted-Identity: <tel:+19002345678>"
	for name, trunk := range map[string]*Trunk{
		"display name": leg(Identity{DisplayName: forged}, sip.Trunk{}),
		"user name":    leg(Identity{Asserted: SourceUsername}, sip.Trunk{Username: forged}),
		"privacy":      leg(Identity{Privacy: forged}, sip.Trunk{}),
		"value":        leg(Identity{Headers: []sip.Header{{Name: "X-A", Value: forged}}}, sip.Trunk{}),
		"NUL":          leg(Identity{Headers: []sip.Header{{Name: "X-A", Value: "a\x00"}}}, sip.Trunk{}),
		"name":         leg(Identity{Headers: []sip.Header{{Name: forged, Value: "a"}}}, sip.Trunk{}),
	} {
		if lines, err := trunk.Invite(own, own, called); err == nil {
			t.Errorf("%s: taken as %q", name, lines)
		}
	}
	quoted := leg(Identity{DisplayName: `"><sip:evil@example.com>`, Asserted: SourceUsername}, sip.Trunk{Username: `a@b>;tag=<"`})
	lines, err := quoted.Invite(own, own, called)
	if want := `P-Asserted-Identity: "\"><sip:evil@example.com>" <sip:a%40b%3E%3Btag%3D%3C%22@sip.example.com>`; err != nil || lines[3] != want {
		t.Errorf("%v, %q, want %s", err, lines, want)
	}
}
