package sip_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// raw waits for the next message and gives its bytes, "" if none comes within d.
func (p *peer) raw(d time.Duration) string {
	select {
	case pk := <-p.conn.in:
		return string(pk.raw)
	case <-time.After(d):
		return ""
	}
}

// values are the values of a header field in the bytes of a message, folds as they
// stand, a line each; names are all its names.
func values(raw string, names ...string) (out []string) {
	head, _, _ := strings.Cut(raw, "\r\n\r\n")
	var lines []string
	for line := range strings.SplitSeq(head, "\r\n") {
		if last := len(lines) - 1; last > 0 && (strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")) {
			lines[last] += "\r\n" + line
			continue
		}
		lines = append(lines, line)
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, strings.TrimSpace(name)) }) {
			out = append(out, strings.Trim(value, " \t\r\n"))
		}
	}
	return out
}

// withVias is a request with other Via lines.
func withVias(request string, lines ...string) string {
	head, rest, _ := strings.Cut(request, "\r\n")
	_, rest, _ = strings.Cut(rest, "\r\n") // its own Via
	return head + "\r\n" + strings.Join(lines, "\r\n") + "\r\n" + rest
}

// ways are Via lines as they come, and what goes back of them to 10.0.0.2:5060.
var ways = []struct {
	name   string
	lines  []string
	values []string
}{
	{"plain", []string{"Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK1"}, []string{"SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK1"}},
	{"port left out", []string{"Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1"}, []string{"SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1"}},
	{"blanks", []string{"Via:  SIP / 2.0 / UDP  10.0.0.2 : 5060 ; branch = z9hG4bK1 ; x = \"a ; b\" "},
		[]string{"SIP / 2.0 / UDP  10.0.0.2 : 5060 ; branch = z9hG4bK1 ; x = \"a ; b\""}},
	{"folds", []string{"v: SIP/2.0\r\n /UDP\r\n\t10.0.0.2;\r\n branch=z9hG4bK1"}, []string{"SIP/2.0\r\n /UDP\r\n\t10.0.0.2;\r\n branch=z9hG4bK1"}},
	{"quotes, case and order", []string{`Via: SIP/2.0/udp 10.0.0.2;Foo="\"<a,b>;";BRANCH=z9hG4bK1;bar;ttl=01;baz=`},
		[]string{`SIP/2.0/udp 10.0.0.2;Foo="\"<a,b>;";BRANCH=z9hG4bK1;bar;ttl=01;baz=`}},
	{"rport and proxies", []string{"Via: SIP/2.0/UDP 10.0.0.2;rport;branch=z9hG4bK1 , SIP/2.0/TCP  a.example : 5070;rport=1;received=1.1.1.1",
		"v:SIP/2.0/TLS b;branch=\"x\"", "VIA : SIP/3.0/FOO ~,~"},
		[]string{"SIP/2.0/UDP 10.0.0.2;rport=5060;branch=z9hG4bK1;received=10.0.0.2 , SIP/2.0/TCP  a.example : 5070;rport=1;received=1.1.1.1",
			"SIP/2.0/TLS b;branch=\"x\"", "SIP/3.0/FOO ~,~"}},
	{"rport filled, received invented", []string{"Via: SIP/2.0/UDP 10.0.0.2;received=6.6.6.6;rport=9;branch=z9hG4bK1"},
		[]string{"SIP/2.0/UDP 10.0.0.2;received=10.0.0.2;rport=5060;branch=z9hG4bK1"}},
	{"behind NAT", []string{"Via: SIP/2.0/UDP 192.168.1.5;branch=z9hG4bK1"}, []string{"SIP/2.0/UDP 192.168.1.5;branch=z9hG4bK1;received=10.0.0.2"}},
	{"a name", []string{"Via: SIP/2.0/UDP pc33.example:5060;branch=z9hG4bK1"}, []string{"SIP/2.0/UDP pc33.example:5060;branch=z9hG4bK1;received=10.0.0.2"}},
}

