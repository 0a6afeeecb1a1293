package sip_test

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/miekg/dns"

	"ringflow/sip"
)

// registering is a trunk that registers with the peer.
func registering(change ...func(*sip.Trunk)) *sip.Trunk {
	t := &sip.Trunk{Name: "carrier", Targets: []string{peerAddr}, Domain: "example.com", Username: "alice", AuthUser: "bob-auth", Password: "zanzibar", Register: &sip.Registration{}}
	for _, f := range change {
		f(t)
	}
	return t
}

// register has trunks registered, and returns the first REGISTER.
func (b *bench) register(trunks ...*sip.Trunk) *sipmsg.Request {
	b.Helper()
	b.agent.SetRegistrations(trunks, nil)
	return b.peer.request(sipmsg.REGISTER)
}

// contactsOf are the Contacts of a message, as they came.
func contactsOf(m sipmsg.Message) (values []string) {
	for _, h := range m.GetHeaders("contact") {
		values = append(values, h.Value())
	}
	return values
}

// bareContact is the first Contact of a REGISTER without parameters behind its URI.
func bareContact(req *sipmsg.Request) string {
	uri, _, _ := strings.Cut(contactsOf(req)[0], ">")
	return uri + ">"
}

// grants answers a REGISTER with its Contact, granted for so many seconds.
func (b *bench) grants(req *sipmsg.Request, seconds int, fields ...string) {
	b.Helper()
	b.peer.answer(req, 200, "OK", "x", "", append([]string{fmt.Sprintf("Contact: %s;expires=%d", bareContact(req), seconds)}, fields...)...)
	synctest.Wait()
}

// stands holds the phase of a trunk's registration and what its result contains.
func (b *bench) stands(t *sip.Trunk, want sip.RegistrationPhase, result string) sip.RegistrationState {
	b.Helper()
	synctest.Wait()
	s := b.agent.Registration(t)
	if s.Phase != want || !strings.Contains(s.Result, result) {
		b.Errorf("the registration is %+v, want %s by %q", s, want, result)
	}
	return s
}

// within holds that the next REGISTER comes after a delay between two, and returns it.
func (b *bench) within(shortest, longest time.Duration) *sipmsg.Request {
	b.Helper()
	start := time.Now()
	req := b.peer.request(sipmsg.REGISTER)
	if took := time.Since(start); took < shortest || took > longest {
		b.Errorf("REGISTER after %v, want %v to %v", took, shortest, longest)
	}
	return req
}

// unregisters has every trunk unregistered while the peer answers.
func (b *bench) unregisters() {
	b.Helper()
	done := make(chan struct{})
	go func() { b.agent.Unregister(b.Context()); close(done) }()
	for {
		select {
		case <-done:
			return
		case pk := <-b.peer.conn.in:
			m, err := sipmsg.ParseMessage(pk.raw)
			if req, is := m.(*sipmsg.Request); err == nil && is && req.Method == sipmsg.REGISTER {
				b.peer.answer(req, 200, "OK", "x", "")
			}
		}
	}
}

func valueOf(m *sipmsg.Request, name string) string {
	if h := m.GetHeader(name); h != nil {
		return h.Value()
	}
	return ""
}

func expiresOf(req *sipmsg.Request) string { return valueOf(req, "expires") }

func challengeField(realm, nonce, more string) string {
	return fmt.Sprintf(`WWW-Authenticate: Digest realm=%q, nonce=%q%s`, realm, nonce, more)
}

// Case 1 of the carriers: a grant of 60 s for an hour asked is refreshed in time, on and on.
func TestRegistrationCase01RefreshBeforeExpiry(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		trunk := registering()
		req := b.register(trunk)
		if got := expiresOf(req); got != "3600" {
			t.Errorf("it asks for %s s", got)
		}
		b.grants(req, 60)
		s := b.stands(trunk, sip.PhaseRegistered, "200 OK")
		if left := time.Until(s.Until); left != time.Minute || s.Registrar != peerAddr || s.Address.String() != peerAddr || s.Contact != "sip:alice@"+ourAddr || s.Next.After(s.Until) {
			t.Errorf("the state is %+v", s)
		}
		for range 20 {
			b.grants(b.within(30*time.Second, 54*time.Second), 60)
			b.stands(trunk, sip.PhaseRegistered, "200 OK")
		}
		if n := b.agent.Registration(trunk).Attempts[200]; n != 21 {
			t.Errorf("%d REGISTERs were answered 200", n)
		}
		if log := b.log.String(); strings.Count(log, "is registered") != 1 {
			t.Errorf("the log says more than the change: %s", log)
		}
	})
}

