package call

import (
	"cmp"
	"slices"
	"strings"

	"ringflow/numbers"
	"ringflow/sip"
)

// Identity is how the INVITEs of a trunk say who calls: which header field has which
// number, and how numbers are written. The zero value is From with the shown number, in
// E.164 with a plus, and P-Asserted-Identity as IdentityAccount has it.
type Identity struct {
	From          Source // in From: shown if empty, network, username, anonymous or a number
	DisplayName   string // of the calling number, beside it
	Asserted      Source // in P-Asserted-Identity (RFC 3325 §9.1); empty: account
	Preferred     Source // in P-Preferred-Identity (RFC 3325 §9.2)
	RemoteParty   Source // in Remote-Party-ID (draft-ietf-sip-privacy-04)
	Diversion     Source // in Diversion (RFC 5806) of a leg that shows the contact's number
	History       Source // in History-Info (RFC 7044) of such a leg
	Privacy       string // the value of Privacy (RFC 3323 §4.2); empty: id where From is anonymous
	Called        numbers.Format
	Calling       numbers.Format
	Diverting     numbers.Format
	Country       string // of FormatNational
	TechPrefix    string // before the called number
	UserPhone     bool   // user=phone in SIP URIs of telephone numbers
	AssertedAsSIP bool   // P-Asserted-Identity and P-Preferred-Identity have SIP URIs; else tel
	// Headers are added to each INVITE. In a value, each of Placeholders stands for what it
	// names.
	Headers []sip.Header
}

// Source is which number a header field has.
type Source string

// The sources, besides a number in E.164.
const (
	SourceNone      Source = "none"
	SourceAccount   Source = "account"   // the account's number, where From has none or another
	SourceContact   Source = "contact"   // the contact's number, on a leg that shows it
	SourceShown     Source = "shown"     // the number that the phone is to show
	SourceNetwork   Source = "network"   // the account's number, on every leg
	SourceUsername  Source = "username"  // the trunk's user name, which need not be a number
	SourceAnonymous Source = "anonymous" // nobody (RFC 3323 §4.1.1.3)
)

// FromSources lists the sources of From, the default first.
func FromSources() []Source {
	return []Source{SourceShown, SourceNetwork, SourceUsername, SourceAnonymous}
}

// AssertedSources lists the sources of P-Asserted-Identity, P-Preferred-Identity and
// Remote-Party-ID.
func AssertedSources() []Source {
	return []Source{SourceAccount, SourceContact, SourceShown, SourceNetwork, SourceUsername, SourceNone}
}

// DivertingSources lists the sources of Diversion and History-Info, the default first.
func DivertingSources() []Source { return []Source{SourceNone, SourceAccount, SourceUsername} }

// PrivacyValues lists the values of Privacy (RFC 3323 §4.2, RFC 3325 §9.3, RFC 7044 §10.1),
// of which semicolons join several.
func PrivacyValues() []string {
	return []string{"id", "user", "header", "session", "history", "critical", "none"}
}

// Placeholders lists what stands for a part of the call in the values of Identity.Headers.
func Placeholders() []string {
	return []string{"{shown}", "{account}", "{called}", "{username}", "{domain}"}
}

// caller is who calls whom on one leg.
type caller struct {
	*Identity
	username string
	shown    numbers.E164 // on the phone
	own      numbers.E164 // the account's
	to       numbers.E164
}

// identity is an entry of a header field: the user part of a URI, and whether it is a
// telephone number.
type identity struct {
	user  string
	phone bool
}

// outgoing adds to o who calls whom.
func (c caller) outgoing(o sip.Outgoing) sip.Outgoing {
	from := c.from()
	o.From, o.FromPhone, o.Display = from.user, from.phone && c.UserPhone, c.DisplayName
	if c.isAnonymous() {
		o.From, o.FromHost, o.Display = "anonymous", "anonymous.invalid", "Anonymous"
	}
	o.To, o.ToPhone = c.TechPrefix+c.called(), c.UserPhone
	if !strings.HasPrefix(string(c.to), "+") { // Account.Service, which is sent as it stands
		o.To = string(c.to)
	}
	o.Headers = c.headers
	return o
}

func (c caller) called() string { return c.Called.Write(c.to, c.Country) }

func (c caller) isAnonymous() bool { return c.From == SourceAnonymous }

// from is whom From names; the zero identity if nobody.
func (c caller) from() identity {
	if c.isAnonymous() {
		return identity{}
	}
	return c.of(cmp.Or(c.From, SourceShown), c.Calling)
}

