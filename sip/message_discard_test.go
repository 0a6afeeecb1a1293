package sip_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// spoiled are answers of a trunk that cannot be taken, made of one that could; each
// is listed with its first line and the reason.
var spoiled = []struct {
	name      string
	spoil     func(string) string
	what, why string
}{
	{"another's Via", replaced("UDP 10.0.0.1:5060;", "UDP 10.9.9.9:5080;"), "SIP/2.0 486 Busy", "its Via is not ours, 10.0.0.1:5060: 10.9.9.9:5080"},
	{"another port", replaced("UDP 10.0.0.1:5060;", "UDP 10.0.0.1:5061;"), "SIP/2.0 486 Busy", "its Via is not ours, 10.0.0.1:5060: 10.0.0.1:5061"},
	{"no Via", replaced("Via:", "X-Via:"), "SIP/2.0 486 Busy", "it has no Via"},
	{"a Via that is none", replaced("Via: SIP/2.0/UDP ", "Via: "), "SIP/2.0 486 Busy", "it does not parse: "},
	{"two Vias in two lines", replaced("From:", "Via: SIP/2.0/UDP proxy;branch=z9hG4bK1\r\nFrom:"), "SIP/2.0 486 Busy", "it has more than one Via"},
	{"two Vias in a line", replaced("Via: ", "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKnone , "), "SIP/2.0 486 Busy", "it has more than one Via"},
	{"no branch", replaced("branch=", "bench="), "SIP/2.0 486 Busy", "its Via has no branch of ours"},
	{"a branch of before", replaced("z9hG4bK", "x"), "SIP/2.0 486 Busy", "its Via has no branch of ours: x"},
	{"no From", replaced("From:", "X-From:"), "SIP/2.0 486 Busy", "it has no From"},
	{"another tag", replaced(";tag=", ";tag=x"), "SIP/2.0 486 Busy", "its From has not the tag of the request with its branch: x"},
	{"no To", replaced("\r\nTo:", "\r\nX-To:"), "SIP/2.0 486 Busy", "it has no To"},
	{"no Call-ID", replaced("Call-ID:", "X-Call-ID:"), "SIP/2.0 486 Busy", "it has no Call-ID"},
	{"another Call-ID", replaced("Call-ID: ", "Call-ID: x"), "SIP/2.0 486 Busy", "its Call-ID is not that of the request with its branch: x"},
	{"no CSeq", replaced("CSeq:", "X-CSeq:"), "SIP/2.0 486 Busy", "it has no CSeq"},
	{"a CSeq of another", replaced("CSeq: 1 ", "CSeq: 2 "), "SIP/2.0 486 Busy", "its CSeq number is not that of the request with its branch: 2 INVITE"},
	{"a CSeq that is none", replaced("CSeq: 1 ", "CSeq: one "), "SIP/2.0 486 Busy", "it does not parse: "},
	{"another version", replaced("SIP/2.0 486", "SIP/3.0 486"), "SIP/3.0 486 Busy", "its SIP version is not 2.0: SIP/3.0"},
	{"no version", replaced("SIP/2.0 486", "SIP/ 486"), "SIP/ 486 Busy", "its SIP version is not 2.0: SIP/"},
	{"a code of nothing", replaced(" 486 ", " 786 "), "SIP/2.0 786 Busy", "its status code is not 100 to 699: 786"},
	{"cut off", func(s string) string { return s[:len(s)-40] }, "SIP/2.0 486 Busy", "it does not parse: "},
	{"less body than it says", replaced("Content-Length: 0", "Content-Length: 10"), "SIP/2.0 486 Busy", "it does not parse: "},
	{"no code", replaced("SIP/2.0 486 Busy", "SIP/2.0"), "SIP/2.0", "it does not parse: "},
	{"of another protocol", func(string) string { return "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n" }, "HTTP/1.1 400 Bad Request", "it does not parse: "},
	{"noise", func(string) string { return "\x80\x00\x01\xff RTP" }, "8 bytes", "it does not parse: "},
	{"a long line", func(string) string { return "SIP/2.0 486 " + strings.Repeat("x", 300) + "\r\n" }, "SIP/2.0 486 " + strings.Repeat("x", 88) + "…", "it does not parse: "},
}

func replaced(old, by string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, by, 1) }
}

