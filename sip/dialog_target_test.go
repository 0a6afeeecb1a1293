package sip_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// What a far end wrote into Contact is called to the letter, in every request that
// follows; of several the first.
func TestContactIsCalledAsItCame(t *testing.T) {
	for _, c := range []struct{ contacts, want string }{
		{"Contact: <sip:phone@10.0.0.2;x=\"a;b\";y='z';;ob;LR;n=;m=%3c>", "sip:phone@10.0.0.2;x=\"a;b\";y='z';;ob;LR;n=;m=%3c"},
		{`Contact: "Gate \"<1>\", 2" <sip:g%61te:p%20w@10.0.0.2:5060;i="<urn:uuid:1>,">;+sip.instance="<urn:x>";q=0.7`,
			`sip:g%61te:p%20w@10.0.0.2:5060;i="<urn:uuid:1>,"`},
		{`m: sip:phone@10.0.0.2;expires=60`, "sip:phone@10.0.0.2"},
		{`Contact: <sip:phone@10.0.0.2:5060;user=phone?Subject=a%20b&X="q">`, `sip:phone@10.0.0.2:5060;user=phone`},
		{`Contact: <sip:+12025550123;npdi;rn=+1202555@10.0.0.2;transport=UDP>, <sip:second@10.0.0.3>;q=1.0, "Third" <sip:third@10.0.0.4>`,
			"sip:+12025550123;npdi;rn=+1202555@10.0.0.2;transport=UDP"},
		{"Contact: <sip:first@10.0.0.2>\r\nContact: <sip:second@10.0.0.3>\r\nm: <sip:third@10.0.0.4>", "sip:first@10.0.0.2"},
		{`Contact: sip:first@10.0.0.2, sip:second@10.0.0.3`, "sip:first@10.0.0.2"},
		{`Contact: <SIP:Phone@10.0.0.2:05060>`, "SIP:Phone@10.0.0.2:05060"},
		{`Contact: < sip:phone@10.0.0.2;a="b c" >`, "sip:phone@10.0.0.2;a=\"b%20c\""},
	} {
		t.Run(c.contacts, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s := b.call()
				inv := b.peer.request(sipmsg.INVITE)
				answer := func(code int, req *sipmsg.Request, fields string) {
					res := sipmsg.NewResponseFromRequest(req, code, "Fine", nil)
					res.To().Params.Add("tag", "a")
					head, rest, _ := strings.Cut(res.String(), "\r\n")
					b.peer.sendTo(head+"\r\n"+fields+"\r\n"+rest, ourAddr)
				}
				called := func(method string) *sipmsg.Request {
					t.Helper()
					raw := b.peer.raw(time.Minute)
					line, _, _ := strings.Cut(raw, "\r\n")
					if line != method+" "+c.want+" SIP/2.0" {
						t.Errorf("sent %q, want %s %s", line, method, c.want)
					}
					// The test's own parser takes some of these for something else.
					return mustRequest(strings.Replace(raw, c.want, "sip:x@h", 1))
				}
				answer(180, inv, "Contact: <sip:queue@10.0.0.2>") // the 200 has the last word
				event[sip.Progress](b, s)
				answer(183, inv, c.contacts+"\r\nRequire: 100rel\r\nRSeq: 1")
				answer(200, called("PRACK"), "X: y")
				answer(180, inv, "Contact: <sip:queue@10.0.0.2>")
				event[sip.Progress](b, s)
				answer(200, inv, c.contacts)
				called("ACK")
				event[sip.Progress](b, s)
				event[sip.Answered](b, s)
				s.Info("text/plain", []byte("x"))
				answer(200, called("INFO"), "X: y")
				s.Reoffer([]byte(held))
				answer(200, called("INVITE"), "X: y") // no Contact: the target stays
				called("ACK")
				event[sip.ReofferResult](b, s)
				d := &peerDialog{inv: inv, tag: "a", seq: 1}
				update := d.request("UPDATE").String()
				update = strings.Replace(update, "Contact: <sip:phone@"+peerAddr+">", c.contacts, 1)
				b.peer.sendTo(update, ourAddr)
				b.peer.response(200, sipmsg.UPDATE)
				s.Hangup(sip.Cause{})
				answer(200, called("BYE"), "X: y")
				b.ended(s)
			})
		})
	}
}

