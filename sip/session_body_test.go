package sip_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// mixed is a body of parts under the boundary b1.
func mixed(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("--b1\r\n" + p + "\r\n")
	}
	return b.String() + "--b1--\r\n"
}

const (
	mixedType = "Content-Type: multipart/mixed;boundary=b1"
	textPart  = "Content-Type: text/plain\r\n\r\nhello"
	sdpPart   = "Content-Type: application/sdp\r\n\r\n" + sdp
)

// carrying puts header fields and a body into a message.
func carrying(m sipmsg.Message, body string, fields ...string) string {
	m.SetBody(nil)
	head, _, _ := strings.Cut(m.String(), "\r\n\r\n")
	head = strings.Replace(head, "\r\nContent-Length: 0", "", 1)
	head = strings.Join(append([]string{head}, fields...), "\r\n")
	return fmt.Sprintf("%s\r\nContent-Length: %d\r\n\r\n%s", head, len(body), body)
}

// The SDP of a multipart body is read wherever SDP may stand.
func TestMultipartBodiesAreRead(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		body := mixed(textPart, sdpPart)
		answer := func(req *sipmsg.Request, code int) {
			res := sipmsg.NewResponseFromRequest(req, code, "Fine", nil)
			res.To().Params.Add("tag", "a")
			res.AppendHeader(sipmsg.NewHeader("Contact", "<sip:phone@"+peerAddr+">"))
			b.peer.sendTo(carrying(res, body, mixedType), ourAddr)
		}
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		answer(inv, 183)
		if p := event[sip.Progress](b, s); string(p.Body) != sdp || p.UnsupportedBody != "" {
			t.Errorf("183 has %+v", p)
		}
		answer(inv, 200)
		b.peer.request(sipmsg.ACK)
		if a := event[sip.Answered](b, s); string(a.Body) != sdp || a.UnsupportedBody != "" {
			t.Errorf("200 has %+v", a)
		}
		d := &peerDialog{inv: inv, tag: "a", seq: 1}
		b.peer.sendTo(carrying(d.request("INVITE"), body, mixedType), ourAddr)
		if r := event[sip.Reoffer](b, s); string(r.Body) != sdp {
			t.Errorf("re-INVITE has %+v", r)
		}
		s.AnswerOffer([]byte(held))
		b.peer.response(200, sipmsg.INVITE)
		b.peer.send(d.again("ACK"))
		b.peer.sendTo(carrying(d.request("UPDATE"), body, mixedType), ourAddr)
		if r := event[sip.Reoffer](b, s); string(r.Body) != sdp {
			t.Errorf("UPDATE has %+v", r)
		}
		s.AnswerOffer([]byte(held))
		b.peer.response(200, sipmsg.UPDATE)
		b.peer.send(d.request("INVITE")) // it asks for our offer
		event[sip.Reoffer](b, s)
		s.AnswerOffer([]byte(held))
		b.peer.response(200, sipmsg.INVITE)
		b.peer.sendTo(carrying(d.again("ACK"), body, mixedType), ourAddr)
		if r := event[sip.ReofferResult](b, s); string(r.Body) != sdp {
			t.Errorf("ACK has %+v", r)
		}
		s.Reoffer([]byte(held))
		answer(b.peer.request(sipmsg.INVITE), 200)
		b.peer.request(sipmsg.ACK)
		if r := event[sip.ReofferResult](b, s); string(r.Body) != sdp {
			t.Errorf("the answer to our re-INVITE has %+v", r)
		}
		b.over(s, d)
	})
}

func TestMultipartBodiesOfCallersAreRead(t *testing.T) {
	change, taken := taking(func(s *sip.Session) { s.Answer([]byte(held)) })
	inBubble(t, change, func(b *bench) {
		for i, offers := range []bool{true, false} {
			inv := mustRequest(invite(fmt.Sprint(i)))
			body := mixed(textPart, sdpPart)
			if offers {
				b.peer.sendTo(carrying(inv, body, mixedType), ourAddr)
			} else {
				b.peer.send(inv)
			}
			res := b.peer.response(200, sipmsg.INVITE)
			ack := reply(inv, res, "ACK")
			if offers {
				b.peer.send(ack)
			} else {
				b.peer.sendTo(carrying(ack, body, mixedType), ourAddr)
			}
			s := taken.next()
			a := event[sip.Answered](b, s)
			if offers && string(s.Offer()) != sdp || !offers && string(a.Body) != sdp {
				t.Errorf("offer %q, answer %q", s.Offer(), a.Body)
			}
			b.peer.send(reply(inv, res, "BYE"))
			b.peer.response(200, sipmsg.BYE)
			b.ended(s)
		}
	})
}