// Every response has the Via of its request: 100 and 487 come of
// the transaction by itself, 200 from the session or without any, and 400 and 505
// answer what does not even parse.
func TestViaGoesBackAsItCame(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			change, _ := taking(func(s *sip.Session) {
				if s.To() == "us" {
					time.Sleep(time.Second) // for a 100
					s.Respond(180, "Ringing", nil)
				}
			})
			inBubble(t, change, func(b *bench) {
				expect := func(status string) {
					t.Helper()
					raw := b.peer.raw(time.Minute)
					if !strings.HasPrefix(raw, "SIP/2.0 "+status+" ") {
						t.Fatalf("got %q, want %s", raw, status)
					}
					if got := values(raw, "Via"); !slices.Equal(got, way.values) {
						t.Errorf("%s has the Via\n%q, want\n%q", status, got, way.values)
					}
				}
				send := func(request string) { b.peer.sendTo(withVias(request, way.lines...), ourAddr) }
				send(rawRequest("OPTIONS", "1"))
				expect("200")
				send(rawRequest("REGISTER", "2"))
				expect("405")
				send(rawRequest("BYE", "3"))
				expect("481")
				send(strings.Replace(rawRequest("OPTIONS", "4"), " SIP/2.0\r\n", " SIP/4.0\r\n", 1))
				expect("505")
				send(strings.Replace(rawRequest("OPTIONS", "5"), "\r\nMax-Forwards: 70", "\r\nMax-Forwards: many", 1))
				expect("400")
				send(strings.Replace(rawRequest("OPTIONS", "6"), "sip:us@"+ourAddr+" SIP/2.0\r\n", "a b SIP/6.0\r\n", 1))
				expect("505")
				inv := invite("7")
				send(inv)
				expect("100")
				expect("180")
				send(strings.Replace(strings.Replace(inv, "INVITE ", "CANCEL ", 1), " INVITE\r\n", " CANCEL\r\n", 1))
				expect("200")
				expect("487")
				send(strings.Replace(strings.Replace(inv, "INVITE ", "ACK ", 1), " INVITE\r\n", " ACK\r\n", 1))
				synctest.Wait()
				if raw := b.peer.raw(time.Minute); raw != "" {
					t.Errorf("the ACK was not taken, and %q came again", raw)
				}
			})
		})
	}
}

func TestViaOfRequestsInsideACallGoesBackAsItCame(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s, d := b.up()
				expect := func(status, method string) {
					t.Helper()
					raw := b.peer.raw(time.Minute)
					if !strings.HasPrefix(raw, "SIP/2.0 "+status+" ") || !strings.HasSuffix(values(raw, "CSeq")[0], method) {
						t.Fatalf("got %q, want %s to %s", raw, status, method)
					}
					if got := values(raw, "Via"); !slices.Equal(got, way.values) {
						t.Errorf("%s to %s has the Via\n%q, want\n%q", status, method, got, way.values)
					}
				}
				send := func(r *sipmsg.Request) { b.peer.sendTo(withVias(r.String(), way.lines...), ourAddr) }
				send(d.request("OPTIONS"))
				expect("200", "OPTIONS")
				send(d.request("INVITE", held))
				event[sip.Reoffer](b, s)
				s.AnswerOffer([]byte(sdp))
				expect("200", "INVITE")
				expect("200", "INVITE") // again, as no ACK has come
				send(d.again("ACK"))
				send(d.request("UPDATE"))
				expect("200", "UPDATE")
				send(d.request("BYE"))
				expect("200", "BYE")
				b.ended(s)
			})
		})
	}
}

// What else a response takes over comes back as it was written, too: callers compare.
func TestFromToAndCallIDGoBackAsTheyCame(t *testing.T) {
	change, _ := taking(func(s *sip.Session) { s.Reject(486, "Busy Here") })
	inBubble(t, change, func(b *bench) {
		const from = `Alice  Smith <sip:al%69ce@far.example;x="a;b";;transport=UDP> ; tag = 7 ; y = "q;r"`
		const to = `"Bob \"B\" <b>" <sip:bob@h;z="1">;p="a b"`
		b.peer.sendTo("INVITE sip:us@"+ourAddr+" SIP/2.0\r\nv: SIP/2.0/UDP "+peerAddr+";branch=z9hG4bK1\r\nf: "+from+"\r\nTO : "+to+
			"\r\ni: a.B-c@(x)\r\ncseq:  5   INVITE\r\nMax-Forwards: 70\r\nm: <sip:caller@"+peerAddr+">\r\nl: 0\r\n\r\n", ourAddr)
		raw := b.peer.raw(time.Minute)
		tag := strings.TrimPrefix(values(raw, "To")[0], to+";tag=")
		if values(raw, "From")[0] != from || tag == values(raw, "To")[0] || strings.Contains(tag, ";") ||
			values(raw, "Call-ID")[0] != "a.B-c@(x)" || values(raw, "CSeq")[0] != "5   INVITE" {
			t.Errorf("answer\n%s", raw)
		}
		b.peer.sendTo("ACK sip:us@"+ourAddr+" SIP/2.0\r\nv: SIP/2.0/UDP "+peerAddr+";branch=z9hG4bK1\r\nf: "+from+"\r\nTo: "+to+";tag="+tag+
			"\r\ni: a.B-c@(x)\r\ncseq: 5 ACK\r\nl: 0\r\n\r\n", ourAddr)
		b.peer.silent(time.Minute)
	})
}

