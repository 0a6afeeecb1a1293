package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"ringflow/media"
	"ringflow/media/sdp"
	"ringflow/sip"
)

// closeTimeout is how long Close gives the caller to answer the BYEs of the calls
// that still stand; on loopback an answer takes a millisecond.
const closeTimeout = 2 * time.Second

// ErrClosed is returned by Wait when the carrier closed first.
var ErrClosed = errors.New("the carrier is closed")

// Config says what a carrier is made of.
type Config struct {
	// Addr is where it listens for SIP over UDP, and the address of its phones'
	// audio; the zero value is a free port of 127.0.0.1.
	Addr netip.AddrPort
	// PortMin to PortMax are the ports of its phones' audio.
	PortMin, PortMax uint16
	// Phones says by number what each phone does. A number that is not here is
	// answered 404. A leading + makes no difference.
	Phones map[string]Behaviour
	// Digest is asked of every call; nil asks none.
	Digest *Digest
	// Codecs are what the phones speak, best first; nil is sdp.DefaultCodecs.
	Codecs []sdp.Codec
	// Trace sees every SIP message of the carrier; see sip.Config.
	Trace func(sip.Trace)
	Log   *slog.Logger // nil discards
}

// Carrier is a running carrier. It owns its sockets, its phones and their
// goroutines. Its methods may be called by several goroutines.
type Carrier struct {
	config        Config
	filter        *inviteFilter
	authenticator *authenticator // nil stands open
	agent         *sip.Agent
	plane         *media.Plane
	silence       *media.Prompt
	sessionID     uint64

	stop   context.CancelFunc
	ctx    context.Context // ends when Close begins
	active sync.WaitGroup  // one for each phone in a call
	closed sync.Once

	mu      sync.Mutex // guards the fields below
	phones  map[string]Behaviour
	calls   []*Call
	ended   int
	changed chan struct{} // closed and renewed when a call ends
	closing bool          // no phone is picked up any more
}

// Start opens the carrier's sockets and lets it take calls.
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
	plane, err := media.NewPlane(media.PlaneConfig{
		Bind: c.Addr.Addr(), Advertise: c.Addr.Addr(),
		PortMin: c.PortMin, PortMax: c.PortMax, Workers: 1, Log: c.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("open the carrier's audio: %w", err)
	}
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(c.Addr))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the carrier's SIP port: %w", err), plane.Close())
	}
	carrier := &Carrier{
		config: c, plane: plane, authenticator: newAuthenticator(c.Digest), sessionID: uint64(rand.Uint32()),
		silence: media.NewPrompt(make([]int16, 8000)).Loop(),
		phones:  map[string]Behaviour{}, changed: make(chan struct{}),
	}
	for number, b := range c.Phones {
		carrier.phones[plain(number)] = b
	}
	carrier.ctx, carrier.stop = context.WithCancel(context.Background())
	carrier.filter = newInviteFilter(conn, carrier.drops)
	carrier.agent, err = sip.Listen(sip.Config{
		Conn: carrier.filter, UserAgent: "Ringflow simulated carrier",
		Inbound: carrier.inbound, Trace: c.Trace, Log: c.Log,
	})
	if err != nil {
		carrier.stop()
		return nil, errors.Join(fmt.Errorf("start the carrier's SIP: %w", err), conn.Close(), plane.Close())
	}
	return carrier, nil
}

// Addr is where the carrier takes calls, for a trunk's target.
func (c *Carrier) Addr() netip.AddrPort { return c.agent.LocalAddr() }

// SetBehaviour changes what the phone of a number does from its next call on.
func (c *Carrier) SetBehaviour(number string, b Behaviour) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.phones[plain(number)] = b
}

// Invites are the INVITEs that came, in order, without repetitions.
func (c *Carrier) Invites() []Invite { return c.filter.list() }

// Calls are the calls that were put through, in order. Those that still live
// carry only what their INVITE said.
func (c *Carrier) Calls() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := make([]Call, len(c.calls))
	for i, call := range c.calls {
		calls[i] = *call
	}
	return calls
}

// Audio is what the ports of all phones have sent and heard, and how punctually.
func (c *Carrier) Audio() media.PlaneStats { return c.plane.Stats() }

// Wait returns Calls once at least so many have ended and none lives. It returns
// ctx's error, or ErrClosed, with the calls as they stand.
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

// Close hangs up every call, closes the sockets and waits until nothing of the
// carrier runs. It may be called more than once.
func (c *Carrier) Close() error {
	var err error
	c.closed.Do(func() {
		c.mu.Lock()
		c.closing = true
		c.mu.Unlock()
		c.stop()
		gone := make(chan struct{})
		go func() { defer close(gone); c.active.Wait() }()
		timer := time.NewTimer(closeTimeout)
		defer timer.Stop()
		select {
		case <-gone:
		case <-timer.C:
		}
		err = c.agent.Close() // ends what the caller left unanswered
		<-gone
		err = errors.Join(err, c.plane.Close())
	})
	return err
}

// inbound takes one INVITE; it returns when the call is over.
func (c *Carrier) inbound(s *sip.Session) {
	if !c.authenticator.accepts(c.filter.credentials(s.CallID())) {
		c.authenticator.challengeCaller(s)
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
	*c.calls[p.index] = *p.call
	c.ended++
	close(c.changed)
	c.changed = make(chan struct{})
}

// accept finds the phone of an INVITE and enters the call in the books.
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
	facts := Call{Number: s.To(), From: s.From(), CallID: s.CallID(), InvitedAt: time.Now(), Offer: s.Offer()}
	entered := facts
	c.calls = append(c.calls, &entered)
	return &phone{carrier: c, behaviour: b, session: s, call: &facts, index: len(c.calls) - 1}, true
}

// drops says whether INVITEs to the number get lost on their way.
func (c *Carrier) drops(number string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.phones[plain(number)].Lost
}
