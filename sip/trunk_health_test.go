package sip_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/miekg/dns"

	"ringflow/sip"
)

// refused places a call that the peer refuses.
func (b *bench) refused(code int, change func(*sip.Outgoing), fields ...string) sip.Outcome {
	b.Helper()
	s := b.call(change)
	b.peer.answer(b.peer.request(sipmsg.INVITE), code, "As It Is", "x", "", fields...)
	b.peer.request(sipmsg.ACK)
	return b.ended(s)
}

// discard takes what has come, and returns how much that was.
func (p *peer) discard() (n int) {
	for synctest.Wait(); ; n++ {
		select {
		case <-p.conn.in:
		default:
			return n
		}
	}
}

// silentNow holds that nothing has come.
func (p *peer) silentNow() {
	p.Helper()
	if n := p.discard(); n != 0 {
		p.Fatalf("%d messages have come", n)
	}
}

func one(*sip.Outgoing) {}

func two(o *sip.Outgoing) { o.Trunk.Targets = []string{peerAddr, nextAddr} }

// inService holds whether a target is in service.
func (b *bench) inService(want bool, reason string) {
	b.Helper()
	if h := b.agent.Health(pinged); h.InService != want || !strings.Contains(h.Reason, reason) || h.InService != h.Since.IsZero() {
		b.Errorf("%s: its health is %+v, want %t by %q", time.Now().Format(time.TimeOnly), h, want, reason)
	}
}

// Two failures in a row take a target out of service, as RFC 3263 counts them; any other
// response begins the count anew.
func TestFailuresTakeATargetOutOfService(t *testing.T) {
	for _, c := range []struct {
		codes []int
		in    bool
	}{
		{[]int{503}, true}, {[]int{503, 503}, false}, {[]int{503, 486, 503}, true}, {[]int{503, 500, 503, 503}, false}, {[]int{500, 502, 504, 408}, true},
		{[]int{403, 403, 403}, true}, {[]int{503, 503, 404}, true},
	} {
		inBubble(t, nil, func(b *bench) {
			for _, code := range c.codes {
				b.refused(code, one)
			}
			if h := b.agent.Health(pinged); h.InService != c.in {
				t.Errorf("after %v its health is %+v", c.codes, h)
			}
			out := strings.Count(b.log.String(), "a trunk's target is out of service")
			if back := strings.Count(b.log.String(), "is in service again"); out-back != map[bool]int{false: 1}[c.in] {
				t.Errorf("after %v the log says %s", c.codes, b.log)
			}
		})
	}
}

// A target without a response is passed over; after half a minute one call tries it, and no
// other does until that has come to something: a failure keeps it out for twice as long each
// time, and a response puts it back in service.
func TestTargetIsPassedOverAndComesBack(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		far := newPeer(t, b.net.listen(nextAddr))
		call := func(answered time.Duration) {
			b.Helper()
			start := time.Now()
			s := b.call(two)
			far.answer(far.request(sipmsg.INVITE), 486, "Busy Here", "y", "")
			if took := time.Since(start); took != answered {
				t.Errorf("%s: the second target was called after %v, want %v", time.Now().Format(time.TimeOnly), took, answered)
			}
			far.request(sipmsg.ACK)
			b.ended(s)
		}
		call(3 * time.Second)
		b.inService(true, "")
		call(3 * time.Second)
		for _, rest := range []time.Duration{30, 60, 120, 240, 240} {
			b.peer.discard()
			b.inService(false, "no response")
			if h := b.agent.Health(pinged); time.Until(h.Until) != rest*time.Second || h.Closed {
				t.Errorf("its health is %+v, want a rest of %v s", h, rest)
			}
			call(0)
			time.Sleep(rest*time.Second - time.Millisecond)
			call(0)
			b.peer.silentNow()
			time.Sleep(time.Millisecond)
			trial := b.call(two) // the one that tries it
			b.peer.request(sipmsg.INVITE)
			for range 3 {
				call(0)
			}
			far.answer(far.request(sipmsg.INVITE), 486, "Busy Here", "y", "")
			far.request(sipmsg.ACK)
			b.ended(trial)
		}
		b.peer.discard()
		time.Sleep(4 * time.Minute)
		s := b.call(two)
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 180, "Ringing", "x", "")
		event[sip.Progress](b, s)
		b.inService(true, "")
		s.Hangup(sip.Cause{})
		b.peer.answer(b.peer.request(sipmsg.CANCEL), 200, "OK", "x", "")
		b.peer.answer(inv, 487, "Request Terminated", "x", "")
		b.peer.request(sipmsg.ACK)
		b.ended(s)
		b.refused(486, two) // in order again
		if log := b.log.String(); strings.Count(log, "is out of service") != 1 || strings.Count(log, "is in service again") != 1 {
			t.Errorf("log %s", log)
		}
	})
}

