package sip_test

import (
	"slices"
	"strings"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// What Parties writes is what the INVITE says.
func TestPartiesAreThoseOfTheInvite(t *testing.T) {
	long := strings.Repeat("x", 3000)
	for name, change := range map[string]func(*sip.Outgoing){
		"plain":         func(o *sip.Outgoing) {},
		"domain":        func(o *sip.Outgoing) { o.Trunk.Domain = "carrier.example:5070" },
		"IPv6 domain":   func(o *sip.Outgoing) { o.Trunk.Domain = "[2001:db8::1]" },
		"user=phone":    func(o *sip.Outgoing) { o.FromPhone, o.ToPhone = true, true },
		"tech prefix":   func(o *sip.Outgoing) { o.To = "1234#*+12025550123" },
		"anonymous":     func(o *sip.Outgoing) { o.From, o.FromHost, o.Display = "anonymous", "anonymous.invalid", "Anonymous" },
		"UTF-8, quotes": func(o *sip.Outgoing) { o.Display = `Müller "&" Söhne \ Co` },
		"header fields": func(o *sip.Outgoing) {
			o.Headers = func(domain string) []sip.Header {
				return []sip.Header{{"Privacy", "id"}, {"Diversion", "<sip:1@" + domain + ">"}}
			}
		},
		"a long Identity": func(o *sip.Outgoing) {
			o.Headers = with(sip.Header{Name: "Identity", Value: long + ";info=<https://example.com/c>;ppt=shaken"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				var o sip.Outgoing
				s := b.call(func(given *sip.Outgoing) { change(given); o = *given })
				inv := b.peer.request(sipmsg.INVITE)
				lines, err := o.Parties(o.Trunk.Targets[0])
				if err != nil {
					t.Fatal(err)
				}
				text := inv.String()
				for _, line := range lines {
					if strings.HasPrefix(line, "From: ") {
						line += ";tag="
					}
					if !strings.Contains("\r\n"+text, "\r\n"+line) {
						t.Errorf("the INVITE has no %q:\n%s", line, text)
					}
				}
				if user := inv.From().Address.User; inv.Contact().Address.User != user || slices.Contains([]string{"anonymous"}, name) && strings.Contains(strings.ReplaceAll(text, o.To, ""), "12025550100") {
					t.Errorf("the caller shows in\n%s", text)
				}
				b.peer.answer(inv, 486, "Busy", "x", "")
				b.peer.request(sipmsg.ACK)
				b.ended(s)
			})
		})
	}
	if _, err := (sip.Outgoing{To: "1", Trunk: &sip.Trunk{Targets: []string{"a"}}, Headers: with(sip.Header{Name: "Via", Value: "x"})}).Parties("a"); err == nil {
		t.Error("a header field of the user agent's own is taken")
	}
}

// The scheme of a target, and its host without its transport, are those of the URIs.
func TestPartiesByTarget(t *testing.T) {
	for target, want := range map[string]string{
		"sip.example.com": "INVITE sip:1@sip.example.com SIP/2.0", "sips:sip.example.com:5071": "INVITE sips:1@sip.example.com:5071 SIP/2.0",
		"sip.example.com;transport=tls": "INVITE sip:1@sip.example.com SIP/2.0", "[2001:db8::1]:5060": "INVITE sip:1@[2001:db8::1]:5060 SIP/2.0",
	} {
		lines, err := (sip.Outgoing{To: "1", From: "2", Trunk: &sip.Trunk{Targets: []string{target}}}).Parties(target)
		if err != nil || lines[0] != want {
			t.Errorf("%s: %v, %v, want %s", target, lines, err, want)
		}
	}
}