// of is the identity of a source, the zero one if this leg has none.
func (c caller) of(s Source, f numbers.Format) identity {
	number := numbers.E164(s)
	switch s {
	case SourceNone, SourceAnonymous, "":
		return identity{}
	case SourceUsername:
		return identity{user: c.username}
	case SourceAccount, SourceNetwork:
		number = c.own
	case SourceShown:
		number = c.shown
	case SourceContact:
		if number = c.shown; c.shown == c.own {
			return identity{}
		}
	}
	return identity{f.Write(number, c.Country), true}
}

// asserted is of, for a header field beside From.
func (c caller) asserted(s Source) identity {
	id := c.of(s, c.Calling)
	if s == SourceAccount && id == c.from() {
		return identity{}
	}
	return id
}

// headers are the header fields beside From, with a domain in their SIP URIs.
func (c caller) headers(domain string) (fields []sip.Header) {
	add := func(name, value string) {
		if value != "" {
			fields = append(fields, sip.Header{Name: name, Value: value})
		}
	}
	add("P-Asserted-Identity", c.nameAddr(c.asserted(cmp.Or(c.Asserted, SourceAccount)), domain))
	add("P-Preferred-Identity", c.nameAddr(c.asserted(c.Preferred), domain))
	add("Remote-Party-ID", c.remoteParty(domain))
	if c.shown != c.own {
		add("Diversion", c.diversion(domain))
		add("History-Info", c.history(domain))
	}
	privacy := c.Privacy
	if c.isAnonymous() {
		privacy = cmp.Or(privacy, "id")
	}
	add("Privacy", privacy)
	if len(c.Headers) > 0 {
		placeholders := c.placeholders(domain)
		for _, h := range c.Headers {
			add(h.Name, placeholders.Replace(h.Value))
		}
	}
	return fields
}

func (c caller) placeholders(domain string) *strings.Replacer {
	values := map[string]string{
		"{shown}": c.of(SourceShown, c.Calling).user, "{account}": c.of(SourceNetwork, c.Calling).user, "{called}": c.called(), "{username}": c.username, "{domain}": domain,
	}
	var pairs []string
	for _, p := range Placeholders() {
		pairs = append(pairs, p, values[p])
	}
	return strings.NewReplacer(pairs...)
}

// nameAddr is the value of P-Asserted-Identity or P-Preferred-Identity, "" for nobody.
func (c caller) nameAddr(id identity, domain string) string {
	switch {
	case id == identity{}:
		return ""
	case id.phone && !c.AssertedAsSIP && strings.HasPrefix(id.user, "+"):
		return sip.QuotedName(c.DisplayName) + "<tel:" + id.user + ">"
	}
	return sip.QuotedName(c.DisplayName) + "<" + c.uri(id, domain) + ">"
}

func (c caller) uri(id identity, domain string) string {
	uri := "sip:" + sip.EscapedUser(id.user) + "@" + domain
	if id.phone && c.UserPhone {
		uri += ";user=phone"
	}
	return uri
}

// remoteParty is the value of Remote-Party-ID. The number of the account is one that the
// account may use: screen=yes.
func (c caller) remoteParty(domain string) string {
	id := c.asserted(c.RemoteParty)
	if id == (identity{}) {
		return ""
	}
	screen, privacy := "yes", "off"
	if c.shown != c.own && slices.Contains([]Source{SourceShown, SourceContact}, c.RemoteParty) {
		screen = "no"
	}
	if c.isAnonymous() {
		privacy = "full"
	}
	return sip.QuotedName(c.DisplayName) + "<" + c.uri(id, domain) + ">;party=calling;screen=" + screen + ";privacy=" + privacy
}

// diversion is the value of Diversion.
func (c caller) diversion(domain string) string {
	id := c.of(c.Diversion, c.Diverting)
	if id == (identity{}) {
		return ""
	}
	return "<" + c.uri(id, domain) + ">;reason=unconditional;counter=1;privacy=" + c.divertingPrivacy("off", "full")
}

func (c caller) divertingPrivacy(open, hidden string) string {
	if c.isAnonymous() {
		return hidden
	}
	return open
}

// history is the value of History-Info: whom the call was for, and whom it goes to instead,
// with the cause of RFC 4458 for an unconditional diversion.
func (c caller) history(domain string) string {
	id := c.of(c.History, c.Diverting)
	if id == (identity{}) {
		return ""
	}
	return "<" + c.uri(id, domain) + c.divertingPrivacy("", "?Privacy=history") + ">;index=1, <" +
		c.uri(identity{c.called(), true}, domain) + ";cause=302>;index=1.1;mp=1"
}

// Invite writes the lines of an INVITE over the trunk that say who calls whom: shown is the
// number that the phone is to show, own the account's. The trunk has a target.
func (t *Trunk) Invite(shown, own, to numbers.E164) ([]string, error) {
	who := caller{Identity: &t.Identity, username: t.Username, shown: shown, own: own, to: to}
	return who.outgoing(sip.Outgoing{Trunk: &t.Trunk}).Parties(t.Targets[0])
}