// Case 2: of several Contacts our own counts, and no other is touched.
func TestRegistrationCase02OwnBindingAlone(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		trunk := registering()
		req := b.register(trunk)
		b.peer.answer(req, 200, "OK", "x", "", "Contact: <sip:alice@192.0.2.7:5060>;expires=30, "+bareContact(req)+";q=0.5;expires=600", "Contact: <sip:bob@192.0.2.8>;expires=10", "Expires: 3600")
		if s := b.stands(trunk, sip.PhaseRegistered, "200"); time.Until(s.Until) != 10*time.Minute {
			t.Errorf("the state is %+v", s)
		}
		refresh := b.within(5*time.Minute, 9*time.Minute)
		if cs := contactsOf(refresh); len(cs) != 1 || strings.Contains(cs[0], "*") || !strings.Contains(cs[0], ourAddr) {
			t.Errorf("the Contacts of the refresh are %q", cs)
		}
	})
}

// Case 3: the expiry is that of the Contact, else of the response, else what was asked for.
func TestRegistrationCase03ExpiryFromTheResponse(t *testing.T) {
	for _, c := range []struct {
		params string
		fields []string
		want   time.Duration
	}{
		{";expires=600", []string{"Expires: 60"}, 10 * time.Minute},
		{`;expires="600"`, nil, 10 * time.Minute},
		{"", []string{"Expires: 120"}, 2 * time.Minute},
		{"", nil, 30 * time.Minute},
		{";expires=soon", []string{"Expires: tomorrow"}, 30 * time.Minute},
		{";EXPIRES=90", nil, 90 * time.Second},
		{";expires=4294967295", nil, 4294967295 * time.Second},
	} {
		inBubble(t, nil, func(b *bench) {
			trunk := registering(func(t *sip.Trunk) { t.Register.Expires = 30 * time.Minute })
			req := b.register(trunk)
			b.peer.answer(req, 200, "OK", "x", "", append(c.fields, "Contact: "+bareContact(req)+c.params)...)
			s := b.stands(trunk, sip.PhaseRegistered, "200")
			if got := time.Until(s.Until); got != c.want || time.Until(s.Next) > 24*time.Hour {
				t.Errorf("%q %q: %v, and the next in %v", c.params, c.fields, got, time.Until(s.Next))
			}
		})
	}
}

// Case 4: a grant of 0, and a 2xx without our Contact, are no registration.
func TestRegistrationCase04NoBinding(t *testing.T) {
	for name, contact := range map[string]string{
		"granted 0":              "<sip:alice@" + ourAddr + ">;expires=0",
		"has no binding of ours": "<sip:bob@192.0.2.8>;expires=3600",
		"of ours":                "<sip:alice@192.0.2.8>;expires=3600, <sip:alice@192.0.2.9>",
	} {
		inBubble(t, nil, func(b *bench) {
			trunk := registering()
			b.peer.answer(b.register(trunk), 200, "OK", "x", "", "Contact: "+contact)
			s := b.stands(trunk, sip.PhaseFailed, name)
			if !s.Until.IsZero() || s.Contact != "" || s.Next.IsZero() {
				t.Errorf("the state is %+v", s)
			}
			if log := b.log.String(); !strings.Contains(log, `level=WARN msg="a trunk is not registered"`) || !strings.Contains(log, name) {
				t.Errorf("log %s", log)
			}
			b.grants(b.within(15*time.Second, 30*time.Second), 600)
			b.stands(trunk, sip.PhaseRegistered, "200")
			b.grants(b.within(5*time.Minute, 9*time.Minute), 0)
			b.stands(trunk, sip.PhaseFailed, "granted 0 seconds")
		})
	}
}

// A 2xx without any Contact says that there is no binding.
func TestRegistrationWithoutContacts(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		trunk := registering()
		req := b.register(trunk)
		b.peer.send(sipmsg.NewResponseFromRequest(req, 200, "OK", nil))
		b.stands(trunk, sip.PhaseFailed, "no binding of ours")
	})
}

// Case 5: 423 is followed at once, twice at most, and the floor is kept.
func TestRegistrationCase05IntervalTooBrief(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		trunk := registering(func(t *sip.Trunk) { t.Register.Expires = 10 * time.Minute })
		b.peer.answer(b.register(trunk), 423, "Interval Too Brief", "x", "", "Min-Expires: 1800")
		second := b.within(0, 0)
		if got := expiresOf(second); got != "1800" || !strings.HasSuffix(contactsOf(second)[0], ";expires=1800") {
			t.Errorf("then it asks for %s: %q", got, contactsOf(second))
		}
		b.peer.answer(second, 423, "Interval Too Brief", "x", "", "Min-Expires: 3600")
		third := b.within(0, 0)
		if got := expiresOf(third); got != "3600" {
			t.Errorf("then it asks for %s", got)
		}
		b.grants(third, 60)
		b.stands(trunk, sip.PhaseRegistered, "200")
		refresh := b.within(30*time.Second, 54*time.Second)
		if got := expiresOf(refresh); got != "3600" {
			t.Errorf("the refresh asks for %s", got)
		}
		// More than two in one attempt are a loop, and one that names no higher floor is a fault.
		for i := range 3 {
			b.peer.answer(refresh, 423, "Interval Too Brief", "x", "", "Min-Expires: "+strconv.Itoa(4000+i))
			if i < 2 {
				refresh = b.within(0, 0)
			}
		}
		b.stands(trunk, sip.PhaseFailed, "423 Interval Too Brief")
		b.peer.silent(2 * time.Minute)
	})
	for _, fields := range [][]string{nil, {"Min-Expires: 10"}, {"Min-Expires: soon"}} {
		inBubble(t, nil, func(b *bench) {
			trunk := registering()
			b.peer.answer(b.register(trunk), 423, "Interval Too Brief", "x", "", fields...)
			b.stands(trunk, sip.PhaseFailed, "names no Min-Expires above what was asked for")
			b.peer.silent(2 * time.Minute)
		})
	}
}

