package sip_test

import (
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

var pinged = sip.Target{Transport: sip.UDP, Address: peerAddr}

func every(d time.Duration, targets ...sip.Target) map[sip.Target]sip.Ping {
	out := map[sip.Target]sip.Ping{}
	for _, t := range targets {
		out[t] = sip.Ping{Interval: d, Trunks: []string{"carrier"}}
	}
	return out
}

// reaches waits for what is under way and holds the state of a target.
func (b *bench) reaches(t sip.Target, want sip.Reach, result string) {
	b.Helper()
	synctest.Wait()
	if r := b.agent.Reachability(t); r.State != want || !strings.Contains(r.Result, result) {
		b.Errorf("%v is %+v, want %s by %q", t, r, want, result)
	}
}

func TestPingIsAnOptionsRequest(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		start := time.Now()
		if r := b.agent.Reachability(pinged); r != (sip.Reachability{}) {
			t.Errorf("a target that is not pinged has %+v", r)
		}
		b.agent.SetPings(every(30*time.Second, pinged))
		b.reaches(pinged, sip.ReachUnknown, "")
		for i := range 3 {
			ping := b.peer.request(sipmsg.OPTIONS)
			if took := time.Since(start); took != time.Duration(i)*30*time.Second {
				t.Errorf("ping %d at %v", i, took)
			}
			if ping.Recipient.String() != "sip:"+peerAddr || ping.To().Params.Has("tag") || !ping.From().Params.Has("tag") ||
				ping.MaxForwards().Val() != 70 || ping.CSeq().MethodName != sipmsg.OPTIONS || ping.ContentLength() == nil {
				t.Errorf("ping %s", ping)
			}
			b.peer.answer(ping, 200, "OK", "x", "")
			b.reaches(pinged, sip.Reachable, "200 OK")
		}
		if log := b.log.String(); strings.Contains(log, "reachable") {
			t.Errorf("a target that was never unreachable is logged: %s", log)
		}
		b.agent.SetPings(nil)
		b.peer.silent(time.Hour)
		if r := b.agent.Reachability(pinged); r != (sip.Reachability{}) {
			t.Errorf("a target that is no longer pinged has %+v", r)
		}
	})
}

// Interval final response but 408 and 503 shows that the target is reachable; two failures in a
// row make it unreachable, and one response reachable.
func TestPingResults(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		b.agent.SetPings(every(time.Minute, pinged))
		for _, c := range []struct {
			code int
			want sip.Reach
		}{
			{503, sip.ReachUnknown}, {200, sip.Reachable}, {503, sip.Reachable}, {404, sip.Reachable}, {408, sip.Reachable}, {503, sip.Unreachable},
			{503, sip.Unreachable}, {401, sip.Reachable}, {500, sip.Reachable}, {600, sip.Reachable}, {408, sip.Reachable}, {408, sip.Unreachable}, {302, sip.Reachable},
		} {
			b.peer.answer(b.peer.request(sipmsg.OPTIONS), c.code, "As It Is", "x", "")
			b.reaches(pinged, c.want, "As It Is")
		}
		log := b.log.String()
		if down, up := strings.Count(log, "is unreachable"), strings.Count(log, "reachable again"); down != 2 || up != 2 {
			t.Errorf("%d and %d changes logged, want 2 each: %s", down, up, log)
		}
		if !strings.Contains(log, `target=`+peerAddr+` trunks=[carrier] result="503 As It Is"`) {
			t.Errorf("log %s", log)
		}
	})
}

// A provisional response decides nothing; without a final one a ping ends by timer F.
func TestPingTimeout(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		start := time.Now()
		b.agent.SetPings(every(time.Minute, pinged))
		b.at(start, sipmsg.OPTIONS, 0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5)
		b.reaches(pinged, sip.ReachUnknown, "")
		time.Sleep(500 * time.Millisecond)
		b.reaches(pinged, sip.ReachUnknown, "no answer")
		second := b.peer.request(sipmsg.OPTIONS)
		if took := time.Since(start); took != time.Minute {
			t.Errorf("the second ping after %v", took)
		}
		b.peer.answer(second, 100, "Trying", "", "")
		for b.agent.Reachability(pinged).State == sip.ReachUnknown {
			b.peer.request(sipmsg.OPTIONS)
		}
		if took := b.agent.Reachability(pinged).Since.Sub(start); took != 92*time.Second {
			t.Errorf("unreachable after %v", took)
		}
	})
}

// A ping waits for as long as its interval, for two seconds at least and for timer F at
// most, so that short intervals notice silence soon.
func TestPingLimit(t *testing.T) {
	for _, c := range []struct{ interval, limit, unreachable time.Duration }{
		{time.Second, 2 * time.Second, 4 * time.Second}, // the second ping begins as the first ends
		{5 * time.Second, 5 * time.Second, 10 * time.Second},
		{time.Minute, 32 * time.Second, 92 * time.Second},
	} {
		for _, transport := range []sip.Transport{sip.UDP, sip.TCP} { // over TLS a silent far end ends no handshake
			inTCPBubble(t, func(b *bench, _ *tcpNetwork, far net.Listener) {
				go func() { // takes every connection, and says nothing
					for {
						conn, err := far.Accept()
						if err != nil {
							return
						}
						go io.Copy(io.Discard, conn)
					}
				}()
				target := sip.Target{Transport: transport, Address: peerAddr}
				b.agent.SetPings(every(c.interval, target))
				time.Sleep(c.limit - time.Millisecond)
				b.reaches(target, sip.ReachUnknown, "")
				time.Sleep(2 * time.Millisecond)
				b.reaches(target, sip.ReachUnknown, "no answer")
				time.Sleep(c.unreachable - c.limit - 2*time.Millisecond)
				b.reaches(target, sip.ReachUnknown, "no answer")
				time.Sleep(2 * time.Millisecond)
				b.reaches(target, sip.Unreachable, "no answer")
			})
		}
	}
}

// A request that cannot be sent is a failure at once, also of one that no call owns.
func TestPingThatCannotBeSent(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		away := sip.Target{Transport: sip.UDP, Address: noRoute}
		b.agent.SetPings(every(10*time.Second, away))
		b.reaches(away, sip.ReachUnknown, "unreachable")
		time.Sleep(10 * time.Second)
		b.reaches(away, sip.Unreachable, "network is unreachable")
	})
}

// A change of the settings keeps the state of the targets that stay, and one that was
// under way says nothing more.
func TestPingsChange(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		other := sip.Target{Transport: sip.UDP, Address: nextAddr}
		b.agent.SetPings(every(30*time.Second, pinged))
		b.peer.answer(b.peer.request(sipmsg.OPTIONS), 200, "OK", "x", "")
		b.reaches(pinged, sip.Reachable, "200 OK")
		b.agent.SetPings(every(10*time.Second, pinged, other))
		b.reaches(pinged, sip.Reachable, "200 OK")
		late := b.peer.request(sipmsg.OPTIONS)
		b.agent.SetPings(every(time.Hour, other))
		b.peer.answer(late, 503, "Late", "x", "")
		b.peer.silent(time.Minute)
		b.agent.Close()
		b.agent.SetPings(every(time.Hour, pinged))
		b.peer.silent(time.Minute)
	})
}
