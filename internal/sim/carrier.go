package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"ringflow/media"
	"ringflow/media/sdp"
	"ringflow/sip"
)

// closeTimeout is how long Close waits for the responses to its BYEs.
const closeTimeout = 2 * time.Second

// ErrClosed is returned by Wait if the carrier closes first.
var ErrClosed = errors.New("the carrier is closed")

// Config configures a carrier.
type Config struct {
	// Addr is where it listens for SIP over UDP, and the address of its phones' RTP; the zero
	// value is a free port of 127.0.0.1.
	Addr netip.AddrPort
	// PortMin to PortMax are the RTP ports of its phones.
	PortMin, PortMax uint16
	// Phones are the behaviours by number, with or without a +. Other numbers are answered 404.
	Phones map[string]Behaviour
	// Screen returns what an INVITE, whose Trace has been called, is refused with before any
	// phone has it, as a challenge is; Code 0 accepts it, and nil accepts all.
	Screen func(callID string) FinalResponse
	// Codecs of the phones in order of preference; nil is sdp.DefaultCodecs.
	Codecs []sdp.Codec
	// Trace gets every SIP message; see sip.Config.
	Trace func(sip.Trace)
	Log   *slog.Logger // nil discards
}

// Carrier is a running carrier. It owns its sockets, its phones and their goroutines. Any
// goroutine may call its methods.
type Carrier struct {
	config    Config
	agent     *sip.Agent
	plane     *media.Plane
	silence   *media.Prompt
	sessionID uint64

	stop   context.CancelFunc
	ctx    context.Context // ends when Close begins
	active sync.WaitGroup  // one for each phone in a call
	closed sync.Once

	mu      sync.Mutex // guards the fields below
	phones  map[string]Behaviour
	calls   []Call
	ended   int
	changed chan struct{} // closed and renewed when a call ends
	closing bool          // no call is accepted any more
}

// Start opens the sockets and accepts calls.
func Start(c Config) (*Carrier, error) {
	if !c.Addr.IsValid() {
		c.Addr = netip.MustParseAddrPort("127.0.0.1:0")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Codecs == nil {
		c.Codecs = sdp.DefaultCodecs()
	}
	audio := media.PlaneConfig{PortMin: c.PortMin, PortMax: c.PortMax, Workers: 1, Log: c.Log}
	if c.Addr.Addr().Is4() {
		audio.Bind = c.Addr.Addr()
	} else {
		audio.Bind6 = c.Addr.Addr()
	}
	plane, err := media.NewPlane(audio)
	if err != nil {
		return nil, fmt.Errorf("open the carrier's audio: %w", err)
	}
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(c.Addr))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the carrier's SIP port: %w", err), plane.Close())
	}
	carrier := &Carrier{
		config: c, plane: plane, sessionID: uint64(rand.Uint32()), silence: media.NewPrompt(make([]int16, 8000)).Loop(),
		phones: map[string]Behaviour{}, changed: make(chan struct{}),
	}
	for number, b := range c.Phones {
		carrier.phones[plain(number)] = b
	}
	carrier.ctx, carrier.stop = context.WithCancel(context.Background())
	carrier.agent, err = sip.Listen(sip.Config{
		Conn: conn, UserAgent: "Ringflow simulated carrier",
		Inbound: carrier.inbound, AllowFrom: anywhere, Trace: c.Trace, TraceSecrets: true, Log: c.Log,
	})
	if err != nil {
		carrier.stop()
		return nil, errors.Join(fmt.Errorf("start the carrier's SIP: %w", err), conn.Close(), plane.Close())
	}
	return carrier, nil
}

// anywhere is every network: whoever calls is a customer of the carrier.
var anywhere = []netip.Prefix{netip.PrefixFrom(netip.IPv4Unspecified(), 0), netip.PrefixFrom(netip.IPv6Unspecified(), 0)}

// Addr is the SIP address of the carrier.
func (c *Carrier) Addr() netip.AddrPort { return c.agent.LocalAddr() }

// SetBehaviour changes the behaviour of a number from its next call on.
func (c *Carrier) SetBehaviour(number string, b Behaviour) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.phones[plain(number)] = b
}

// Calls are the calls to phones, in order. Those that have not ended have only the facts of
// their INVITE.
func (c *Carrier) Calls() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.calls)
}

// Audio are the counters of the phones' media plane.
func (c *Carrier) Audio() media.PlaneStats { return c.plane.Stats() }

// Wait returns Calls once that many have ended and none is left, or ctx's error or
// ErrClosed with the calls so far.
func (c *Carrier) Wait(ctx context.Context, ended int) ([]Call, error) {
	for {
		c.mu.Lock()
		enough, changed := c.ended >= ended && c.ended == len(c.calls), c.changed
		c.mu.Unlock()
		if enough {
			return c.Calls(), nil
		}
		select {
		case <-changed:
		case <-c.ctx.Done():
			return c.Calls(), ErrClosed
		case <-ctx.Done():
			return c.Calls(), fmt.Errorf("wait for %d calls to end: %w", ended, ctx.Err())
		}
	}
}

// Close hangs up every call, closes the sockets and waits for the goroutines. It may be
// called more than once.
func (c *Carrier) Close() error {
	var err error
	c.closed.Do(func() {
		c.mu.Lock()
		c.closing = true
		c.mu.Unlock()
		c.stop()
		ended := make(chan struct{})
		go func() { defer close(ended); c.active.Wait() }()
		select {
		case <-ended:
		case <-time.After(closeTimeout):
		}
		err = c.agent.Close() // ends the dialogs whose BYE is not answered
		<-ended
		err = errors.Join(err, c.plane.Close())
	})
	return err
}

// inbound handles one INVITE until the call has ended.
func (c *Carrier) inbound(s *sip.Session) {
	var refusal FinalResponse
	if c.config.Screen != nil {
		refusal = c.config.Screen(s.CallID())
	}
	if refusal.Code != 0 {
		refusal.reject(s)
		<-s.Done()
		return
	}
	p, ok := c.accept(s)
	if !ok {
		s.Reject(503, "Service Unavailable")
		return
	}
	defer c.active.Done()
	p.run(c.ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[p.index] = p.call
	c.ended++
	close(c.changed)
	c.changed = make(chan struct{})
}

// accept finds the phone of an INVITE and adds the call.
func (c *Carrier) accept(s *sip.Session) (*phone, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return nil, false
	}
	b, known := c.phones[plain(s.To())]
	if !known {
		b = Invalid()
	}
	c.active.Add(1)
	facts := Call{Number: s.To(), From: s.From(), CallID: s.CallID(), InviteAt: time.Now(), Offer: s.Offer()}
	c.calls = append(c.calls, facts)
	return &phone{carrier: c, behaviour: b, session: s, call: facts, index: len(c.calls) - 1}, true
}

// plain is a number without a leading +.
func plain(number string) string { return strings.TrimPrefix(number, "+") }