// Case 6: what is asked for does not shrink with what is granted.
func TestRegistrationCase06ExpiryDoesNotShrink(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		trunk := registering(func(t *sip.Trunk) { t.Register.Expires = 30 * time.Minute })
		req := b.register(trunk)
		for i := range 20 {
			if got := expiresOf(req); got != "1800" {
				t.Fatalf("REGISTER %d asks for %s", i, got)
			}
			b.grants(req, 1800-i*60)
			req = b.within(5*time.Minute, 27*time.Minute)
		}
	})
}

// Case 7: a new nonce is answered once without stale, a second refusal is one of the
// credentials.
func TestRegistrationCase07CredentialsRefused(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		trunk := registering()
		b.peer.answer(b.register(trunk), 401, "Unauthorized", "x", "", challengeField("r", "one", ""))
		req := b.within(0, 0)
		checkProof(t, req, "Authorization", "zanzibar")
		b.grants(req, 600)
		refresh := b.within(5*time.Minute, 9*time.Minute)
		checkProof(t, refresh, "Authorization", "zanzibar")
		b.peer.answer(refresh, 401, "Unauthorized", "x", "", challengeField("r", "two", ""))
		again := b.within(0, 0)
		if p := checkProof(t, again, "Authorization", "zanzibar"); p["nonce"] != "two" {
			t.Errorf("the credentials are %v", p)
		}
		b.peer.answer(again, 401, "Unauthorized", "x", "", challengeField("r", "two", ""))
		b.stands(trunk, sip.PhaseFailed, "refused the credentials: check the trunk's username, auth_user and password")
		b.peer.silent(150 * time.Second)
		b.within(0, 150*time.Second) // but never for good
	})
	inBubble(t, nil, func(b *bench) {
		trunk := registering(func(t *sip.Trunk) { t.Username, t.AuthUser, t.Password = "", "", "" })
		b.peer.answer(b.register(trunk), 401, "Unauthorized", "x", "", challengeField("r", "one", ""))
		b.stands(trunk, sip.PhaseFailed, `asks for credentials (realm "r"), and the trunk has no username`)
	})
}

// Case 8: another realm is answered if any is, and refused if one is fixed.
func TestRegistrationCase08Realm(t *testing.T) {
	for realm, fails := range map[string]bool{"": false, "first": true} {
		inBubble(t, nil, func(b *bench) {
			trunk := registering(func(t *sip.Trunk) { t.Realm = realm })
			b.peer.answer(b.register(trunk), 401, "Unauthorized", "x", "", challengeField("first", "one", ""))
			b.grants(b.within(0, 0), 600)
			b.peer.answer(b.within(5*time.Minute, 9*time.Minute), 401, "Unauthorized", "x", "", challengeField("second", "two", ""))
			if fails {
				b.stands(trunk, sip.PhaseFailed, `asks for credentials (realm "second"), and the trunk has credentials for the realm "first" alone`)
				b.peer.silent(2 * time.Minute)
				return
			}
			again := b.within(0, 0)
			proof(t, again, "Authorization", "second")
			b.grants(again, 600)
			b.stands(trunk, sip.PhaseRegistered, "200")
		})
	}
}

// Case 9: challenges of every kind to REGISTER, of registrar and proxy in one exchange.
func TestRegistrationCase09Challenges(t *testing.T) {
	for name, challenge := range map[string]string{
		"no qop":           `Digest realm="r", nonce="n"`,
		"auth":             `Digest realm="r", nonce="n", qop="auth"`,
		"auth-int":         `Digest realm="r", nonce="n", qop="auth-int"`,
		"nonce":            `Digest realm="r", nonce="a+b/c==", qop="auth", opaque=""`,
		"quoted algorithm": `Digest realm="r", nonce="n", algorithm="MD5"`,
		"SHA-256":          `Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth,auth-int"`,
		"several":          `Digest realm="r", nonce="n", algorithm=MD5, Digest realm="r", nonce="n", algorithm=SHA-256`,
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				trunk := registering()
				b.peer.answer(b.register(trunk), 407, "Proxy Authentication Required", "x", "", `Proxy-Authenticate: Digest realm="p", nonce="m"`)
				second := b.within(0, 0)
				proof(t, second, "Proxy-Authorization", "p")
				b.peer.answer(second, 401, "Unauthorized", "x", "", "WWW-Authenticate: "+challenge)
				third := b.within(0, 0)
				proof(t, third, "Proxy-Authorization", "p")
				if p := proof(t, third, "Authorization", "r"); p["uri"] != "sip:example.com" {
					t.Errorf("the credentials are %v", p)
				}
				b.grants(third, 600)
				b.stands(trunk, sip.PhaseRegistered, "200")
			})
		})
	}
}