// Routes go back to the letter; the first is a strict router if it has no lr.
func TestRoutesGoBackAsTheyCame(t *testing.T) {
	for _, c := range []struct {
		record string
		routes []string
		target string
	}{
		{`Record-Route: <sip:10.0.0.3;lr;ftag="x;y";did=a.b=;;nat=yes>;rr="p,q" , "P, 1" <sip:p%31@10.0.0.2:5060;LR=on;vsf='AA=='>`,
			[]string{`<sip:p%31@10.0.0.2:5060;LR=on;vsf='AA=='>`, `<sip:10.0.0.3;lr;ftag="x;y";did=a.b=;;nat=yes>`}, "sip:phone@10.0.0.9;x=\"1\""},
		{"Record-Route: <sip:10.0.0.3;lr>\r\nRecord-Route:\r\n <sip:10.0.0.2;lr;>", []string{"<sip:10.0.0.2;lr;>", "<sip:10.0.0.3;lr>"}, "sip:phone@10.0.0.9;x=\"1\""},
		{`Record-Route: <sip:10.0.0.3;lr>, <sip:strict@10.0.0.2;x="y;z"?a=b>`, []string{"<sip:10.0.0.3;lr>", `<sip:phone@10.0.0.9;x="1">`}, `sip:strict@10.0.0.2;x="y;z"`},
	} {
		t.Run(c.record, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s := b.call()
				inv := b.peer.request(sipmsg.INVITE)
				res := sipmsg.NewResponseFromRequest(inv, 200, "Fine", nil)
				res.To().Params.Add("tag", "a")
				head, rest, _ := strings.Cut(res.String(), "\r\n")
				b.peer.sendTo(head+"\r\n"+c.record+"\r\nContact: <sip:phone@10.0.0.9;x=\"1\">\r\n"+rest, ourAddr)
				for _, method := range []string{"ACK", "BYE"} {
					raw := b.peer.raw(time.Minute)
					line, _, _ := strings.Cut(raw, "\r\n")
					if line != method+" "+c.target+" SIP/2.0" || !slices.Equal(values(raw, "Route"), c.routes) {
						t.Errorf("sent %q by %q, want to %s by %q", line, values(raw, "Route"), c.target, c.routes)
					}
					if method == "ACK" {
						s.Hangup(sip.Cause{})
						continue
					}
					head, _, _ := strings.Cut(raw, "\r\n\r\n")
					_, fields, _ := strings.Cut(head, "\r\n")
					b.peer.sendTo("SIP/2.0 200 OK\r\n"+fields+"\r\n\r\n", ourAddr)
				}
				b.ended(s)
			})
		})
	}
}

// The caller's URI comes back in the To of what we send, and its Record-Route in what
// we answer.
func TestCallersAddressGoesBackAsItCame(t *testing.T) {
	change, taken := taking(func(s *sip.Session) { s.Answer([]byte(sdp)) })
	inBubble(t, change, func(b *bench) {
		const route = `<sip:10.0.0.2;lr;a="b;c">;rr="x, y" , <sip:far;lr>`
		inv := withVias(invite("1"), "Via: SIP/2.0/UDP "+peerAddr+";branch=z9hG4bK1", "Record-Route: "+route)
		inv = strings.Replace(inv, "From: <sip:caller@"+peerAddr+">", `From: Al <sip:al%69ce@far;x="a;b";;y>`, 1)
		b.peer.sendTo(inv, ourAddr)
		raw := b.peer.raw(time.Minute)
		if got := values(raw, "Record-Route"); len(got) != 1 || got[0] != route {
			t.Errorf("Record-Route %q, want %q", got, route)
		}
		ok, err := sipmsg.ParseMessage([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		b.peer.send(reply(mustRequest(invite("1")), ok.(*sipmsg.Response), "ACK"))
		s := taken.next()
		event[sip.Answered](b, s)
		s.Hangup(sip.Cause{})
		raw = b.peer.raw(time.Minute)
		if !strings.HasPrefix(raw, "BYE ") || !strings.HasPrefix(values(raw, "To")[0], `"Al" <sip:al%69ce@far;x="a;b";;y>;tag=`) {
			t.Errorf("sent %s", raw)
		}
		if got := values(raw, "Route"); !slices.Equal(got, []string{`<sip:10.0.0.2;lr;a="b;c">`, "<sip:far;lr>"}) {
			t.Errorf("by %q", got)
		}
		head, _, _ := strings.Cut(raw, "\r\n\r\n")
		_, fields, _ := strings.Cut(head, "\r\n")
		b.peer.sendTo("SIP/2.0 200 OK\r\n"+fields+"\r\n\r\n", ourAddr)
		b.ended(s)
	})
}