// Where nothing is in service, targets are tried all the same, in their order: what is known of
// them may be wrong, and the call has nothing to lose.
func TestCallsTryWhatIsOutOfServiceIfNothingElseIs(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		far := newPeer(t, b.net.listen(nextAddr))
		for range 3 {
			s := b.call(two)
			b.peer.answer(b.peer.request(sipmsg.INVITE), 503, "Full", "x", "")
			b.peer.request(sipmsg.ACK)
			far.answer(far.request(sipmsg.INVITE), 503, "Full", "y", "")
			far.request(sipmsg.ACK)
			if o := b.ended(s); len(o.Attempts) != 2 || !o.Retryable {
				t.Errorf("outcome %+v", o)
			}
		}
		if h := b.agent.TrunkHealth(&sip.Trunk{Targets: []string{peerAddr, nextAddr}}); h.InService || !strings.Contains(h.Reason, peerAddr+": 503 Full, "+nextAddr+": ") {
			t.Errorf("the trunk's health is %+v", h)
		}
	})
}

// A 503 with Retry-After closes a target for as long, at the first one, and no call goes there
// even if there is no other: it fails at once, and says until when.
func TestRetryAfterIsKept(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		if o := b.refused(503, one, "Retry-After: 20 (maintenance)"); o.RetryAfter != 20*time.Second {
			t.Errorf("outcome %+v", o)
		}
		b.inService(false, "503 As It Is (Retry-After: 20 (maintenance))")
		time.Sleep(19 * time.Second)
		start := time.Now()
		o := b.ended(b.call())
		if o.By != sip.EndedOutOfService || o.Err == nil || !o.Retryable || len(o.Attempts) != 0 || time.Since(start) != 0 ||
			!strings.Contains(o.Err.Error(), "no call may be placed before 00:00:20 UTC: "+peerAddr+": 503 As It Is (Retry-After: 20") {
			t.Errorf("outcome %+v", o)
		}
		b.peer.silent(time.Second - time.Millisecond)
		time.Sleep(time.Millisecond)
		b.refused(486, one)
		b.inService(true, "")
	})
	inBubble(t, nil, func(b *bench) { // another target is called meanwhile
		far := newPeer(t, b.net.listen(nextAddr))
		s := b.call(two)
		b.peer.answer(b.peer.request(sipmsg.INVITE), 503, "Full", "x", "", "Retry-After: 60")
		b.peer.request(sipmsg.ACK)
		for i := range 3 {
			far.answer(far.request(sipmsg.INVITE), 503, "Full", "y", "")
			far.request(sipmsg.ACK)
			if o := b.ended(s); len(o.Attempts) != map[bool]int{true: 2, false: 1}[i == 0] {
				t.Errorf("outcome %+v", o)
			}
			s = b.call(two) // the second goes out of service: it is tried, and the closed one is not
		}
		far.answer(far.request(sipmsg.INVITE), 486, "Busy Here", "y", "")
		far.request(sipmsg.ACK)
		b.ended(s)
		b.peer.silentNow()
	})
}