// An answer in which there is no SDP says what there was.
func TestUnsupportedBodiesAreReported(t *testing.T) {
	for _, c := range []struct {
		fields     []string
		body, want string
	}{
		{[]string{"Content-Type: text/plain"}, "hello", "Content-Type text/plain"},
		{[]string{mixedType}, mixed(textPart, textPart), "Content-Type multipart/mixed with text/plain and text/plain"},
		{[]string{"Content-Type: application/sdp", "Content-Encoding: gzip"}, sdp, "Content-Type application/sdp, Content-Encoding gzip"},
	} {
		inBubble(t, nil, func(b *bench) {
			answer := func(req *sipmsg.Request, code int) {
				res := sipmsg.NewResponseFromRequest(req, code, "Fine", nil)
				res.To().Params.Add("tag", "a")
				res.AppendHeader(sipmsg.NewHeader("Contact", "<sip:phone@"+peerAddr+">"))
				b.peer.sendTo(carrying(res, c.body, c.fields...), ourAddr)
			}
			s := b.call()
			inv := b.peer.request(sipmsg.INVITE)
			answer(inv, 183)
			answer(inv, 200)
			b.peer.request(sipmsg.ACK)
			if p := event[sip.Progress](b, s); p.Body != nil || p.UnsupportedBody != c.want {
				t.Errorf("183 has %+v, want %s", p, c.want)
			}
			if a := event[sip.Answered](b, s); a.Body != nil || a.UnsupportedBody != c.want {
				t.Errorf("200 has %+v, want %s", a, c.want)
			}
			s.Reoffer([]byte(held))
			answer(b.peer.request(sipmsg.INVITE), 200)
			b.peer.request(sipmsg.ACK)
			if r := event[sip.ReofferResult](b, s); r.Body != nil || r.UnsupportedBody != c.want {
				t.Errorf("the answer to our re-INVITE has %+v, want %s", r, c.want)
			}
			d := &peerDialog{inv: inv, tag: "a", seq: 1}
			b.peer.send(d.request("INVITE"))
			event[sip.Reoffer](b, s)
			s.AnswerOffer([]byte(held))
			b.peer.response(200, sipmsg.INVITE)
			b.peer.sendTo(carrying(d.again("ACK"), c.body, c.fields...), ourAddr)
			if r := event[sip.ReofferResult](b, s); r.Body != nil || r.UnsupportedBody != c.want {
				t.Errorf("ACK has %+v, want %s", r, c.want)
			}
			b.over(s, d)
		})
	}
}

// A body that is no offer is refused with what would be one; the call goes on.
func TestBodiesThatAreNoOffer(t *testing.T) {
	for _, c := range []struct {
		fields []string
		body   string
		code   int // 0: taken as a request without a body
		header string
	}{
		{[]string{"Content-Type: text/plain"}, "hello", 415, "Accept: application/sdp"},
		{[]string{"c: application/ISUP;version=x"}, "\x01\x02", 415, "Accept: application/sdp"},
		{[]string{mixedType}, mixed(textPart), 415, "Accept: application/sdp"},
		{[]string{"Content-Type: multipart/mixed"}, mixed(sdpPart), 415, "Accept: application/sdp"},
		{[]string{"Content-Type: application/sdp", "Content-Encoding: gzip"}, sdp, 415, "Accept-Encoding: identity"},
		{[]string{"Content-Type: application/sdp", "e: deflate, gzip"}, sdp, 415, "Accept-Encoding: identity"},
		{[]string{mixedType}, mixed("Content-Encoding: gzip\r\n" + sdpPart), 415, "Accept-Encoding: identity"},
		{[]string{"Content-Type: text/plain", "Content-Disposition: render ; Handling=OPTIONAL"}, "hello", 0, ""},
		{[]string{mixedType}, mixed("Content-Disposition: render;handling=optional\r\n" + textPart), 0, ""},
	} {
		for _, method := range []sipmsg.RequestMethod{sipmsg.INVITE, sipmsg.UPDATE} {
			t.Run(fmt.Sprint(method, c.fields), func(t *testing.T) {
				inBubble(t, nil, func(b *bench) {
					s, d := b.up()
					b.peer.sendTo(carrying(d.request(string(method)), c.body, c.fields...), ourAddr)
					switch {
					case c.code != 0:
						res := b.peer.response(c.code, method)
						if !strings.Contains(res.String(), "\r\n"+c.header+"\r\n") {
							t.Errorf("the answer lacks %q:\n%s", c.header, res)
						}
						if method == sipmsg.INVITE {
							ack := d.again("ACK")
							ack.Via().Params.Add("branch", branch(res))
							b.peer.send(ack)
						}
					case method == sipmsg.UPDATE:
						b.peer.response(200, method)
					default:
						if r := event[sip.Reoffer](b, s); r.Body != nil {
							t.Errorf("offer %q", r.Body)
						}
						s.AnswerOffer([]byte(held))
						b.peer.response(200, method)
						b.peer.send(d.again("ACK"))
						event[sip.ReofferResult](b, s)
					}
					// Whatever it carries, a BYE is a BYE.
					b.peer.sendTo(carrying(d.request("BYE"), c.body, c.fields...), ourAddr)
					b.peer.response(200, sipmsg.BYE)
					b.ended(s)
				})
			})
		}
	}
}