// Case 10: a nonce is used again with the next count, and a new one from 1.
func TestRegistrationCase10NonceCount(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		trunk := registering()
		b.peer.answer(b.register(trunk), 401, "Unauthorized", "x", "", challengeField("r", "one", `, qop="auth"`))
		for i := range 5 {
			req := b.within(0, 9*time.Minute)
			if p := checkProof(t, req, "Authorization", "zanzibar"); p["nc"] != fmt.Sprintf("%08x", i+1) || p["nonce"] != "one" {
				t.Errorf("REGISTER %d has %v", i, p)
			}
			b.grants(req, 600)
		}
		b.peer.answer(b.within(5*time.Minute, 9*time.Minute), 401, "Unauthorized", "x", "", challengeField("r", "two", `, qop="auth", stale=true`))
		if p := checkProof(t, b.within(0, 0), "Authorization", "zanzibar"); p["nc"] != "00000001" || p["nonce"] != "two" {
			t.Errorf("with the new nonce it has %v", p)
		}
	})
}

// Case 11: a refusal is tried again after minutes, for ever; what says when to come back is
// believed.
func TestRegistrationCase11Retry(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		trunk := registering()
		req := b.register(trunk)
		for i := range 12 {
			b.peer.answer(req, 403, "Forbidden", "x", "")
			b.stands(trunk, sip.PhaseFailed, "403 Forbidden")
			wait := min(5*time.Minute<<i, 30*time.Minute)
			req = b.within(wait/2, wait)
		}
		if log := b.log.String(); strings.Count(log, "is not registered") != 1 {
			t.Errorf("the log repeats itself: %s", log)
		}
	})
	for _, code := range []int{503, 480, 500} {
		inBubble(t, nil, func(b *bench) {
			trunk := registering()
			b.peer.answer(b.register(trunk), code, "Later", "x", "", "Retry-After: 600 (maintenance);duration=3600")
			b.stands(trunk, sip.PhaseFailed, "Later")
			b.grants(b.within(10*time.Minute, 11*time.Minute), 600)
			b.stands(trunk, sip.PhaseRegistered, "200")
		})
	}
	inBubble(t, nil, func(b *bench) { // without it, by RFC 5626 §4.5
		trunk := registering()
		req := b.register(trunk)
		for i := range 8 {
			b.peer.answer(req, 503, "Unavailable", "x", "")
			wait := min(30*time.Second<<i, 5*time.Minute)
			req = b.within(wait/2, wait)
		}
	})
}

// Case 12: the service route is the route set of INVITE and OPTIONS, behind the outbound
// proxy, until a 2xx without one.
func TestRegistrationCase12ServiceRoute(t *testing.T) {
	routes := func(req *sipmsg.Request) string {
		var all []string
		for _, h := range req.GetHeaders("route") {
			all = append(all, h.Value())
		}
		return strings.Join(all, ", ")
	}
	inBubble(t, nil, func(b *bench) {
		trunk := registering(func(t *sip.Trunk) { t.OutboundProxies, t.Targets = []string{peerAddr}, []string{"sip.example.com"} })
		other := registering(func(t *sip.Trunk) { t.Username, t.Ping = "bob", time.Minute })
		first := b.register(trunk)
		if got := routes(first); got != "<sip:"+peerAddr+";lr>" {
			t.Errorf("REGISTER has Route %s", got)
		}
		if s := valueOf(first, "Supported"); !strings.Contains(s, "path") {
			t.Errorf("Supported is %s", s)
		}
		b.grants(first, 600, "Service-Route: <sip:p1.example.com;lr;a=b>,<sip:p2.example.com:5070;lr>", "Path: <sip:path.example.com;lr>")
		const want = "<sip:" + peerAddr + ";lr>, <sip:p1.example.com;lr;a=b>, <sip:p2.example.com:5070;lr>"
		invite := func(t *sip.Trunk) string {
			s := b.call(func(o *sip.Outgoing) { o.Trunk = t })
			inv := b.peer.request(sipmsg.INVITE)
			b.peer.answer(inv, 486, "Busy Here", "x", "")
			ack := b.peer.request(sipmsg.ACK)
			if routes(ack) != routes(inv) {
				b.Errorf("the ACK has Route %s", routes(ack))
			}
			b.ended(s)
			return routes(inv)
		}
		if got := invite(trunk); got != want {
			t.Errorf("INVITE has Route %s", got)
		}
		b.agent.SetPings(map[sip.Target]sip.Ping{trunk.Target(peerAddr): {Interval: time.Hour, Trunk: trunk}})
		ping := b.peer.request(sipmsg.OPTIONS)
		if got := routes(ping); got != want || ping.Recipient.Host != "sip.example.com" {
			t.Errorf("OPTIONS %s has Route %s", ping.Recipient.String(), got)
		}
		b.peer.answer(ping, 200, "OK", "x", "")
		b.agent.SetPings(nil)
		b.agent.SetRegistrations([]*sip.Trunk{trunk, other}, nil)
		b.grants(b.peer.request(sipmsg.REGISTER), 3600)
		if got := invite(other); got != "" {
			t.Errorf("the INVITE of another account has Route %s", got)
		}
		refresh := b.within(5*time.Minute, 9*time.Minute)
		if got := routes(refresh); got != "<sip:"+peerAddr+";lr>" {
			t.Errorf("the refresh has Route %s", got)
		}
		b.grants(refresh, 600)
		if got := invite(trunk); got != "<sip:"+peerAddr+";lr>" {
			t.Errorf("after a 2xx without Service-Route INVITE has Route %s", got)
		}
	})
}