// Retry-After is read where it is a number of seconds, and kept to for an hour at most.
func TestRetryAfterValues(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"30": 30 * time.Second, " 30 ;duration=60": 30 * time.Second, "5(busy)": 5 * time.Second, "86400": time.Hour,
		"0": 0, "": 0, "soon": 0, "-5": 0, "99999999999999": 0, "Fri, 31 Dec 2026": 0,
	} {
		inBubble(t, nil, func(b *bench) {
			b.refused(503, one, "Retry-After: "+value)
			got := time.Duration(0)
			if h := b.agent.Health(pinged); !h.InService {
				got = time.Until(h.Until)
			}
			if got != want {
				t.Errorf("%q keeps the target closed for %v, want %v", value, got, want)
			}
		})
	}
}

// Pings take a target out of service, and their answers put it back, unless a response to a
// call took it out.
func TestPingsAndHealth(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		far := newPeer(t, b.net.listen(nextAddr))
		b.agent.SetPings(every(time.Minute, pinged))
		ping := func(code int) {
			b.Helper()
			b.peer.answer(b.peer.request(sipmsg.OPTIONS), code, "As It Is", "x", "")
			time.Sleep(time.Millisecond)
		}
		ping(503)
		b.inService(true, "")
		ping(503)
		b.inService(false, "its pings fail: 503 As It Is")
		s := b.call(two)
		far.answer(far.request(sipmsg.INVITE), 486, "Busy Here", "y", "")
		far.request(sipmsg.ACK)
		b.ended(s)
		ping(405)
		b.inService(true, "")
		for range 2 { // calls find that it is silent, before the pings do
			s := b.call(two)
			inv := far.request(sipmsg.INVITE)
			far.answer(inv, 486, "Busy Here", "y", "")
			far.request(sipmsg.ACK)
			b.ended(s)
		}
		b.inService(false, "no response")
		b.peer.discard()
		ping(200)
		b.inService(true, "")
		b.refused(503, one, "Retry-After: 300")
		ping(200)
		b.inService(false, "Retry-After: 300")
		b.agent.SetPings(nil)
	})
}

// several is a Resolver that knows two addresses of every name.
type several struct{}

func (several) Query(_ context.Context, _ string, kind uint16) ([]dns.RR, error) {
	return addressRecords(kind, hostOf(peerAddr), hostOf(nextAddr)), nil
}

// Of a name with several addresses, those that are out of service are passed over, and the
// target is out when all are.
func TestAddressesOfANameOutOfService(t *testing.T) {
	const name = "carrier.example:5060"
	inBubble(t, func(c *sip.Config) { c.Resolver = several{} }, func(b *bench) {
		far := newPeer(t, b.net.listen(nextAddr))
		named := func(o *sip.Outgoing) { o.Trunk.Targets = []string{name} }
		target := sip.Target{Transport: sip.UDP, Address: name}
		for i := range 3 {
			start := time.Now()
			s := b.call(named)
			far.answer(far.request(sipmsg.INVITE), 486, "Busy Here", "y", "")
			if took := time.Since(start); (took == 0) != (i == 2) {
				t.Errorf("call %d reached the second address after %v", i, took)
			}
			far.request(sipmsg.ACK)
			b.ended(s)
		}
		if h := b.agent.Health(target); !h.InService || h.Reason != peerAddr+": no response" {
			t.Errorf("its health is %+v", h)
		}
		for range 2 {
			s := b.call(named)
			far.answer(far.request(sipmsg.INVITE), 503, "Full", "y", "")
			far.request(sipmsg.ACK)
			b.ended(s)
		}
		if h := b.agent.Health(target); h.InService || h.Reason != peerAddr+": no response, "+nextAddr+": 503 Full" {
			t.Errorf("its health is %+v", h)
		}
	})
}
