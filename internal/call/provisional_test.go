package call_test

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/zaf/g711"

	"ringflow/flowengine/flowfile"
	"ringflow/internal/call"
	"ringflow/internal/sim"
	"ringflow/media"
	"ringflow/numbers"
	"ringflow/sip"
)

// provisional is a response of a script to an INVITE.
type provisional struct {
	code  int
	tag   string
	phone string // whose address its SDP has; empty: it has none
	talks bool   // that phone sends audio from then on
	after time.Duration
}

// network is a carrier that answers each INVITE by a script, and each other request with 200.
type network struct {
	t      *testing.T
	conn   *net.UDPConn
	phones map[string]*net.UDPConn
	offers chan netip.AddrPort // where our side wants its audio
	acks   chan string         // the tags of the ACKs

	talking sync.WaitGroup
}

// newNetwork starts a network with two phones, a and b, which send a tone of 600 Hz.
func newNetwork(t *testing.T, script []provisional) *network {
	t.Helper()
	n := &network{t: t, conn: listenAt(t, "127.0.0.1"), acks: make(chan string, 16), offers: make(chan netip.AddrPort, 16),
		phones: map[string]*net.UDPConn{"a": listenAt(t, "127.0.0.81"), "b": listenAt(t, "127.0.0.82")}}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 65535)
		for {
			size, from, err := n.conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			m, err := sipmsg.ParseMessage(bytes.Clone(buf[:size]))
			req, is := m.(*sipmsg.Request)
			if err != nil || !is {
				t.Errorf("got %v, %v", m, err)
				continue
			}
			switch req.Method {
			case sipmsg.INVITE:
				n.play(req, from, script, stop)
			case sipmsg.ACK:
				n.acks <- req.To().Params.GetOr("tag", "")
			default:
				n.respond(req, from, provisional{code: 200, tag: req.To().Params.GetOr("tag", "")})
			}
		}
	}()
	t.Cleanup(func() { close(stop); _ = n.conn.Close(); <-done; n.talking.Wait() })
	return n
}

func (n *network) play(inv *sipmsg.Request, from netip.AddrPort, script []provisional, stop chan struct{}) {
	us := target(n.t, inv.Body())
	n.offers <- us
	for _, p := range script {
		select {
		case <-time.After(p.after):
		case <-stop:
			return
		}
		n.respond(inv, from, p)
		if p.talks {
			phone := &farEnd{t: n.t, rtp: n.phones[p.phone]}
			phone.out.Version, phone.out.SSRC = 2, 0xABBA
			n.talking.Go(func() { phone.whistle(us, 600, stop) })
		}
	}
}

// whistle sends a tone until stop is closed.
func (f *farEnd) whistle(to netip.AddrPort, hertz float64, stop chan struct{}) {
	var payload []byte
	for _, sample := range media.Tone(-10, time.Second, hertz) {
		payload = append(payload, g711.EncodeUlawFrame(sample))
	}
	clock := time.NewTicker(20 * time.Millisecond)
	defer clock.Stop()
	for i := 0; ; i = (i + 160) % len(payload) {
		select {
		case <-clock.C:
		case <-stop:
			return
		}
		f.send(to, 0, f.out.Timestamp, payload[i:i+160])
		f.out.Timestamp += 160
	}
}

func (n *network) respond(req *sipmsg.Request, to netip.AddrPort, p provisional) {
	res := sipmsg.NewResponseFromRequest(req, p.code, "As Scripted", nil)
	res.To().Params.Remove("tag")
	res.To().Params.Add("tag", p.tag)
	res.AppendHeader(sipmsg.NewHeader("Contact", fmt.Sprintf("<sip:phone@%s>", n.conn.LocalAddr())))
	if p.phone != "" {
		at := n.phones[p.phone].LocalAddr().(*net.UDPAddr).AddrPort()
		res.AppendHeader(sipmsg.NewHeader("Content-Type", "application/sdp"))
		res.SetBody(states(at.Addr().String(), at.Port()))
	}
	_, _ = n.conn.WriteToUDPAddrPort([]byte(res.String()), to)
}

// heard reads what came to a phone until it has been silent for a moment.
func heard(phone *net.UDPConn) (packets int) {
	buf := make([]byte, 2000)
	for {
		_ = phone.SetReadDeadline(time.Now().Add(60 * time.Millisecond))
		if _, err := phone.Read(buf); err != nil {
			return packets
		}
		packets++
	}
}