// seenAt is the Via of a response that says where a request came from.
func seenAt(req *sipmsg.Request, from string) {
	ap := netip.MustParseAddrPort(from)
	ps := &req.Via().Params
	ps.Add("received", ap.Addr().String())
	ps.Remove("rport")
	ps.Add("rport", strconv.Itoa(int(ap.Port())))
}

// Case 13: Contact follows the address that requests are seen to come from, if the trunk is
// set so; the old binding goes with the same REGISTER, and a port that changes each time
// makes no loop.
func TestRegistrationCase13ContactFollowsTheTranslator(t *testing.T) {
	received := func(t *sip.Trunk) { t.Register.Contact = sip.ContactReceived }
	inBubble(t, nil, func(b *bench) {
		trunk := registering(received)
		req := b.register(trunk)
		seenAt(req, "198.51.100.7:41000")
		b.grants(req, 600)
		moved := b.within(0, 0)
		cs := contactsOf(moved)
		if len(cs) != 2 || cs[0] != "<sip:alice@198.51.100.7:41000>;expires=3600" || cs[1] != "<sip:alice@"+ourAddr+">;expires=0" {
			t.Fatalf("the Contacts are %q", cs)
		}
		seenAt(moved, "198.51.100.7:41000")
		b.grants(moved, 600)
		b.stands(trunk, sip.PhaseRegistered, "200")
		s := b.call(func(o *sip.Outgoing) { o.Trunk = trunk })
		inv := b.peer.request(sipmsg.INVITE)
		if got := contactsOf(inv)[0]; got != "<sip:+12025550100@198.51.100.7:41000>" {
			t.Errorf("the Contact of INVITE is %s", got)
		}
		b.peer.answer(inv, 486, "Busy Here", "x", "")
		b.peer.request(sipmsg.ACK)
		b.ended(s)
		// From now on the port is another each time.
		for i := range 6 {
			refresh := b.within(5*time.Minute, 9*time.Minute)
			seenAt(refresh, fmt.Sprintf("198.51.100.7:%d", 42000+10*i))
			b.grants(refresh, 600)
			extra := b.within(0, 0)
			if n := len(contactsOf(extra)); n != 2 {
				t.Errorf("%d Contacts", n)
			}
			seenAt(extra, fmt.Sprintf("198.51.100.7:%d", 42001+10*i))
			b.grants(extra, 600)
			b.stands(trunk, sip.PhaseRegistered, "200")
		}
	})
	inBubble(t, nil, func(b *bench) { // the challenge says it before there is a binding
		trunk := registering(received)
		req := b.register(trunk)
		seenAt(req, "198.51.100.7:41000")
		b.peer.answer(req, 401, "Unauthorized", "x", "", challengeField("r", "n", ""))
		second := b.within(0, 0)
		if cs := contactsOf(second); len(cs) != 1 || cs[0] != "<sip:alice@198.51.100.7:41000>;expires=3600" {
			t.Errorf("the Contacts are %q", cs)
		}
		seenAt(second, "198.51.100.7:41000")
		b.grants(second, 600)
		b.within(5*time.Minute, 9*time.Minute)
	})
	inBubble(t, nil, func(b *bench) { // by default the advertised address stays
		trunk := registering()
		req := b.register(trunk)
		seenAt(req, "198.51.100.7:41000")
		b.grants(req, 600)
		if cs := contactsOf(b.within(5*time.Minute, 9*time.Minute)); len(cs) != 1 || !strings.Contains(cs[0], ourAddr) {
			t.Errorf("the Contacts are %q", cs)
		}
	})
}

