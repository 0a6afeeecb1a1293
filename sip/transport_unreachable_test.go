package sip_test

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// These tests stand on real sockets: an ICMP error is made by the kernel alone.

// udpPort opens a port of the loopback, free again or held.
func udpPort(t *testing.T, network, ip string) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP(network, &net.UDPAddr{IP: net.ParseIP(ip)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// closedPort is an address whose port is closed.
func closedPort(t *testing.T, network, ip string) string {
	t.Helper()
	conn := udpPort(t, network, ip)
	defer conn.Close()
	return conn.LocalAddr().String()
}

// realAgent is an Agent on a port of its own, and its log.
func realAgent(t *testing.T, network, ip string, t1 time.Duration) (*sip.Agent, *lockedText) {
	t.Helper()
	log := &lockedText{}
	conn := udpPort(t, network, ip)
	c := sip.Config{Conn: conn, T1: t1, Log: slog.New(slog.NewTextHandler(log, nil))}
	if ip == "0.0.0.0" || ip == "::" {
		c.Advertise = []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), conn.LocalAddr().(*net.UDPAddr).AddrPort().Port())}
	}
	a, err := sip.Listen(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a, log
}

func callTo(a *sip.Agent, targets ...string) *sip.Session {
	return a.Invite(sip.Outgoing{Trunk: &sip.Trunk{Name: "t", Targets: targets}, From: "+12025550100", To: "+12025550123", Offer: offering(sdp)})
}

// isOver waits for the end of a session.
func isOver(t *testing.T, s *sip.Session) sip.Outcome {
	t.Helper()
	select {
	case <-s.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("the call does not end")
	}
	return s.Outcome()
}

func TestClosedPort(t *testing.T) {
	for _, c := range []struct{ name, network, ip, target string }{
		{"IPv4", "udp4", "127.0.0.1", "127.0.0.1"},
		{"IPv4 over a socket for both", "udp", "0.0.0.0", "127.0.0.1"},
		{"IPv6", "udp6", "::1", "::1"},
		{"IPv6 over a socket for both", "udp", "::", "::1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, log := realAgent(t, c.network, c.ip, 0)
			target := closedPort(t, "udp", c.target)
			for range 3 { // the first call and those after it
				start := time.Now()
				o := isOver(t, callTo(a, target))
				if took := time.Since(start); took > 100*time.Millisecond && !underRace {
					t.Errorf("it took %v", took)
				}
				if want := "nobody listens at " + target + " (ICMP port unreachable)"; o.By != sip.EndedTransport || o.Err == nil ||
					o.Err.Error() != want || len(o.Attempts) != 1 || o.Attempts[0].Err == nil || o.Code != 0 {
					t.Errorf("outcome %+v, want %q", o, want)
				}
			}
			onlyOutOfService(t, log.String())
		})
	}
}

// onlyOutOfService holds that a log has one line, which says that a target is out of service.
func onlyOutOfService(t *testing.T, log string) {
	t.Helper()
	if strings.Count(log, "\n") != 1 || !strings.Contains(log, "a trunk's target is out of service") {
		t.Errorf("log %s", log)
	}
}

func TestClosedPortFailsOverAtOnce(t *testing.T) {
	a, _ := realAgent(t, "udp4", "127.0.0.1", 0)
	far := responder(t)
	first, second := closedPort(t, "udp4", "127.0.0.1"), closedPort(t, "udp4", "127.0.0.1")
	start := time.Now()
	s := callTo(a, first, second, far.LocalAddr().String())
	awaitAnswer(t, s)
	if took := time.Since(start); took > 100*time.Millisecond && !underRace {
		t.Errorf("it took %v", took)
	}
	s.Hangup(sip.Cause{})
	o := isOver(t, s)
	if !o.Answered || len(o.Attempts) != 3 || o.Attempts[0].Err == nil || o.Attempts[1].Err == nil || o.Attempts[2].Code != 200 ||
		!strings.Contains(o.Attempts[1].Err.Error(), second) {
		t.Errorf("outcome %+v", o)
	}
}

