package sim_test

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ringflow/internal/sim"
	"ringflow/media"
	"ringflow/media/sdp"
	"ringflow/sip"
)

const (
	customer = "+12025550143"
	own      = "+12025550100"
	// within bounds everything that a test waits for: loopback takes milliseconds,
	// a machine that is busy with other tests may take seconds.
	within = 20 * time.Second
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// caller is the other side of the carrier: one user agent with ports of its own.
type caller struct {
	t       *testing.T
	carrier *sim.Carrier
	agent   *sip.Agent
	plane   *media.Plane
	trunk   *sip.Trunk
}

// newCaller starts a carrier and a caller with a trunk to it. Both are closed at
// the end of the test, which fails if either leaves anything behind.
func newCaller(t *testing.T, c sim.Config) *caller {
	t.Helper()
	if c.PortMin == 0 {
		c.PortMin, c.PortMax = 44000, 44999
	}
	carrier, err := sim.Start(c)
	if err != nil {
		t.Fatalf("start the carrier: %v", err)
	}
	t.Cleanup(func() {
		if err := carrier.Close(); err != nil {
			t.Errorf("close the carrier: %v", err)
		}
	})
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	agent, err := sip.Listen(sip.Config{Conn: conn, UserAgent: "caller", T1: 50 * time.Millisecond})
	if err != nil {
		t.Fatalf("start the caller: %v", err)
	}
	t.Cleanup(func() { _ = agent.Close() })
	loopback := netip.MustParseAddr("127.0.0.1")
	plane, err := media.NewPlane(media.PlaneConfig{Bind: loopback, Advertise: loopback, PortMin: 45000, PortMax: 45999, Workers: 1})
	if err != nil {
		t.Fatalf("open the caller's audio: %v", err)
	}
	t.Cleanup(func() { _ = plane.Close() })
	return &caller{t, carrier, agent, plane, &sip.Trunk{Name: "carrier", Targets: []string{carrier.Addr().String()}}}
}

// line is one call that the caller places.
type line struct {
	*caller
	session *sip.Session
	events  chan sip.Event // closed after Ended
	port    *media.Port
	local   sdp.Local
}

// call invites a number, with an offer.
func (c *caller) call(number string) *line { return c.invite(sip.Outgoing{To: number}, true) }

func (c *caller) invite(o sip.Outgoing, offers bool) *line {
	c.t.Helper()
	port, err := c.plane.Open()
	if err != nil {
		c.t.Fatalf("open a port: %v", err)
	}
	l := &line{caller: c, port: port, local: sdp.Local{Addr: port.LocalAddr(), SessionID: 7, Direction: sdp.SendRecv}}
	o.Trunk, o.From = c.trunk, own
	if offers {
		o.Offer = func(sip.OfferFor) []byte { return sdp.Offer(l.local) }
	}
	l.session, l.events = c.agent.Invite(o), make(chan sip.Event, 256)
	l.session.Notify(func(e sip.Event) {
		l.events <- e
		if _, last := e.(sip.Ended); last {
			close(l.events)
		}
	})
	c.t.Cleanup(func() {
		l.session.Hangup(sip.Cause{})
		<-l.session.Done()
		port.Close()
	})
	return l
}

// await returns the next event of type E, and agrees to what SDP comes by.
func await[E sip.Event](l *line) E {
	l.t.Helper()
	timeout := time.After(within)
	for {
		select {
		case e, open := <-l.events:
			if !open {
				var none E
				l.t.Fatalf("the call ended before %T: %+v", none, l.session.Outcome())
			}
			switch e := e.(type) {
			case sip.Progress:
				l.agree(e.Body)
			case sip.Answered:
				l.agree(e.Body)
			}
			if wanted, ok := e.(E); ok {
				return wanted
			}
		case <-timeout:
			var none E
			l.t.Fatalf("no %T within %v", none, within)
		}
	}
}

func (l *line) agree(body []byte) {
	l.t.Helper()
	if len(body) == 0 {
		return
	}
	n, err := sdp.Accept(l.local, body)
	if err != nil {
		l.t.Fatalf("accept the answer: %v\n%s", err, body)
	}
	l.port.Negotiate(n, media.Sources{})
}

// patient is a context that ends with the test's patience.
func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), within)
	t.Cleanup(cancel)
	return ctx
}

// ended waits until so many calls have ended and returns them.
func (c *caller) ended(n int) []sim.Call {
	c.t.Helper()
	calls, err := c.carrier.Wait(patient(c.t), n)
	if err != nil {
		c.t.Fatalf("wait for the calls to end: %v; they are %+v", err, calls)
	}
	return calls
}