// TestProvisionalResponses is the ways to an answer: whatever came before it, both sides hear each
// other, and no other phone hears a thing.
func TestProvisionalResponses(t *testing.T) {
	t.Parallel()
	for name, script := range map[string][]provisional{
		"an answer alone":                     {{code: 200, tag: "x", phone: "a"}},
		"180":                                 {{code: 180, tag: "x"}, {code: 200, tag: "x", phone: "a"}},
		"100, 181, 182, 199":                  {{code: 100}, {code: 181, tag: "x"}, {code: 182, tag: "x"}, {code: 199, tag: "x"}, {code: 200, tag: "x", phone: "a"}},
		"180 with SDP":                        {{code: 180, tag: "x", phone: "a"}, {code: 200, tag: "x", phone: "a"}},
		"183 with SDP":                        {{code: 183, tag: "x", phone: "a"}, {code: 200, tag: "x", phone: "a"}},
		"183 with SDP, 200 without":           {{code: 183, tag: "x", phone: "a"}, {code: 200, tag: "x"}},
		"183 with SDP, 200 with another":      {{code: 183, tag: "x", phone: "b"}, {code: 200, tag: "x", phone: "a"}},
		"180 after 183":                       {{code: 183, tag: "x", phone: "a"}, {code: 180, tag: "x"}, {code: 200, tag: "x", phone: "a"}},
		"180 after 183, 200 without SDP":      {{code: 183, tag: "x", phone: "a"}, {code: 180, tag: "x"}, {code: 200, tag: "x"}},
		"183 twice, then with other SDP":      {{code: 183, tag: "x", phone: "b"}, {code: 183, tag: "x", phone: "b"}, {code: 183, tag: "x", phone: "a"}, {code: 200, tag: "x"}},
		"two forks, the first answers":        {{code: 183, tag: "x", phone: "a"}, {code: 183, tag: "y", phone: "b"}, {code: 200, tag: "x", phone: "a"}},
		"two forks, the first without SDP":    {{code: 183, tag: "x", phone: "a"}, {code: 183, tag: "y", phone: "b"}, {code: 200, tag: "x"}},
		"two forks, the second answers":       {{code: 183, tag: "x", phone: "b"}, {code: 183, tag: "y", phone: "a"}, {code: 200, tag: "y"}},
		"two forks, a third answers":          {{code: 183, tag: "x", phone: "b"}, {code: 180, tag: "y"}, {code: 200, tag: "z", phone: "a"}},
		"a fork with early media, 180 of all": {{code: 183, tag: "x", phone: "b"}, {code: 180, tag: "x"}, {code: 180, tag: "y"}, {code: 200, tag: "y", phone: "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			n := newNetwork(t, script)
			a, b := n.phones["a"], n.phones["b"]
			w.trunk.Targets = []string{n.conn.LocalAddr().String()}
			contact := w.dial(customer)
			if tag := <-n.acks; tag != script[len(script)-1].tag {
				t.Errorf("the ACK is for %q", tag)
			}
			heard(a)
			heard(b) // what the early media has opened
			if err := contact.Play(t.Context(), whistled(3)); err != nil {
				t.Fatal(err)
			}
			if got, other := heard(a), heard(b); got < 14 || other != 0 {
				t.Errorf("%d packets of the prompt came to the phone that answered, %d to the other", got, other)
			}
			f := &farEnd{t: t, rtp: a}
			f.out.Version, f.out.SSRC = 2, 0xF00
			f.press(<-n.offers, 5)
			if digit, err := contact.Digit(t.Context()); err != nil || digit != '5' {
				t.Errorf("digit %q, %v", digit, err)
			}
			contact.HangUp()
		})
	}
}

// TestRingbackFollowsTheAudio holds that what a contact hears while an agent's phone rings is
// decided by the audio that comes, not by the last code (RFC 3960 §3.2): the ringing tone until a
// packet of early media, from then on that.
func TestRingbackFollowsTheAudio(t *testing.T) {
	const beat, enough = 700 * time.Millisecond, 400 * time.Millisecond
	for name, c := range map[string]struct {
		script          []provisional
		ringback, early time.Duration // of what the contact hears at least; 0: not at all
	}{
		"180":                               {[]provisional{{code: 180, tag: "x"}}, enough, 0},
		"183 without SDP":                   {[]provisional{{code: 183, tag: "x"}}, enough, 0},
		"183 with SDP and no audio":         {[]provisional{{code: 183, tag: "x", phone: "a"}}, enough, 0},
		"183 with SDP and no audio, 180":    {[]provisional{{code: 183, tag: "x", phone: "a"}, {code: 180, tag: "x"}}, enough, 0},
		"183 with audio":                    {[]provisional{{code: 183, tag: "x", phone: "a", talks: true}}, 0, enough},
		"180 with audio":                    {[]provisional{{code: 180, tag: "x", phone: "a", talks: true}}, 0, enough},
		"183 with audio, 180 without SDP":   {[]provisional{{code: 183, tag: "x", phone: "a", talks: true}, {code: 180, tag: "x", after: 50 * time.Millisecond}}, 0, enough},
		"180, later 183 with audio":         {[]provisional{{code: 180, tag: "x"}, {code: 183, tag: "x", phone: "a", talks: true, after: beat}}, enough, enough},
		"183 with SDP, and later its audio": {[]provisional{{code: 183, tag: "x", phone: "a"}, {code: 183, tag: "x", phone: "a", talks: true, after: beat}}, enough, enough},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, map[string]sim.Behaviour{customer: sim.Answers()})
			n := newNetwork(t, append(c.script, provisional{code: 486, tag: "x", after: beat}))
			w.trunk.Destinations = []string{customer}
			w.account.Trunks = append(w.account.Trunks, &call.Trunk{Trunk: sip.Trunk{Name: "network", Targets: []string{n.conn.LocalAddr().String()}}, Destinations: []string{agent}})
			w.account.Plan = numbers.Plan{Allow: []string{"+1"}}
			w.sw.SetAccounts([]*call.Account{w.account})
			contact := w.dial(customer)
			if out, err := w.connect(t.Context(), contact); err != nil || out.Exit != flowfile.ExitBusy {
				t.Errorf("%+v, %v", out, err)
			}
			contact.HangUp()
			recording := w.ended(1)[0].Recording
			for what, x := range map[string]struct {
				least time.Duration
				hertz []float64
			}{"the ringing tone": {c.ringback, []float64{440, 480}}, "early media": {c.early, []float64{600}}} {
				if x.least > 0 && !sim.HasTone(recording, x.least, x.hertz...) {
					t.Errorf("the contact heard too little of %s", what)
				}
				if x.least == 0 && sim.HasTone(recording, 200*time.Millisecond, x.hertz...) {
					t.Errorf("the contact heard %s", what)
				}
			}
		})
	}
}