// An answer that cannot be taken costs the call, and the call says what came and why:
// the cause is no firewall then.
func TestOutcomeListsDiscardedMessages(t *testing.T) {
	for _, c := range spoiled {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s := b.call()
				for range 3 {
					inv := b.peer.request(sipmsg.INVITE)
					res := sipmsg.NewResponseFromRequest(inv, 486, "Busy", nil)
					res.To().Params.Add("tag", "a")
					b.peer.sendTo(c.spoil(res.String()), ourAddr)
				}
				o := b.ended(s)
				if o.By != sip.EndedNoReply || len(o.Discarded) != 1 {
					t.Fatalf("outcome %+v", o)
				}
				d := o.Discarded[0]
				why := strings.HasPrefix(d.Reason, c.why) && (d.Reason == c.why || strings.HasSuffix(c.why, ": ") || strings.HasSuffix(c.why, "x"))
				if d.FirstLine != c.what || !why || d.From != netip.MustParseAddrPort(peerAddr) || d.Target != peerAddr || d.Count != 3 {
					t.Errorf("discarded %+v, want %s, as %s", d, c.what, c.why)
				}
				for len(b.peer.conn.in) > 0 {
					<-b.peer.conn.in
				}
				log := b.log.String()
				reason, _, _ := strings.Cut(c.why, ": ")
				if n := strings.Count(log, "level=WARN msg=\"a SIP message from a trunk was discarded\""); n != 1 || !strings.Contains(log, reason) ||
					!strings.Contains(log, "from="+peerAddr) || strings.Contains(log, "level=ERROR") || len(log) > 1000 {
					t.Errorf("logged %d times:\n%s", n, log)
				}
			})
		})
	}
}

// What one target sent is not held against the next.
func TestDiscardedNamesItsTarget(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		next := newPeer(t, b.net.listen(nextAddr))
		s := b.call(func(o *sip.Outgoing) { o.Trunk.Targets = []string{peerAddr, nextAddr} })
		b.peer.request(sipmsg.INVITE)
		b.peer.sendTo("SIP/2.0 503\r\n\r\n", ourAddr)
		inv := next.request(sipmsg.INVITE)
		next.answer(inv, 486, "Busy", "a", "")
		next.request(sipmsg.ACK)
		o := b.ended(s)
		if o.Code != 486 || len(o.Discarded) != 1 || o.Discarded[0].Target != peerAddr {
			t.Errorf("outcome %+v", o)
		}
		for len(b.peer.conn.in) > 0 {
			<-b.peer.conn.in
		}
	})
}

// A call remembers a few kinds of what came in vain, however many come.
func TestDiscardedIsBounded(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		for i := range 2000 {
			b.peer.sendTo(fmt.Sprintf("SIP/2.0 18%d\r\nCall-ID: %s\r\n\r\n", i, inv.CallID().Value()), ourAddr)
			if i%100 == 0 {
				synctest.Wait()
			}
		}
		if o := b.ended(s); len(o.Discarded) != 8 {
			t.Errorf("%d kinds are remembered", len(o.Discarded))
		}
		for len(b.peer.conn.in) > 0 {
			<-b.peer.conn.in
		}
	})
}

// An answer with another number than the next is discarded and logged.
func TestReliableResponseOutOfOrderIsLogged(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 183, "Progress", "a", "", "Require: 100rel", "RSeq: 1")
		b.peer.answer(b.peer.request(sipmsg.PRACK), 200, "OK", "a", "")
		b.peer.answer(inv, 183, "Progress", "a", "", "Require: 100rel", "RSeq: 1") // a copy
		b.peer.answer(inv, 180, "Ringing", "a", "", "Require: 100rel", "RSeq: 5")
		b.peer.answer(inv, 486, "Busy", "a", "")
		b.peer.request(sipmsg.ACK)
		o := b.ended(s)
		if len(o.Discarded) != 1 || o.Discarded[0].Reason != "its RSeq is not the next one: 5 after 1" || o.Discarded[0].FirstLine != "SIP/2.0 180 Ringing" {
			t.Errorf("discarded %+v", o.Discarded)
		}
		if !strings.Contains(b.log.String(), "its RSeq is not the next one") {
			t.Errorf("log %s", b.log)
		}
	})
}

// A message of an unknown address costs a line of the log below a warning, one for each reason in
// ten seconds, with the number of those that were held back.
func TestGarbageOfUnknownAddressesIsSampled(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		garbage := []string{
			"\x00\x01\x02garbage", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "REGISTER\r\n\r\n", "SIP/2.0 200 OK\r\n\r\n",
			"OPTIONS sip:x SIP/2.0\r\nno colon\r\n\r\n", "INVITE sip:x SIP/2.0\r\nVia: x\r\n\r\n", strings.Repeat("A", 60_000),
			"OPTIONS sip:x SIP/2.0", "\n\n\nx", "ACK sip:x SIP/2.0\r\n\r\n", "ACK sip:x SIP/9.0\r\n\r\n",
		}
		unknown := newPeer(t, b.net.listen("10.0.0.66:5060"))
		for round := range 6 {
			for range 50 {
				for _, g := range garbage {
					unknown.sendTo(g, ourAddr)
				}
			}
			synctest.Wait()
			if round == 0 && b.log.String() == "" {
				t.Fatal("nothing is logged")
			}
			time.Sleep(11 * time.Second)
		}
		log := b.log.String()
		if strings.Contains(log, "level=ERROR") || strings.Contains(log, "level=WARN") || strings.Contains(log, strings.Repeat("A", 200)) {
			t.Errorf("garbage is logged above a note:\n%s", log)
		}
		lines := strings.Count(log, "\n")
		if lines < 6 || lines > 6*4 || strings.Count(log, "msg=\"a SIP message from an unknown address was discarded\"") != lines {
			t.Errorf("%d lines for 6 rounds:\n%s", lines, log)
		}
		if strings.Count(log, "held_back=") < 5 || !strings.Contains(log, "reason=\"it does not parse\"") || !strings.Contains(log, "from=10.0.0.66:5060") {
			t.Errorf("log\n%s", log)
		}
	})
}

