package sip_test

import (
	"net/netip"
	"strings"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// What an ICMP error is worth, for each kind and each thing that is known of the
// request.
func TestHopeless(t *testing.T) {
	const (
		hard = iota // ends a request whose address has never answered, at once
		soft        // a hint: ends it at the third transmission
		none        // ends none
	)
	kinds := []struct {
		name       string
		v6         bool
		kind, code uint8
		is         int
	}{
		{"net", false, 3, 0, soft}, {"host", false, 3, 1, soft}, {"protocol", false, 3, 2, hard},
		{"port", false, 3, 3, hard}, {"fragmentation needed", false, 3, 4, none}, {"source route", false, 3, 5, none},
		{"host unknown", false, 3, 7, soft}, {"prohibited", false, 3, 13, hard}, {"precedence", false, 3, 15, hard},
		{"nonsense", false, 3, 200, none}, {"source quench", false, 4, 0, none}, {"time exceeded", false, 11, 0, none},
		{"parameter", false, 12, 0, hard}, {"echo", false, 8, 0, none},
		{"v6 no route", true, 1, 0, soft}, {"v6 prohibited", true, 1, 1, hard}, {"v6 address", true, 1, 3, soft},
		{"v6 port", true, 1, 4, hard}, {"v6 reject route", true, 1, 6, hard}, {"v6 too big", true, 2, 0, none},
		{"v6 time exceeded", true, 3, 3, none}, {"v6 parameter", true, 4, 1, hard}, {"v6 nonsense", true, 1, 99, none},
	}
	for _, k := range kinds {
		for i := range 1 << 3 {
			exact, answered, failover := i&1 != 0, i&2 != 0, i&4 != 0
			for sent := 1; sent <= 5; sent++ {
				var want bool
				switch {
				case k.is == none, answered && !exact:
				case failover, sent >= 3:
					want = true
				default:
					want = k.is == hard && !answered
				}
				if got := sip.EndsRequest(k.v6, k.kind, k.code, exact, answered, failover, sent); got != want {
					t.Errorf("%s, exact %t, answered %t, failover %t, sent %d: %t, want %t", k.name, exact, answered, failover, sent, got, want)
				}
			}
		}
	}
}

func TestQuoted(t *testing.T) {
	const whole = "INVITE sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKabc;rport\r\n"
	for _, c := range []struct {
		quote, branch, method string
		found                 bool
	}{
		{whole, "z9hG4bKabc", "INVITE", true},
		{whole[:strings.Index(whole, "abc")+3], "", "", false}, // it may go on
		{whole[:8], "", "", false},
		{"", "", "", false},
		{"INVITE", "", "", false},
		{"ACK sip:x SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=b\r\n", "b", "ACK", true},
		{"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=b\r\n", "", "", true},
		{"\x00\xff;branch=;", "", "", false},
	} {
		if b, m, found := sip.Quoted([]byte(c.quote)); b != c.branch || m != c.method || found != c.found {
			t.Errorf("%q: %q %q %t", c.quote, b, m, found)
		}
	}
}

func FuzzQuoted(f *testing.F) {
	f.Add([]byte("INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=b;rport\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		branch, method, found := sip.Quoted(b)
		if !found && (branch != "" || method != "") || strings.ContainsAny(branch, "\r\n;,") {
			t.Errorf("%q: %q %q %t", b, branch, method, found)
		}
		sip.KindOf(b)
	})
}

// An error that quotes nothing may be forged: of an address that has answered it
// is not believed, and never of one that is just answering.
func TestUnquotedError(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		peer := netip.MustParseAddrPort(peerAddr)
		s := b.call(func(*sip.Outgoing) {})
		b.peer.request(sipmsg.INVITE)
		b.agent.ICMPWithoutQuote(netip.MustParseAddrPort(nextAddr)) // no request waits there
		b.agent.ICMPWithoutQuote(peer)
		if o := b.ended(s); o.By != sip.EndedTransport || o.Err == nil {
			t.Errorf("outcome %+v", o)
		}

		s = b.call(func(*sip.Outgoing) {})
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 180, "Ringing", "x", "")
		event[sip.Progress](b, s)
		b.agent.ICMPWithoutQuote(peer)
		b.peer.answer(inv, 486, "Busy", "x", "")
		b.peer.request(sipmsg.ACK)
		if o := b.ended(s); o.Code != 486 {
			t.Errorf("outcome %+v", o)
		}

		s = b.call(func(*sip.Outgoing) {})
		inv = b.peer.request(sipmsg.INVITE)
		for range 1000 {
			b.agent.ICMPWithoutQuote(peer)
		}
		b.peer.answer(inv, 486, "Busy", "x", "")
		b.peer.request(sipmsg.ACK)
		if o := b.ended(s); o.Code != 486 {
			t.Errorf("a forged error ended a call: %+v", o)
		}
	})
}
