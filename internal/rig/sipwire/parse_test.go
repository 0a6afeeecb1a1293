package sipwire_test

import (
	"strings"
	"testing"

	"ringflow/internal/rig/sipwire"
)

const invite = "INVITE sip:+13032000001@127.0.0.1:5070 SIP/2.0\r\n" +
	"v: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKabc;rport\r\n" +
	"From: \"Acme; Inc\" <sip:+12025550100@127.0.0.1;user=phone>;tag=a1\r\n" +
	"To: <sip:+13032000001@127.0.0.1;tag=no>\r\n" +
	"Call-ID: c1\r\nCSeq: 7 INVITE\r\nSubject: one\r\n two\r\nl: 3\r\n\r\nabcdef"

func TestParseReadsWhatRFC3261Allows(t *testing.T) {
	m, err := sipwire.Parse([]byte(invite))
	if err != nil {
		t.Fatal(err)
	}
	n, method, err := m.CSeq()
	if err != nil || n != 7 || method != "INVITE" {
		t.Errorf("CSeq: %d %q %v", n, method, err)
	}
	for _, c := range []struct{ what, got, want string }{
		{"branch", m.Branch(), "z9hG4bKabc"},
		{"from tag", sipwire.Tag(m.Get("from")), "a1"},
		{"to tag", sipwire.Tag(m.Get("To")), ""},
		{"user", sipwire.User(m.URI), "+13032000001"},
		{"folded", m.Get("Subject"), "one two"},
		{"body", string(m.Body), "abc"},
		{"address", sipwire.Address(m.Get("From")), "sip:+12025550100@127.0.0.1;user=phone"},
		{"host", sipwire.Host(sipwire.Address(m.Get("From"))), "127.0.0.1"},
		{"sent-by", sipwire.ViaSentBy(m.Get("Via")), "127.0.0.1:5060"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
	if _, ok := sipwire.ParamOK(m.Get("Via"), "rport"); !ok {
		t.Error("rport without value not found")
	}
}

func TestParseRefusesWhatCannotBeRead(t *testing.T) {
	for _, bad := range []string{
		"", "\r\n\r\n", "INVITE sip:a SIP/2.0\r\n", "INVITE sip:a SIP/9.0\r\n\r\n",
		"SIP/2.0 99 x\r\n\r\n", "SIP/2.0 abc\r\n\r\n", "BYE a b SIP/2.0\r\n\r\n",
		"BYE a SIP/2.0\r\n continued\r\n\r\n", "BYE a SIP/2.0\r\nnocolon\r\n\r\n",
		"BYE a SIP/2.0\r\nContent-Length: 9\r\n\r\nabc",
	} {
		if m, err := sipwire.Parse([]byte(bad)); err == nil {
			t.Errorf("%q was read as %+v", bad, m)
		}
	}
}

func TestReplyCopiesWhatTheTransactionNeeds(t *testing.T) {
	m, _ := sipwire.Parse([]byte(invite))
	r := string(sipwire.Reply(m, 180, "Ringing", "t9").Bytes())
	for _, want := range []string{"SIP/2.0 180 Ringing\r\n", "branch=z9hG4bKabc", ">;tag=t9\r\n",
		"CSeq: 7 INVITE\r\n", "Content-Length: 0\r\n\r\n"} {
		if !strings.Contains(r, want) {
			t.Errorf("%q is missing in %s", want, r)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(invite))
	f.Add([]byte("SIP/2.0 200 OK\r\nCSeq: 1 BYE\r\n\r\n"))
	f.Fuzz(func(t *testing.T, datagram []byte) {
		m, err := sipwire.Parse(datagram)
		if err != nil {
			return
		}
		m.Branch()
		m.CSeq()
		sipwire.User(sipwire.Address(m.Get("Contact")))
		sipwire.Tag(m.Get("To"))
		if _, err := sipwire.Parse(m.Bytes()); err != nil {
			t.Fatalf("what was written cannot be read again: %v\n%q", err, m.Bytes())
		}
	})
}