// An INFO of another type is refused, before the answer and after it, and
// with the types that are read.
func TestInfoOfAnotherType(t *testing.T) {
	reads := func(c *sip.Config) { c.InfoTypes = []string{"application/dtmf", "application/dtmf-relay"} }
	for _, c := range []struct {
		fields []string
		body   string
		code   int
		header string
		event  string // the type and body of the event
	}{
		{[]string{"Content-Type: application/dtmf-relay"}, "Signal=5\r\n", 200, "", "application/dtmf-relay Signal=5\r\n"},
		{[]string{"c: Application/DTMF ; x=y"}, "5", 200, "", "application/dtmf 5"},
		{[]string{mixedType}, mixed(textPart, "Content-Type: application/dtmf\r\n\r\n7"), 200, "", "application/dtmf 7"},
		{nil, "", 200, "", " "},
		{[]string{"Content-Type: text/plain"}, "x", 415, "Accept: application/dtmf, application/dtmf-relay", ""},
		{[]string{"Content-Type: application/media_control+xml"}, "<x/>", 415, "Accept: application/dtmf, application/dtmf-relay", ""},
		{[]string{"Content-Type: application/sdp"}, sdp, 415, "Accept: application/dtmf, application/dtmf-relay", ""},
		{[]string{"X: y"}, "5", 415, "Accept: application/dtmf, application/dtmf-relay", ""},
		{[]string{mixedType}, mixed(textPart), 415, "Accept: application/dtmf, application/dtmf-relay", ""},
		{[]string{"Content-Type: application/dtmf", "Content-Encoding: gzip"}, "5", 415, "Accept-Encoding: identity", ""},
		{[]string{"Content-Type: text/plain", "Content-Disposition: render;handling=optional"}, "x", 200, "", ""},
		{[]string{"Info-Package: foo", "Content-Type: application/foo"}, "x", 469, "Recv-Info: ", ""},
		{[]string{"Info-Package: foo"}, "", 469, "Recv-Info: ", ""},
		{[]string{"Info-Package: dtmf", "Content-Type: application/dtmf-relay"}, "Signal=5\r\n", 200, "", "application/dtmf-relay Signal=5\r\n"},
	} {
		t.Run(fmt.Sprint(c.fields), func(t *testing.T) {
			inBubble(t, reads, func(b *bench) {
				s := b.call()
				inv := b.peer.request(sipmsg.INVITE)
				b.peer.answer(inv, 180, "Ringing", "a", "")
				event[sip.Progress](b, s)
				d := &peerDialog{inv: inv, tag: "a", seq: 1}
				for round := range 2 {
					if round == 1 {
						b.peer.answer(inv, 200, "OK", "a", sdp)
						b.peer.request(sipmsg.ACK)
						event[sip.Answered](b, s)
					}
					b.peer.sendTo(carrying(d.request("INFO"), c.body, c.fields...), ourAddr)
					res := b.peer.response(c.code, sipmsg.INFO)
					if !strings.Contains(res.String(), "\r\n"+c.header) {
						t.Errorf("the answer lacks %q:\n%s", c.header, res)
					}
					if c.event != "" {
						if i := event[sip.InfoReceived](b, s); i.ContentType+" "+string(i.Body) != c.event {
							t.Errorf("told %+v, want %s", i, c.event)
						}
					}
				}
				b.over(s, d) // nothing else was reported
			})
		})
	}
}

// A call that is offered with a body of no use is refused as its re-INVITE would be.
func TestCallsWithBodiesThatAreNoOffer(t *testing.T) {
	change, _ := taking(func(s *sip.Session) { t.Error("a call was offered"); s.Reject(500, "") })
	inBubble(t, change, func(b *bench) {
		b.peer.sendTo(carrying(mustRequest(invite("1")), mixed(textPart), mixedType), ourAddr)
		if res := b.peer.response(415, sipmsg.INVITE); res.GetHeader("Accept").Value() != "application/sdp" {
			t.Errorf("%s", res)
		}
		b.peer.sendTo(carrying(mustRequest(invite("2")), mixed(sdpPart), mixedType, "Content-Encoding: gzip"), ourAddr)
		if res := b.peer.response(415, sipmsg.INVITE); res.GetHeader("Accept-Encoding").Value() != "identity" {
			t.Errorf("%s", res)
		}
		b.peer.silent(time.Minute)
	})
}