// A trunk's discarded answer is logged in a flood from unknown addresses.
func TestFloodOfUnknownAddressesHidesNoTrunk(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		unknown := newPeer(t, b.net.listen("10.0.0.66:5060"))
		for range 500 {
			unknown.sendTo("SIP/2.0 200 OK\r\n\r\n", ourAddr)
		}
		synctest.Wait()
		b.peer.sendTo("SIP/2.0 200 OK\r\n\r\n", ourAddr)
		b.peer.answer(inv, 486, "Busy", "a", "")
		b.peer.request(sipmsg.ACK)
		if o := b.ended(s); len(o.Discarded) != 1 || o.Discarded[0].From != netip.MustParseAddrPort(peerAddr) {
			t.Errorf("outcome %+v", o)
		}
		if !strings.Contains(b.log.String(), "level=WARN msg=\"a SIP message from a trunk was discarded\"") {
			t.Errorf("log\n%s", b.log)
		}
	})
}

// Copies and late responses are logged for debugging, and cost no warning.
func TestLateResponsesAreLogged(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		b.peer.answer(d.inv, 180, "Ringing", "a", "") // overtaken by the 200
		s.Info("text/plain", []byte("x"))
		info := b.peer.request(sipmsg.INFO)
		b.peer.answer(info, 200, "OK", "a", "")
		b.peer.answer(info, 200, "OK", "a", "")
		s.Hangup(sip.Cause{})
		bye := b.peer.request(sipmsg.BYE)
		b.peer.answer(bye, 200, "OK", "a", "")
		o := b.ended(s)
		b.peer.answer(bye, 200, "OK", "a", "")
		synctest.Wait()
		log := b.log.String()
		for _, reason := range []string{"the final answer came before it", "it answers no request that waits", "its call is over"} {
			if !strings.Contains(log, "level=DEBUG msg=\"a SIP message was discarded, as it came too late\" reason=\""+reason+"\"") {
				t.Errorf("the log does not say %q:\n%s", reason, log)
			}
		}
		if strings.Contains(log, "level=WARN") || strings.Contains(log, "level=INFO") || len(o.Discarded) != 0 {
			t.Errorf("log %s, outcome %+v", log, o)
		}
	})
}

// An answer under a branch of its own is no answer: the request is repeated, and the
// log says why.
func TestResponseUnderAnotherBranchIsLogged(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, _ := b.up()
		s.Hangup(sip.Cause{})
		bye := b.peer.request(sipmsg.BYE)
		res := sipmsg.NewResponseFromRequest(bye, 200, "OK", nil)
		b.peer.sendTo(strings.Replace(res.String(), "z9hG4bK", "z9hG4bKx", 1), ourAddr)
		bye = b.peer.request(sipmsg.BYE)
		b.peer.answer(bye, 200, "OK", "a", "")
		b.ended(s)
		if log := b.log.String(); !strings.Contains(log, "level=WARN") || !strings.Contains(log, "its branch is not that of the request with its CSeq number") {
			t.Errorf("log %s", log)
		}
	})
}

// Nothing disappears without a word: not an ACK, nor a copy that comes when all is over.
func TestLateRequestsAreLogged(t *testing.T) {
	change, taken := taking(func(s *sip.Session) { s.Reject(486, "Busy Here") })
	inBubble(t, change, func(b *bench) {
		inv := mustRequest(invite("1"))
		b.peer.send(inv)
		res := b.peer.response(486, sipmsg.INVITE)
		ack := reply(inv, res, "ACK")
		ack.Via().Params.Add("branch", branch(inv))
		b.peer.send(ack)
		b.ended(taken.next())
		time.Sleep(10 * time.Second)
		b.peer.send(inv)
		b.peer.send(ack)
		b.peer.silent(time.Minute)
		for _, reason := range []string{"it is a copy of an INVITE that has its answer", "it is an ACK of no call here"} {
			if !strings.Contains(b.log.String(), "level=DEBUG msg=\"a SIP message was discarded, as it came too late\" reason=\""+reason+"\"") {
				t.Errorf("the log does not say %q:\n%s", reason, b.log)
			}
		}
	})
}

// A response to no call of ours is logged, of any source.
func TestResponsesWithoutACallAreLogged(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		b.peer.sendTo("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKx\r\nFrom: <sip:a>;tag=1\r\nTo: <sip:b>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\r\n", ourAddr)
		b.peer.silent(time.Minute)
		if log := b.log.String(); !strings.Contains(log, "level=INFO") || !strings.Contains(log, "it answers no call of ours") {
			t.Errorf("log %s", log)
		}
	})
}