// The responses go to where the request came from, whatever port it claims
// (RFC 3261 §18.2.2, RFC 3581 §4).
func TestResponsesGoToTheSource(t *testing.T) {
	for _, c := range []struct {
		from, via, to string
	}{
		{"10.0.0.7:4444", "SIP/2.0/UDP 10.0.0.7:4444;branch=z9hG4bK1;rport", "10.0.0.7:4444"},
		{"10.0.0.7:4444", "SIP/2.0/UDP 10.0.0.7:5060;branch=z9hG4bK1;rport", "10.0.0.7:4444"},
		{"10.0.0.7:4444", "SIP/2.0/UDP 10.0.0.7;branch=z9hG4bK1;rport=5090", "10.0.0.7:4444"},
		{"10.0.0.7:4444", "SIP/2.0/UDP 10.0.0.7:5080;branch=z9hG4bK1;received=10.0.0.2;rport=5060", "10.0.0.7:4444"},
		{"10.0.0.7:4444", "SIP/2.0/UDP 10.0.0.7:5080;branch=z9hG4bK1", "10.0.0.7:5080"},
		{"10.0.0.7:4444", "SIP/2.0/UDP 10.0.0.7;branch=z9hG4bK1", "10.0.0.7:5060"},
		{"10.0.0.7:4444", "SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1", "10.0.0.7:5060"},
		{"10.0.0.7:4444", "SIP/2.0/UDP 10.0.0.7;branch=z9hG4bK1;maddr=10.0.0.2", "10.0.0.7:5060"},
	} {
		t.Run(c.via, func(t *testing.T) {
			change, _ := taking(func(s *sip.Session) { time.Sleep(time.Second); s.Reject(486, "Busy Here") })
			inBubble(t, change, func(b *bench) {
				src := newPeer(t, b.net.listen(c.from))
				dst := src
				if c.to != c.from {
					dst = newPeer(t, b.net.listen(c.to))
				}
				via := "Via: " + c.via
				src.sendTo(withVias(rawRequest("OPTIONS", "1"), via), ourAddr)
				dst.response(200, sipmsg.OPTIONS)
				inv := invite("2")
				src.sendTo(withVias(inv, via), ourAddr)
				dst.response(100, sipmsg.INVITE)
				dst.response(486, sipmsg.INVITE)
				src.sendTo(withVias(strings.Replace(strings.Replace(inv, "INVITE ", "ACK ", 1), " INVITE\r\n", " ACK\r\n", 1), via), ourAddr)
				dst.silent(time.Minute)
			})
		})
	}
}

func TestVersions(t *testing.T) {
	change, _ := taking(func(s *sip.Session) { time.Sleep(time.Second); s.Reject(486, "Busy Here") })
	for version, want := range map[string]string{"SIP/2.0": "200", "sip/2.0": "200", "Sip/2.0": "200", "SIP/3.0": "505", "sip/1.0": "505",
		"SIP/2.1": "505", "SIP/2.00": "505", "SIP/": "505", "SIP/two": "505", "SIP": "505", "HTTP/1.1": "", "2.0": ""} {
		t.Run(version, func(t *testing.T) {
			inBubble(t, change, func(b *bench) {
				b.peer.sendTo(strings.Replace(rawRequest("OPTIONS", "1"), " SIP/2.0\r\n", " "+version+"\r\n", 1), ourAddr)
				raw := b.peer.raw(time.Minute)
				if want == "" && raw != "" || want != "" && !strings.HasPrefix(raw, "SIP/2.0 "+want+" ") {
					t.Errorf("answered %q, want %s", raw, want)
				}
				if want == "200" { // the transaction's own 100 as well
					inv := strings.Replace(invite("2"), " SIP/2.0\r\n", " "+version+"\r\n", 1)
					b.peer.sendTo(inv, ourAddr)
					for _, status := range []string{"100", "486"} {
						if raw := b.peer.raw(time.Minute); !strings.HasPrefix(raw, "SIP/2.0 "+status+" ") {
							t.Errorf("answered %q, want %s", raw, status)
						}
					}
					b.peer.sendTo(strings.Replace(strings.Replace(inv, "INVITE ", "ACK ", 1), " INVITE\r\n", " ACK\r\n", 1), ourAddr)
				}
				b.peer.silent(time.Minute)
			})
		})
	}
}

