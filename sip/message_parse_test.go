package sip

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/miekg/dns"
)

func TestParseChallenges(t *testing.T) {
	got := parseChallenges(`Digest realm="a, b", nonce="n\"1", qop="auth, auth-int" , algorithm=SHA-256, stale=TRUE,` +
		` Basic realm="x", Digest realm=c,nonce=d, opaque="", NTLM`)
	want := []challenge{
		{realm: realm{name: "a, b"}, nonce: `n"1`, qops: []string{"auth", "auth-int"}, algorithm: "SHA-256", stale: true},
		{scheme: "Basic", realm: realm{name: "x"}},
		{realm: realm{name: "c"}, nonce: "d"},
		{scheme: "NTLM"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for _, weak := range []challenge{{nonce: ""}, {nonce: "n", algorithm: "FOO"}, {nonce: "n", qops: []string{"auth-foo"}}} {
		if weak.strength() >= 0 {
			t.Errorf("%+v can be answered", weak)
		}
	}
}

func FuzzParseChallenges(f *testing.F) {
	f.Add(`Digest realm="a", nonce="b", qop="auth,auth-int", Digest realm=c`)
	f.Add(`Digest`)
	f.Add(`, ,=,Digest =`)
	f.Fuzz(func(t *testing.T, value string) {
		for _, c := range strongest(parseChallenges(value)) {
			a := &digestCredentials{challenge: c, user: "u", pass: "secret"}
			if strings.Contains(a.value("BYE", "sip:x", nil, "c"), "secret") && !strings.Contains(value, "secret") {
				t.Error("the answer shows the password")
			}
		}
	})
}

func TestSessionExpires(t *testing.T) {
	for _, c := range []struct {
		value    string
		interval time.Duration
		who      string
	}{
		{"1800;refresher=uac", 30 * time.Minute, "uac"},
		{" 90 ; Refresher = UAS ;x=y", 90 * time.Second, "uas"},
		{"4294967295", 4294967295 * time.Second, ""},
		{"90;refresher=me", 90 * time.Second, ""},
		{"0", 0, ""}, {"0;refresher=me", 0, ""}, {"-1", 0, ""}, {"4294967296", 0, ""}, {"", 0, ""}, {"x", 0, ""},
	} {
		if i, who := sessionExpires(withSessionExpires(c.value)); i != c.interval || who != c.who {
			t.Errorf("%q: %v %q", c.value, i, who)
		}
	}
}

func withSessionExpires(value string) *sipmsg.Request {
	m := sipmsg.NewRequest(sipmsg.INVITE, sipmsg.Uri{})
	m.AppendHeader(sipmsg.NewHeader("Session-Expires", value))
	return m
}

func FuzzSessionExpires(f *testing.F) {
	f.Add("1800;refresher=uac")
	f.Fuzz(func(t *testing.T, value string) {
		if i, who := sessionExpires(withSessionExpires(value)); i != 0 && (i < time.Second || who != "" && who != "uac" && who != "uas") {
			t.Errorf("%v %q", i, who)
		}
	})
}

// A trace names what a message is, whatever stands before its first line, and has it
// as it came.
func TestScanTrace(t *testing.T) {
	for raw, want := range map[string]Trace{
		"\r\n\r\nOPTIONS sip:a SIP/2.0\r\ni: c\r\nCSeq: 1 OPTIONS\r\n\r\n":  {CallID: "c", Method: "OPTIONS"},
		"sip/2.0 180 Ringing Now\r\nCall-ID : c\r\nCSeq: 7\tINVITE\r\n\r\n": {CallID: "c", Method: "INVITE", Code: 180, Reason: "Ringing Now"},
		"\x00\x01": {Method: "\x00\x01"},
	} {
		want.Raw = []byte(raw)
		if got := ScanTrace([]byte(raw)); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, want %+v", raw, got, want)
		}
	}
}

func FuzzScanTrace(f *testing.F) {
	f.Add([]byte("INVITE sip:a SIP/2.0\r\ni: c\r\nCSeq: 1 INVITE\r\n\r\nCSeq: 2 BODY"))
	f.Add([]byte("SIP/2.0 200 OK\nCall-ID: x\nCSeq: 1\tBYE\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		tr := ScanTrace(raw)
		if len(tr.Raw) != len(raw) {
			t.Error("the trace is not the message")
		}
		m, err := sipmsg.ParseMessage(raw)
		if err != nil || m.CallID() == nil || m.CSeq() == nil || len(m.GetHeaders("call-id"))+len(m.GetHeaders("i")) > 1 {
			return
		}
		if res, ok := m.(*sipmsg.Response); ok && tr.Code != res.StatusCode && bytes.HasPrefix(raw, []byte("SIP/2.0 ")) {
			t.Errorf("code %d, the parser reads %d", tr.Code, res.StatusCode)
		}
	})
}

func FuzzUserParts(f *testing.F) {
	f.Add("+12025550100")
	f.Add("a b;c@d%41")
	f.Add("//")
	f.Fuzz(func(t *testing.T, user string) {
		e := escapeUser(user)
		if unescapeUser(e) != user {
			t.Errorf("%q was written as %q and read as %q", user, e, unescapeUser(e))
		}
		var uri sipmsg.Uri
		if user == "" {
			return
		}
		if err := sipmsg.ParseUri("sip:"+e+"@host.example;p=1", &uri); err != nil || uri.Host != "host.example" || uri.User != e {
			t.Errorf("%q breaks its URI: %+v %v", e, uri, err)
		}
	})
}

func TestTags(t *testing.T) {
	a, b := newSigner(), newSigner()
	first := a.callerTag("x")
	switch {
	case a.callerTag("x") != first:
		t.Error("the tag of a call changes")
	case a.callerTag("x") == a.callerTag("y"), a.callerTag("x") == b.callerTag("x"), a.callerTag("x") == a.calleeTag("x", ""):
		t.Error("two calls have one tag")
	}
}

// names is a Resolver by hand.
type names struct {
	mu    sync.Mutex
	hosts map[string][]string
	srv   map[string][]*dns.SRV
	asked int
	down  bool
}

func (n *names) Query(_ context.Context, name string, kind uint16) ([]dns.RR, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if kind == dns.TypeA {
		n.asked++
	}
	switch {
	case n.down:
		return nil, errors.New("no answer")
	case n.hosts[name] == nil && n.srv[name] == nil:
		return nil, ErrNoName
	}
	var out []dns.RR
	for _, text := range n.hosts[name] {
		if rr := addressRecord(name, netip.MustParseAddr(text), 60); rr.Header().Rrtype == kind {
			out = append(out, rr)
		}
	}
	for _, srv := range n.srv[name] {
		if kind == dns.TypeSRV {
			out = append(out, srv)
		}
	}
	return out, nil
}

func TestResolver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &names{hosts: map[string][]string{"a.example": {"2001:db8::1", "192.0.2.1"}, "b.example": {"192.0.2.2"}},
			srv: map[string][]*dns.SRV{"_sip._udp.carrier.example": {
				{Hdr: dns.RR_Header{Ttl: 60}, Priority: 1, Target: "b.example.", Port: 5080}, {Hdr: dns.RR_Header{Ttl: 60}, Priority: 2, Target: "a.example.", Port: 5060}}}}
		r := newResolver(context.Background(), n, func(f func()) bool { go f(); return true })
		resolve := func(target, want string) {
			t.Helper()
			got, err := r.resolve(context.Background(), over(UDP, target))
			var texts []string
			for _, a := range got {
				texts = append(texts, a.String())
			}
			if strings.Join(texts, " ") != want || (err != nil) != (want == "") {
				t.Errorf("%s: %v %v, want %s", target, texts, err, want)
			}
		}
		resolve("192.0.2.9", "192.0.2.9:5060")
		resolve("[2001:db8::9]:5070", "[2001:db8::9]:5070")
		resolve("a.example:5062", "192.0.2.1:5062 [2001:db8::1]:5062")
		resolve("carrier.example", "192.0.2.2:5080 192.0.2.1:5060 [2001:db8::1]:5060")
		resolve("b.example", "192.0.2.2:5060")
		resolve("nowhere.example:5060", "")
		resolve("b.example:0", "")
		resolve("b.example:sip", "")
		asked := n.asked
		resolve("a.example:5062", "192.0.2.1:5062 [2001:db8::1]:5062")
		if n.asked != asked {
			t.Error("a fresh name is asked again")
		}
		n.down = true
		time.Sleep(2 * time.Minute)
		resolve("a.example:5062", "192.0.2.1:5062 [2001:db8::1]:5062") // stale, but DNS is down
		time.Sleep(24 * time.Hour)
		resolve("a.example:5062", "")
	})
}

func TestBehindNAT(t *testing.T) {
	for _, c := range []struct {
		contact, source string
		want            bool
	}{
		{"192.168.1.2", "198.51.100.1:5060", true},
		{"127.0.0.1", "198.51.100.1:5060", true},
		{"0.0.0.0", "10.0.0.1:5060", true},
		{"192.168.1.2", "192.168.1.3:5060", false},
		{"198.51.100.7", "198.51.100.1:5060", false},
	} {
		if got := behindNAT(netip.MustParseAddr(c.contact), netip.MustParseAddrPort(c.source)); got != c.want {
			t.Errorf("Contact %s from %s: %v", c.contact, c.source, got)
		}
	}
}

func TestSplitDomain(t *testing.T) {
	for domain, want := range map[string]string{"example.com": "example.com", "example.com:5070": "example.com:5070",
		"192.0.2.1": "192.0.2.1", "192.0.2.1:5060": "192.0.2.1:5060", "example.com:x": "example.com"} {
		host, port := splitDomain(domain)
		if got := (&sipmsg.Uri{Scheme: "sip", Host: host, Port: port}).String(); got != "sip:"+want {
			t.Errorf("%s: %s, want %s", domain, got, want)
		}
	}
}