// A call over a registration whose Contact has moved gives its far end the new one by a re-INVITE
// with the SDP that was agreed, whatever the call was doing; other calls do not.
func TestRegistrationThatMovesTakesItsCallsAlong(t *testing.T) {
	const before, after = "198.51.100.7:41000", "203.0.113.9:52000"
	for name, test := range map[string]func(b *bench, over func(*sip.Outgoing), move func()) (*sip.Session, *peerDialog){
		"a call that is answered": func(b *bench, over func(*sip.Outgoing), move func()) (*sip.Session, *peerDialog) {
			s, d := b.up(over)
			move()
			return s, d
		},
		"a call that rings": func(b *bench, over func(*sip.Outgoing), move func()) (*sip.Session, *peerDialog) {
			s := b.call(over, func(o *sip.Outgoing) { o.RingLimit, o.SetupLimit = time.Hour, time.Hour })
			inv := b.peer.request(sipmsg.INVITE)
			b.peer.answer(inv, 180, "Ringing", "a", "")
			event[sip.Progress](b, s)
			move()
			b.peer.answer(inv, 200, "OK", "a", sdp)
			b.peer.request(sipmsg.ACK)
			event[sip.Answered](b, s)
			return s, &peerDialog{inv: inv, tag: "a", seq: 100}
		},
		"a call whose offer is open": func(b *bench, over func(*sip.Outgoing), move func()) (*sip.Session, *peerDialog) {
			s, d := b.up(over)
			s.Reoffer([]byte(sdp))
			first := b.peer.request(sipmsg.INVITE)
			b.peer.answer(first, 180, "Ringing", d.tag, "")
			move()
			b.peer.answer(first, 200, "OK", d.tag, sdp)
			b.peer.request(sipmsg.ACK)
			return s, d
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				trunk := registering(func(t *sip.Trunk) { t.Register.Contact = sip.ContactReceived })
				req := b.register(trunk)
				seenAt(req, before)
				b.grants(req, 60)
				req = b.within(0, 0)
				seenAt(req, before)
				b.grants(req, 60)

				next := newPeer(t, b.net.listen(nextAddr))
				other := b.call(func(o *sip.Outgoing) { o.Trunk = &sip.Trunk{Name: "other", Targets: []string{nextAddr}} })
				next.answer(next.request(sipmsg.INVITE), 200, "OK", "b", sdp)
				next.request(sipmsg.ACK)
				event[sip.Answered](b, other)

				var waiting []*sipmsg.Request // INVITEs that came before a REGISTER
				s, d := test(b, func(o *sip.Outgoing) { o.Trunk = trunk }, func() {
					for n := 0; n < 2; {
						req := b.peer.read(time.Minute).(*sipmsg.Request)
						if req.Method == sipmsg.INVITE {
							waiting = append(waiting, req)
							continue
						}
						n++
						seenAt(req, after)
						b.grants(req, 3600)
					}
				})
				if len(waiting) == 0 {
					waiting = append(waiting, b.peer.request(sipmsg.INVITE))
				}
				if got := contactsOf(waiting[0])[0]; len(waiting) > 1 || got != "<sip:+12025550100@"+after+">" || string(waiting[0].Body()) != sdp {
					t.Errorf("the re-INVITE has Contact %s and\n%s", got, waiting[0].Body())
				}
				b.peer.answer(waiting[0], 200, "OK", d.tag, sdp)
				b.peer.request(sipmsg.ACK)
				b.peer.silent(time.Second)
				if r := event[sip.ReofferResult](b, s); r.Code != 200 || string(r.Body) != sdp { // for its owner to listen anew
					t.Errorf("the session reports %#v", r)
				}
				if name == "a call whose offer is open" {
					event[sip.ReofferResult](b, s)
				}
				if n := len(b.eventsOf(s)); n > 0 {
					t.Errorf("the session reports %d events more", n)
				}
				b.over(s, d)
				next.silent(time.Second)
				other.Hangup(sip.Cause{})
				next.answer(next.request(sipmsg.BYE), 200, "OK", "b", "")
				b.ended(other)
			})
		})
	}
}

// Case 14: a Contact that the registrar has rewritten is ours all the same.
func TestRegistrationCase14RewrittenContact(t *testing.T) {
	for _, contact := range []string{
		"<sip:alice@10.0.0.1:5060;line=abc>;expires=600",
		"<sip:alice@10.0.0.1;gw=carrier>;expires=600",
		"<sip:alice@10.0.0.1:5060;ob>;expires=600",
		"sip:alice@10.0.0.1:5060;expires=600",
		"<sip:alice@198.51.100.7:41000>;expires=600", // where it came from
		"<sip:alice@sbc.example.com>;expires=600",
		"<sip:%61lice@10.0.0.1>;expires=600, <sip:alice@192.0.2.1>;expires=60",
		"<sip:bob@192.0.2.1>;expires=60, <sip:alice@sbc.example.com>;expires=600",
	} {
		inBubble(t, nil, func(b *bench) {
			trunk := registering()
			req := b.register(trunk)
			seenAt(req, "198.51.100.7:41000")
			b.peer.answer(req, 200, "OK", "x", "", "Contact: "+contact)
			if s := b.stands(trunk, sip.PhaseRegistered, "200"); time.Until(s.Until) != 10*time.Minute {
				t.Errorf("%s: %+v", contact, s)
			}
		})
	}
}