// Responses find their request however a far end writes our Via, and whatever stands
// before the start line.
func TestResponsesAreReadAsTheGrammarHasThem(t *testing.T) {
	const ours = "Via: SIP/2.0/UDP 10.0.0.1:5060;"
	for name, rewrite := range map[string]func(string) string{
		"port lost": func(s string) string { return strings.Replace(s, ours, "Via: SIP/2.0/UDP 10.0.0.1;", 1) },
		"blanks": func(s string) string {
			return strings.Replace(s, ours+"branch=", "Via: SIP / 2.0 / UDP 10.0.0.1 ; branch = ", 1)
		},
		"blanks and port": func(s string) string {
			return strings.Replace(s, ours+"branch=", "v:SIP/2.0/UDP 10.0.0.1 : 5060 ;branch\t= ", 1)
		},
		"fold": func(s string) string {
			return strings.Replace(s, ours, "Via: SIP/2.0/UDP\r\n 10.0.0.1:5060\r\n ;", 1)
		},
		"names in capitals": func(s string) string {
			return strings.Replace(strings.Replace(s, ours+"branch", strings.ToUpper(ours)+"BRANCH", 1), ";tag=", ";TAG=", 2)
		},
		"blanks at tags": func(s string) string { return strings.Replace(s, ";tag=", " ; tag = ", 2) },
		"version":        func(s string) string { return strings.Replace(s, "SIP/2.0 ", "sip/2.0 ", 1) },
		"CRLF before":    func(s string) string { return "\r\n\r\n" + s },
		"LF before":      func(s string) string { return "\n" + s },
		"CSeq": func(s string) string {
			return strings.Replace(strings.Replace(s, "CSeq: 1 ", "CSeq: 0001 \t ", 1), "CSeq: 2 ", "CSeq:\t2   ", 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s := b.call()
				inv := b.peer.request(sipmsg.INVITE)
				answer := func(req *sipmsg.Request, code int, body string) {
					res := sipmsg.NewResponseFromRequest(req, code, "Fine", []byte(body))
					res.To().Params.Add("tag", "a")
					res.AppendHeader(sipmsg.NewHeader("Contact", "<sip:phone@"+peerAddr+">"))
					b.peer.sendTo(rewrite(res.String()), ourAddr)
				}
				answer(inv, 180, "")
				event[sip.Progress](b, s)
				answer(inv, 200, sdp)
				if ack := b.peer.request(sipmsg.ACK); ack.To().Params.GetOr("tag", "") != "a" {
					t.Errorf("ACK %s", ack)
				}
				if a := event[sip.Answered](b, s); a.ToTag != "a" {
					t.Errorf("answered by %q", a.ToTag)
				}
				s.Hangup(sip.Cause{})
				answer(b.peer.request(sipmsg.BYE), 200, "")
				b.ended(s)
				b.peer.silent(time.Minute) // the BYE had its answer
			})
		})
	}
}

func TestLineBreaksBeforeARequestAreSkipped(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		for _, before := range []string{"\r\n", "\r\n\r\n\r\n", "\n", "\r"} {
			b.peer.sendTo(before+rawRequest("OPTIONS", "1"), ourAddr)
			b.peer.response(200, sipmsg.OPTIONS)
		}
		for _, keepalive := range []string{"\r\n", "\r\n\r\n", "\x00", "\x00\x00\x00\x00", "\r\n\x00"} {
			b.peer.sendTo(keepalive, ourAddr)
		}
		b.peer.silent(time.Minute)
		if b.log.String() != "" {
			t.Errorf("keepalives are logged: %s", b.log)
		}
	})
}
