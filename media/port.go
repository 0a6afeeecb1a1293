package media

import (
	"net/netip"
	"sync"
	"time"

	"ringflow/media/sdp"
)

// digitBuffer is how many keys wait for a reader before the oldest is dropped.
const digitBuffer = 64

// Port is the RTP end of one leg: a UDP port of its own, which sends one stream
// and hears one. Its methods may be called from anywhere; those that change
// something have taken effect when they return. After Close they do nothing.
//
// On an answered port that has nothing to play and no bridge, one packet of
// silence leaves a second; while the far end holds the call nothing leaves and a
// prompt waits where it stands.
type Port struct {
	plane  *Plane
	number uint16
	fd     int
	digits chan Digit
	heard  chan struct{}
	gone   chan struct{} // closed when the worker has let the port go

	mu     sync.Mutex // guards what follows, and is held while an errand is posted
	worker *worker
	closed bool

	final PortStats // valid once gone

	// The rest belongs to the worker. What sending touches stands first.
	pace                pace
	sends               bool // negotiated, and the far end wants to hear us
	talking             bool // the playback's frames follow one another
	relaying            bool // the packet sent last came over the bridge
	law                 law
	eventPT             uint8
	eventClock          int // Hz, of the events that we send
	events              events
	playback            *Playback
	keys                keys
	remote              endpoint
	stream              stream
	lastSent            int64 // tick
	sent                uint64
	sentBytes, inserted uint64

	codec      sdp.Codec
	hasEvents  bool // the far end takes events
	eventTypes eventTypes
	keyTone    *Playback
	places     []place
	negotiated bool

	latch          latch
	settled        bool // of the latch, as the filter knows it
	soundAllowance allowance
	otherAllowance allowance
	reception      reception
	strays         uint64
	refused        uint64
	refusedFrom    endpoint // valid if refused is not 0
	excess         uint64
	firstHeard     time.Duration
	filtered       bool
	passes         [eventTypesKept]uint8 // payload types that the filter passes
	bridge         *Bridge
	peer           *Port
	shift          shift // of the packets that come over the bridge
	recording      *Recording
}

// LocalAddr is the address to advertise in offers and answers.
func (p *Port) LocalAddr() netip.AddrPort {
	return netip.AddrPortFrom(p.plane.config.Advertise, p.number)
}

// Digits are the keys that the far end presses, in order, each once. The channel
// is closed with the port. A slow reader loses the oldest keys beyond 64.
func (p *Port) Digits() <-chan Digit { return p.digits }

// FirstPacket is closed when the first RTP packet of the far end has arrived.
func (p *Port) FirstPacket() <-chan struct{} { return p.heard }

// post hands an errand to the worker; it reports false on a closed port.
func (p *Port) post(errand func(*worker)) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	w := p.worker
	return w.post(func() { errand(w) })
}

// ask is post, waiting until the errand is done.
func (p *Port) ask(errand func(*worker)) bool {
	done := make(chan struct{})
	if !p.post(func(w *worker) { errand(w); close(done) }) {
		return false
	}
	<-done
	return true
}

// Negotiate sets or changes what offer and answer agreed on, and what is known of
// where the far end's packets come from. A prompt that plays goes on in the codec
// agreed; one that waits begins. A packet leaves at once, so that address
// translators and the far end know where we are; but nothing is sent to an address
// that is not IPv4 or is 0.0.0.0. CheckRemote says which addresses must not be
// negotiated.
func (p *Port) Negotiate(n sdp.Negotiated, s Sources) {
	p.ask(func(w *worker) { p.negotiate(w, n, s) })
}

// CheckRemote says whether sound may be sent to an address that a far end states. It
// returns ErrLocalAddress if that is an open RTP port of the plane or one of
// PlaneConfig.LocalSockets, and ErrNotUnicast for multicast and broadcast, both wrapped with
// the address.
func (p *Port) CheckRemote(remote netip.AddrPort) error { return p.plane.own.check(remote) }

// Play sends a prompt, in place of what is playing. The first packet leaves
// before Play returns if the port may send, else as soon as it may. No prompt at
// all is one that is over at once.
func (p *Port) Play(prompt *Prompt) *Playback {
	if prompt == nil {
		prompt = empty
	}
	b := &Playback{port: p, prompt: prompt, done: make(chan struct{})}
	if !p.ask(func(w *worker) { p.play(w, b) }) {
		b.end(false)
	}
	return b
}

// SendDigits presses keys: 0–9, *, #, A–D, and a comma for a pause of half a
// second; other characters are passed over. Keys are sent as telephone events,
// or as sound to a far end that takes none, 100 ms each and 80 ms apart. What is
// playing waits meanwhile. It does not wait until they are sent.
func (p *Port) SendDigits(s string) {
	p.ask(func(w *worker) {
		p.keys.add(s)
		p.beginNow(w)
	})
}

