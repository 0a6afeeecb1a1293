package sip_test

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

func TestRequestsOutsideACall(t *testing.T) {
	for _, c := range []struct {
		method string
		code   int
		fields []string
		has    string
	}{
		{"OPTIONS", 200, nil, "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO"},
		{"OPTIONS", 200, nil, "Accept: application/sdp"},
		{"OPTIONS", 200, nil, "Supported: 100rel, timer"},
		{"BYE", 481, nil, ""},
		{"CANCEL", 481, nil, ""},
		{"INFO", 481, nil, ""},
		{"UPDATE", 481, nil, ""},
		{"PRACK", 481, nil, ""},
		{"REFER", 405, []string{"Refer-To: <sip:x@y>"}, "Allow: INVITE, ACK"},
		{"REGISTER", 405, nil, "Allow: "},
		{"MESSAGE", 405, nil, ""},
		{"SUBSCRIBE", 405, nil, ""},
		{"NOTIFY", 405, nil, ""},
		{"FROBNICATE", 405, nil, ""},
		{"OPTIONS", 420, []string{"Require: foobar, timer"}, "Unsupported: foobar"},
		{"INVITE", 420, []string{"Require: 100rel, precondition"}, "Unsupported: precondition"},
		{"INVITE", 422, []string{"Session-Expires: 20"}, "Min-SE: 90"},
		{"INVITE", 415, []string{"Content-Encoding: gzip", "v=0\r\nx"}, "Accept-Encoding: identity"},
		{"INVITE", 406, []string{"Accept: text/plain", "v=0\r\nx"}, ""},
	} {
		t.Run(fmt.Sprint(c.method, " ", c.code, " ", c.has), func(t *testing.T) {
			change, _ := taking(func(s *sip.Session) { t.Error("a session was made"); s.Reject(500, "") })
			inBubble(t, change, func(b *bench) {
				b.peer.sendTo(rawRequest(c.method, "1", c.fields...), ourAddr)
				res := b.peer.response(c.code, sipmsg.RequestMethod(c.method))
				if !strings.Contains(res.String(), "\r\n"+c.has) || res.To().Params.GetOr("tag", "") == "" {
					t.Errorf("answer lacks %q or a tag:\n%s", c.has, res)
				}
				b.peer.silent(time.Minute) // without state: nothing is repeated
			})
		})
	}
}

func TestOurOwnInviteComesBack(t *testing.T) {
	change, _ := taking(func(s *sip.Session) { t.Error("we called ourselves") })
	inBubble(t, change, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		loop := mustRequest(inv.String())
		loop.PrependHeader(&sipmsg.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "UDP", Host: "10.0.0.2",
			Port: 5060, Params: sipmsg.HeaderParams{{K: "branch", V: "z9hG4bKproxy"}}})
		b.peer.send(loop)
		b.peer.response(482, sipmsg.INVITE)
		b.peer.answer(inv, 486, "Busy", "a", "")
		b.peer.request(sipmsg.ACK)
		b.ended(s)
	})
}

func TestResponsesThatAreNotForUs(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		for _, spoil := range []func(*sipmsg.Response){
			func(r *sipmsg.Response) { r.Via().Host = "10.9.9.9" },
			func(r *sipmsg.Response) { r.AppendHeader(r.Via().Clone()) },
			func(r *sipmsg.Response) { r.RemoveHeader("Call-ID") },
			func(r *sipmsg.Response) { r.From().Params.Add("tag", "other") },
			func(r *sipmsg.Response) { r.StatusCode = 700 },
			func(r *sipmsg.Response) { r.CSeq().SeqNo = 77 },
		} {
			r := sipmsg.NewResponseFromRequest(inv, 486, "Busy", nil)
			spoil(r)
			b.peer.send(r)
		}
		b.peer.silent(400 * time.Millisecond)
		b.peer.answer(inv, 404, "Not Found", "a", "")
		b.peer.request(sipmsg.ACK)
		if o := b.ended(s); o.Code != 404 {
			t.Errorf("outcome %+v", o)
		}
	})
}

func TestTraceIsTheWire(t *testing.T) {
	var mu sync.Mutex
	var got []string
	inBubble(t, func(c *sip.Config) {
		c.Trace = func(tr sip.Trace) {
			mu.Lock()
			defer mu.Unlock()
			if tr.CallID == "" || len(tr.Raw) == 0 || tr.Remote != netip.MustParseAddrPort(peerAddr) || tr.Local != netip.MustParseAddrPort(ourAddr) {
				t.Errorf("trace %+v", tr)
			}
			got = append(got, fmt.Sprint(tr.Sent, " ", tr.Method, " ", tr.Code, " ", tr.Reason))
			if tr.Code == 180 {
				panic("of the tracer")
			}
		}
	}, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 180, "Ringing", "a", "")
		b.peer.answer(inv, 200, "OK", "a", sdp)
		b.peer.request(sipmsg.ACK)
		event[sip.Progress](b, s)
		event[sip.Answered](b, s)
		b.over(s, &peerDialog{inv: inv, tag: "a"})
	})
	want := "true INVITE 0 |false INVITE 180 Ringing|false INVITE 200 OK|true ACK 0 |false BYE 0 |true BYE 200 OK"
	if strings.Join(got, "|") != want {
		t.Errorf("traced %s\nwant   %s", strings.Join(got, "|"), want)
	}
}

func TestFloodOfGarbage(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		b.net.rest = b.net.listen("10.255.0.1:1")
		up, d := b.up()
		for i := range 9000 { // more sources than are remembered
			from := &memConn{net: b.net, addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 7, byte(i >> 8), byte(i)}), 5060)}
			p := newPeer(t, from)
			switch i % 3 {
			case 0:
				p.sendTo(fmt.Sprintf("INVITE sip:x SIP/2.0\r\ngarbage %d\r\n\r\n", i), ourAddr)
			case 1:
				p.sendTo(rawRequest("OPTIONS", fmt.Sprint(i)), ourAddr)
			case 2:
				p.sendTo(strings.Repeat("\x00\xff", i%50+1), ourAddr)
			}
			if i%500 == 0 {
				time.Sleep(time.Second)
			}
		}
		time.Sleep(time.Second)
		for len(b.peer.conn.in) > 0 {
			<-b.peer.conn.in
		}
		b.over(up, d)
		if n := len(b.log.String()); n > 20_000 {
			t.Errorf("the flood wrote %d bytes of log", n)
		}
	})
}

func TestListenRefuses(t *testing.T) {
	if _, err := sip.Listen(sip.Config{}); err == nil || !strings.Contains(err.Error(), "Conn") {
		t.Errorf("error %v", err)
	}
	c := newNetwork().listen(ourAddr)
	if _, err := sip.Listen(sip.Config{Conn: newNetwork().listen("0.0.0.0:5060")}); err == nil || !strings.Contains(err.Error(), "Advertise") {
		t.Errorf("error %v", err)
	}
	if _, err := sip.Listen(sip.Config{Conn: c, UserAgent: "a\r\nb"}); err == nil || !strings.Contains(err.Error(), "UserAgent") {
		t.Errorf("error %v", err)
	}
}