// twoAddresses is a Resolver by which every name has the addresses of two servers.
type twoAddresses struct{}

func (twoAddresses) Query(_ context.Context, _ string, kind uint16) ([]dns.RR, error) {
	return addressRecords(kind, netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("10.0.0.3")), nil
}

// Case 15: of a registrar with two addresses, the one whose nonce it is gets the credentials.
func TestRegistrationCase15SameServerGetsTheCredentials(t *testing.T) {
	inBubble(t, func(c *sip.Config) { c.Resolver = twoAddresses{} }, func(b *bench) {
		trunk := registering(func(t *sip.Trunk) { t.Targets = []string{"sip.example.com"} })
		second := newPeer(t, b.net.listen(nextAddr))
		b.register(trunk)
		for range 3 { // the second address is tried once the first is silent
			b.peer.request(sipmsg.REGISTER)
		}
		req := second.request(sipmsg.REGISTER)
		second.answer(req, 401, "Unauthorized", "x", "", challengeField("r", "of the second", ""))
		again := second.request(sipmsg.REGISTER)
		checkProof(t, again, "Authorization", "zanzibar")
		second.answer(again, 200, "OK", "x", "", "Contact: "+bareContact(again)+";expires=600")
		if s := b.stands(trunk, sip.PhaseRegistered, "200"); s.Address.String() != nextAddr {
			t.Errorf("the state is %+v", s)
		}
		s := b.call(func(o *sip.Outgoing) { o.Trunk = trunk })
		inv := second.request(sipmsg.INVITE) // the call goes where the binding is
		if inv.Recipient.Host != "example.com" {
			t.Errorf("the Request-URI is %s", inv.Recipient.String())
		}
		second.answer(inv, 486, "Busy Here", "x", "")
		second.request(sipmsg.ACK)
		b.ended(s)
		second.request(sipmsg.REGISTER) // and so does the refresh
		second.conn.Close()
	})
}

// Case 16: the Request-URI has no user part, Call-ID stays, CSeq rises.
func TestRegistrationCase16RequestLine(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		trunk := registering(func(t *sip.Trunk) { t.FromDomain, t.Username = "home.example.com", "4912/3 x" })
		first := b.register(trunk)
		if got := first.StartLine(); got != "REGISTER sip:example.com SIP/2.0" {
			t.Errorf("the request line is %s", got)
		}
		const record = "sip:4912%2F3%20x@home.example.com"
		if first.To().Address.String() != record || first.From().Address.String() != record || first.To().Params.Has("tag") || first.MaxForwards().Val() != 70 {
			t.Errorf("REGISTER is %s", first)
		}
		id, number := first.CallID().Value(), first.CSeq().SeqNo
		b.peer.answer(first, 503, "Unavailable", "x", "")
		for range 5 {
			req := b.within(0, 9*time.Minute)
			if number++; req.CallID().Value() != id || req.CSeq().SeqNo != number {
				t.Errorf("REGISTER has Call-ID %s and CSeq %d, want %s and %d", req.CallID().Value(), req.CSeq().SeqNo, id, number)
			}
			b.grants(req, 600)
		}
	})
}

// Case 17: instance, flow and bulk only if they are set; Flow-Timer is kept to.
func TestRegistrationCase17OutboundAndBulk(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		req := b.register(registering())
		if text := req.String(); strings.Contains(text, "instance") || strings.Contains(text, "reg-id") || strings.Contains(text, "bnc") || strings.Contains(text, "outbound") || strings.Contains(text, "\nRequire") {
			t.Errorf("REGISTER has what is not set: %s", text)
		}
		b.grants(req, 600)
		b.peer.silent(5 * time.Minute) // nor is there a keep-alive
	})
	inBubble(t, nil, func(b *bench) {
		trunk := registering(func(t *sip.Trunk) { t.Register.Extensions = []sip.RegistrationExtension{sip.ExtensionOutbound} })
		req := b.register(trunk)
		c := contactsOf(req)[0]
		if !strings.Contains(c, `;reg-id=1;+sip.instance="<urn:uuid:`) || !strings.Contains(valueOf(req, "Supported"), "outbound") {
			t.Errorf("Contact is %s", c)
		}
		_, instance, _ := strings.Cut(c, "+sip.instance=")
		instance, _, _ = strings.Cut(instance, ";expires")
		b.peer.answer(req, 200, "OK", "x", "", `Contact: <sip:alice@10.0.0.1:5060>;+sip.instance="<urn:uuid:other>";reg-id=1;expires=60, <sip:x@y>;reg-id=1;+sip.instance=`+instance+";expires=600",
			"Require: outbound", "Flow-Timer: 120")
		if s := b.stands(trunk, sip.PhaseRegistered, "200"); time.Until(s.Until) != 10*time.Minute {
			t.Errorf("the state is %+v", s)
		}
		start := time.Now()
		for i := range 3 {
			if pk := <-b.peer.conn.in; string(pk.raw) != "\r\n\r\n" {
				t.Errorf("got %q", pk.raw)
			}
			if took := time.Since(start); took < time.Duration(i+1)*96*time.Second || took > time.Duration(i+1)*2*time.Minute {
				t.Errorf("keep-alive %d after %v", i, took)
			}
		}
	})
	inBubble(t, nil, func(b *bench) { // 439 First Hop Lacks Outbound Support
		trunk := registering(func(t *sip.Trunk) { t.Register.Extensions = []sip.RegistrationExtension{sip.ExtensionOutbound} })
		b.peer.answer(b.register(trunk), 439, "First Hop Lacks Outbound Support", "x", "")
		second := b.within(0, 0)
		if strings.Contains(second.String(), "reg-id") {
			t.Errorf("then it sends %s", second)
		}
		b.grants(second, 600)
		b.stands(trunk, sip.PhaseRegistered, "200")
	})
	inBubble(t, nil, func(b *bench) {
		trunk := registering(func(t *sip.Trunk) { t.Register.Extensions = []sip.RegistrationExtension{sip.ExtensionGIN} })
		req := b.register(trunk)
		if c := contactsOf(req)[0]; c != "<sip:"+ourAddr+";bnc>;expires=3600" || valueOf(req, "Require") != "gin" || valueOf(req, "Proxy-Require") != "gin" {
			t.Errorf("REGISTER is %s", req)
		}
		b.peer.answer(req, 200, "OK", "x", "", "Contact: <sip:"+ourAddr+";bnc>;expires=7200;pub-gruu=\"sip:e.com;gr=x\"")
		if s := b.stands(trunk, sip.PhaseRegistered, "200"); time.Until(s.Until) != 2*time.Hour {
			t.Errorf("the state is %+v", s)
		}
	})
}