// Stats tells what the port has done so far, or had done when it was closed.
func (p *Port) Stats() (s PortStats) {
	if p.ask(func(w *worker) { s = p.snapshot(w) }) {
		return s
	}
	<-p.gone
	return p.final
}

// Close ends what plays, records and is bridged, and gives the port back. It
// waits for that, and may be called again.
func (p *Port) Close() {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		w := p.worker
		w.post(func() { p.leave(w) })
		p.mu.Unlock()
		<-p.gone
		p.plane.take(p)
		return
	}
	p.mu.Unlock()
	<-p.gone
}

// leave is Close, in the worker.
func (p *Port) leave(w *worker) {
	p.stopPlayback()
	if p.bridge != nil {
		p.bridge.part()
	}
	p.hearOut(w)
	if p.recording != nil {
		p.recording.settle(w.now())
	}
	w.release(p)
	p.final = p.snapshot(w)
	close(p.digits)
	close(p.gone)
}

// hearOut takes what has arrived before the end, within bounds, and the press that is
// still going on.
func (p *Port) hearOut(w *worker) {
	const most = 64
	for n, vain := 0, 0; n < most && vain < 2; n++ { // the first may only tell of an ICMP error
		before := w.counters.Received
		if p.receive(w, w.now()); w.counters.Received == before {
			vain++
		}
	}
	if e, going := p.events.last(); going {
		p.press(w, &e)
	}
}

func (p *Port) snapshot(w *worker) PortStats {
	s := PortStats{
		Sent: p.sent, SentBytes: p.sentBytes, Inserted: p.inserted, Discarded: p.strays,
		Refused: p.refused, Excess: p.excess, Stated: p.latch.stated,
		Received: p.reception.received, Codec: p.codec.Name, SendsEvents: p.hasEvents || p.events.count > 0, Quality: p.reception.quality(),
	}
	if p.reception.received > 0 {
		s.FirstReceived, s.LastReceived = w.epoch.Add(p.firstHeard), w.epoch.Add(p.reception.lastHeard)
	}
	if p.refused > 0 {
		s.RefusedFrom = fromEndpoint(&p.refusedFrom)
	}
	if p.negotiated {
		s.Remote = p.latch.target()
	}
	return s
}

// negotiate is Negotiate, in the worker.
func (p *Port) negotiate(w *worker, n sdp.Negotiated, sources Sources) {
	p.codec, p.law = n.Codec, lawOf(n.Codec)
	p.eventTypes.agree(n)
	p.eventPT, p.hasEvents, p.eventClock = n.EventPT, n.HasEvents, p.eventTypes.clock(n.EventPT)
	remote := netip.AddrPortFrom(n.Remote.Addr().Unmap(), n.Remote.Port())
	reachable := remote.Addr().Is4() && !remote.Addr().IsUnspecified() && remote.Port() != 0
	if reachable {
		p.latch.expect(w.now(), remote, sources)
		p.remote = toEndpoint(p.latch.target())
		p.settled = p.latch.settled()
	}
	sent := p.sends
	p.sends = reachable && n.Direction.Sends()
	if !p.sends { // what is sent after the hold begins anew, on the clock of that time
		p.talking, p.relaying = false, false
	}
	if period := packetTicks(n.PTime); !p.negotiated || period != p.pace.period {
		w.slots.remove(p)
		p.pace.period = period
		w.slots.add(p, int64(w.now()/tick), period)
		p.pace.at -= period // due at its next slot
	}
	p.negotiated = true
	p.filter()
	if p.sends && !sent {
		p.beginNow(w)
	}
}

// play is Play, in the worker.
func (p *Port) play(w *worker, b *Playback) {
	p.stopPlayback()
	p.playback = b
	p.beginNow(w)
}

func (p *Port) stopPlayback() {
	if p.playback != nil {
		p.playback.end(false)
		p.playback = nil
		p.talking = false
	}
}

// beginNow sends the first packet of what waits to be sent, or a sign of life,
// and moves the port to the slot from which the second follows one packet time
// later.
func (p *Port) beginNow(w *worker) {
	at := w.now()
	now := int64(at / tick)
	waiting := p.playback != nil || (p.keys.pending() && p.keys.step == 0 && p.keyTone == nil)
	if !p.sends || !(waiting || now-p.lastSent >= keepalive) {
		return
	}
	w.slots.remove(p)
	w.slots.add(p, now, p.pace.period)
	shift := p.pace.at - now - p.pace.period
	p.pace.at = now
	p.serve(w, now, at)
	p.pace.at += shift
}