// Healthy calls come through while hundreds of others meet closed ports: neither
// reading nor sending may fail for an error about another address.
func TestHealthyCallsBesideErrors(t *testing.T) {
	a, log := realAgent(t, "udp4", "127.0.0.1", 0)
	far := responder(t).LocalAddr().String()
	closed := closedPort(t, "udp4", "127.0.0.1")
	stop := make(chan struct{})
	var hail sync.WaitGroup
	refused := make(chan struct{}, 1)
	for range 8 {
		hail.Go(func() {
			for {
				if o := isOver(t, callTo(a, closed)); o.By != sip.EndedTransport {
					t.Errorf("beside it: %+v", o)
				}
				select {
				case refused <- struct{}{}:
				default:
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	<-refused
	for range 300 {
		s := callTo(a, far)
		awaitAnswer(t, s)
		s.Hangup(sip.Cause{})
		if o := isOver(t, s); !o.Answered || o.Err != nil || len(o.Attempts) != 1 {
			t.Errorf("outcome %+v", o)
		}
	}
	close(stop)
	hail.Wait()
	onlyOutOfService(t, log.String())
}

// ackOnce plays a far end that answers one INVITE with 200 and then is gone: its
// port is closed. It returns where it was.
func answersAndGoes(t *testing.T, a *sip.Agent, then func(*sip.Session)) *sip.Session {
	t.Helper()
	conn := udpPort(t, "udp4", "127.0.0.1")
	s := callTo(a, conn.LocalAddr().String())
	inv := readRequest(t, conn)
	res := sipmsg.NewResponseFromRequest(inv, 200, "OK", nil)
	res.To().Params.Add("tag", "x")
	res.AppendHeader(sipmsg.NewHeader("Contact", fmt.Sprintf("<sip:phone@%s>", conn.LocalAddr())))
	conn.WriteToUDPAddrPort([]byte(res.String()), a.LocalAddr())
	awaitAnswer(t, s)
	readRequest(t, conn) // ACK
	conn.Close()
	then(s)
	return s
}

func readRequest(t *testing.T, conn *net.UDPConn) *sipmsg.Request {
	t.Helper()
	b := make([]byte, 65536)
	conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	n, err := conn.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return mustRequest(string(b[:n]))
}

// A BYE to a closed port ends at its third transmission, and not after
// 64·T1.
func TestByeToAClosedPort(t *testing.T) {
	const t1 = 100 * time.Millisecond
	a, _ := realAgent(t, "udp4", "127.0.0.1", t1)
	start := time.Now()
	s := answersAndGoes(t, a, func(s *sip.Session) { s.Hangup(sip.Cause{}) })
	if o := isOver(t, s); !o.Answered || o.By != sip.EndedLocal {
		t.Errorf("outcome %+v", o)
	}
	if took := time.Since(start); took < 3*t1 || took > 7*t1 && !underRace { // 8·T1 is when it is given up without
		t.Errorf("it took %v", took)
	}
	for a.Sessions() > 0 {
		if time.Since(start) > 20*time.Second {
			t.Fatal("the session stays")
		}
		<-time.After(time.Millisecond)
	}
}

// A re-INVITE to a closed port ends the call (RFC 3261 §12.2.1.2).
func TestReinviteToAClosedPort(t *testing.T) {
	a, _ := realAgent(t, "udp4", "127.0.0.1", 100*time.Millisecond)
	s := answersAndGoes(t, a, func(s *sip.Session) { s.Reoffer([]byte(held)) })
	o := isOver(t, s)
	if o.By != sip.EndedTransport || o.Err == nil || !strings.Contains(o.Err.Error(), "nobody listens at ") {
		t.Errorf("outcome %+v", o)
	}
}

// A server that starts again closes its port for a moment: the call that comes in
// that moment reaches it by its next transmission.
func TestServerThatStartsAgain(t *testing.T) {
	const t1 = 200 * time.Millisecond
	a, _ := realAgent(t, "udp4", "127.0.0.1", t1)
	conn := udpPort(t, "udp4", "127.0.0.1")
	at := conn.LocalAddr().(*net.UDPAddr)
	busy := func(conn *net.UDPConn) {
		res := sipmsg.NewResponseFromRequest(readRequest(t, conn), 486, "Busy Here", nil)
		res.To().Params.Add("tag", "x")
		conn.WriteToUDPAddrPort([]byte(res.String()), a.LocalAddr())
	}
	s := callTo(a, at.String())
	busy(conn)
	if o := isOver(t, s); o.Code != 486 {
		t.Fatalf("outcome %+v", o)
	}
	readRequest(t, conn) // ACK
	conn.Close()

	s = callTo(a, at.String())
	select {
	case <-s.Done():
		t.Fatalf("given up at once: %+v", s.Outcome())
	case <-time.After(t1 / 2):
	}
	again, err := net.ListenUDP("udp4", at)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	busy(again)
	if o := isOver(t, s); o.Code != 486 || o.Err != nil {
		t.Errorf("outcome %+v", o)
	}
	readRequest(t, again) // ACK
	again.Close()

	// It does not come back: the third transmission decides. With another target
	// nothing is waited for.
	start := time.Now()
	if o := isOver(t, callTo(a, at.String())); o.By != sip.EndedTransport {
		t.Errorf("outcome %+v", o)
	}
	if took := time.Since(start); took < 3*t1 || took > 6*t1 && !underRace {
		t.Errorf("it took %v", took)
	}
	start = time.Now()
	s = callTo(a, at.String(), responder(t).LocalAddr().String())
	awaitAnswer(t, s)
	if took := time.Since(start); took > t1/2 && !underRace {
		t.Errorf("the next target is called after %v", took)
	}
	s.Hangup(sip.Cause{})
	isOver(t, s)
}