// Case 18: mediasec names its three header fields in every REGISTER, and Security-Verify
// echoes what the registrar offers, in order.
func TestRegistrationCase18Mediasec(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		trunk := registering(func(t *sip.Trunk) { t.Register.Extensions = []sip.RegistrationExtension{sip.ExtensionMediasec} })
		check := func(req *sipmsg.Request, client bool, verify ...string) {
			t.Helper()
			if valueOf(req, "Require") != "mediasec" || valueOf(req, "Proxy-Require") != "mediasec" || client != (valueOf(req, "Security-Client") == "sdes-srtp;mediasec") {
				t.Errorf("%s", req)
			}
			var got []string
			for _, h := range req.GetHeaders("security-verify") {
				got = append(got, h.Value())
			}
			if strings.Join(got, "|") != strings.Join(verify, "|") {
				t.Errorf("Security-Verify is %q", got)
			}
		}
		first := b.register(trunk)
		check(first, true)
		b.peer.answer(first, 401, "Unauthorized", "x", "", challengeField("r", "n", ""), "Security-Server: msrp-tls;mediasec", "Security-Server: sdes-srtp;mediasec, dtls-srtp;mediasec")
		second := b.within(0, 0)
		check(second, true, "msrp-tls;mediasec", "sdes-srtp;mediasec, dtls-srtp;mediasec")
		b.grants(second, 600)
		s := b.call(func(o *sip.Outgoing) { o.Trunk = trunk })
		inv := b.peer.request(sipmsg.INVITE)
		check(inv, false, "msrp-tls;mediasec", "sdes-srtp;mediasec, dtls-srtp;mediasec")
		b.peer.answer(inv, 486, "Busy Here", "x", "")
		b.peer.request(sipmsg.ACK)
		b.ended(s)
	})
}

// Case 19: at the end our own binding is removed, with credentials, in bounded time.
func TestRegistrationCase19Unregister(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		trunk := registering()
		b.peer.answer(b.register(trunk), 401, "Unauthorized", "x", "", challengeField("r", "one", ""))
		b.grants(b.within(0, 0), 600)
		done := make(chan struct{})
		go func() { b.agent.Unregister(b.Context()); close(done) }()
		req := b.within(0, 0)
		if cs := contactsOf(req); len(cs) != 1 || cs[0] != "<sip:alice@"+ourAddr+">;expires=0" || expiresOf(req) != "0" {
			t.Errorf("the Contacts are %q", cs)
		}
		checkProof(t, req, "Authorization", "zanzibar")
		b.peer.answer(req, 401, "Unauthorized", "x", "", challengeField("r", "two", ", stale=true"))
		again := b.within(0, 0)
		checkProof(t, again, "Authorization", "zanzibar")
		b.peer.answer(again, 200, "OK", "x", "", "Contact: <sip:alice@192.0.2.1>;expires=60")
		<-done
		b.peer.silent(time.Hour)
		if log := b.log.String(); strings.Count(log, "a trunk is registered no more") != 1 {
			t.Errorf("log %s", log)
		}
	})
	inBubble(t, nil, func(b *bench) { // a registrar that is silent holds nothing up
		b.grants(b.register(registering()), 600)
		start := time.Now()
		b.agent.Unregister(b.Context())
		if took := time.Since(start); took != 4*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
