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
	plane       *Plane
	epoch       time.Time // of the plane's clock
	number      uint16
	fd          int
	digits      chan Digit
	firstPacket chan struct{}
	released    chan struct{} // closed when the worker has let the port go

	mu     sync.Mutex // guards what follows, and is held while an errand is posted
	worker *worker
	closed bool
	agreed *codec  // by offer and answer, as Negotiate was called last
	prompt *Prompt // as Play was called last

	final PortStats // valid once gone

	// The rest belongs to the worker. What sending touches stands first.
	pacer               pacer
	maySend             bool // negotiated, and the far end wants to hear us
	inTalkspurt         bool // the playback's frames follow one another
	relaying            bool // the packet sent last came over the bridge
	codec               *codec
	payloadType         uint8 // of the codec, as the far end wants it
	eventPT             uint8
	eventClock          int // Hz, of the events that we send
	events              eventReceiver
	playback            *Playback
	digitSender         digitSender
	remote              endpoint
	stream              stream
	lastSent            int64 // tick
	sent                uint64
	sentBytes, inserted uint64

	formats     []format // further ones that the far end may send
	decoder     decoder  // of decoded; nil until one is needed
	decoded     *codec
	encoder     encoder // of codec; nil until one is needed
	hasEvents   bool    // the far end takes events
	eventTypes  eventTypes
	digitTone   *Playback
	slotEntries []slotEntry
	negotiated  bool

	latch         latch
	latchStable   bool // of the latch, as the filter knows it
	audioLimit    rateLimit
	otherLimit    rateLimit
	reception     reception
	discarded     uint64
	refused       uint64
	refusedFrom   endpoint // valid if refused is not 0
	excess        uint64
	firstReceived time.Duration
	filterOn      bool
	filterTypes   [maxEventTypes]uint8 // payload types that the filter passes
	bridge        *Bridge
	peer          *Port
	rewriter      rewriter // of the packets that come over the bridge
	recording     *Recording
	taps          []*Tap
}

// LocalAddr is the address to advertise in offers and answers.
func (p *Port) LocalAddr() netip.AddrPort {
	return netip.AddrPortFrom(p.plane.config.Advertise, p.number)
}

// Digits are the keys that the far end presses, in order, each once. The channel
// is closed with the port. A slow reader loses the oldest keys beyond 64.
func (p *Port) Digits() <-chan Digit { return p.digits }

// FirstPacket is closed when the first RTP packet of the far end has arrived.
func (p *Port) FirstPacket() <-chan struct{} { return p.firstPacket }

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

// do is post, waiting until the errand is done.
func (p *Port) do(errand func(*worker)) bool {
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
	c := codecFor(n.Codec.Name)
	if c == nil {
		c = pcmu
	}
	p.mu.Lock()
	p.agreed = c
	prompt := p.prompt
	p.mu.Unlock()
	prompt.encoded(c) // here, not in the worker: see Play
	p.do(func(w *worker) { p.negotiate(w, n, c, s) })
}

// CheckRemote says whether sound may be sent to an address that a far end states. It
// returns ErrLocalAddress if that is an open RTP port of the plane or one of
// PlaneConfig.LocalSockets, and ErrNotUnicast for multicast and broadcast, both wrapped with
// the address.
func (p *Port) CheckRemote(remote netip.AddrPort) error { return p.plane.local.check(remote) }

// Play sends a prompt, in place of what is playing. The first packet leaves
// before Play returns if the port may send, else as soon as it may. No prompt at
// all is one that is over at once.
func (p *Port) Play(prompt *Prompt) *Playback {
	if prompt == nil {
		prompt = emptyPrompt()
	}
	p.mu.Lock()
	p.prompt = prompt
	c := p.agreed
	p.mu.Unlock()
	prompt.encoded(c) // of a Negotiate and a Play at once, the later one sees what the other has set
	b := &Playback{port: p, prompt: prompt, done: make(chan struct{})}
	if !p.do(func(w *worker) { p.play(w, b) }) {
		b.finish(false)
	}
	return b
}

// SendDigits presses keys: 0–9, *, #, A–D, and a comma for a pause of half a
// second; other characters are passed over. Keys are sent as telephone events,
// or as sound to a far end that takes none, 100 ms each and 80 ms apart. What is
// playing waits meanwhile. It does not wait until they are sent.
func (p *Port) SendDigits(s string) {
	p.do(func(w *worker) {
		p.digitSender.enqueue(s)
		p.beginNow(w)
	})
}

// Stats tells what the port has done so far, or had done when it was closed.
func (p *Port) Stats() (s PortStats) {
	if p.do(func(w *worker) { s = p.snapshot(w) }) {
		return s
	}
	<-p.released
	return p.final
}

// Close ends what plays, records and is bridged, and gives the port back. It
// waits for that, and may be called again.
func (p *Port) Close() {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		w := p.worker
		w.post(func() { p.shutdown(w) })
		p.mu.Unlock()
		<-p.released
		p.plane.linger(p)
		return
	}
	p.mu.Unlock()
	<-p.released
}

// shutdown is Close, in the worker.
func (p *Port) shutdown(w *worker) {
	p.stopPlayback()
	if p.bridge != nil {
		p.bridge.part()
	}
	p.drain(w)
	if p.recording != nil {
		p.recording.finish(w.now())
	}
	w.removePort(p)
	p.taps = nil
	p.final = p.snapshot(w)
	close(p.digits)
	close(p.released)
}

// drain takes what has arrived before the end, within bounds, and the press that is
// still going on.
func (p *Port) drain(w *worker) {
	const most = 64
	for n, vain := 0, 0; n < most && vain < 2; n++ { // the first may only tell of an ICMP error
		before := w.counters.Received
		if p.receive(w, w.now()); w.counters.Received == before {
			vain++
		}
	}
	if e, going := p.events.finish(); going {
		p.reportDigit(w, &e)
	}
}

func (p *Port) snapshot(w *worker) PortStats {
	s := PortStats{
		Sent: p.sent, SentBytes: p.sentBytes, Inserted: p.inserted, Discarded: p.discarded,
		Refused: p.refused, Excess: p.excess, Stated: p.latch.stated,
		Received: p.reception.received, SendsEvents: p.hasEvents || p.events.presses > 0, Quality: p.reception.quality(),
	}
	if p.reception.received > 0 {
		s.FirstReceived, s.LastReceived = w.epoch.Add(p.firstReceived), w.epoch.Add(p.reception.lastReceived)
	}
	if p.refused > 0 {
		s.RefusedFrom = fromEndpoint(&p.refusedFrom)
	}
	s.wideband = p.codec.wideband
	if p.negotiated {
		s.Remote, s.Codec = p.latch.target(), p.codec.Name
	}
	return s
}

// negotiate is Negotiate, in the worker.
func (p *Port) negotiate(w *worker, n sdp.Negotiated, c *codec, sources Sources) {
	if p.payloadType = n.Codec.PayloadType; c != p.codec {
		p.codec, p.encoder = c, nil
		for _, b := range [2]*Playback{p.playback, p.digitTone} {
			if b != nil {
				b.encode(c)
			}
		}
	}
	p.formats = formatsOf(n.Receive)
	p.eventTypes.addNegotiated(n)
	p.eventPT, p.hasEvents, p.eventClock = n.EventPT, n.HasEvents, p.eventTypes.clock(n.EventPT)
	remote := netip.AddrPortFrom(n.Remote.Addr().Unmap(), n.Remote.Port())
	reachable := remote.Addr().Is4() && !remote.Addr().IsUnspecified() && remote.Port() != 0
	if reachable {
		p.latch.setRemote(w.now(), remote, sources)
		p.remote = toEndpoint(p.latch.target())
		p.latchStable = p.latch.stable()
	}
	sent := p.maySend
	p.maySend = reachable && n.Direction.Sends()
	if !p.maySend { // what is sent after the hold begins anew, on the clock of that time
		p.inTalkspurt, p.relaying = false, false
	}
	if period := packetTicks(n.PTime); !p.negotiated || period != p.pacer.period {
		w.slots.remove(p)
		p.pacer.period = period
		w.slots.add(p, int64(w.now()/tick), period)
		p.pacer.at -= period // due at its next slot
	}
	p.negotiated = true
	p.updateFilter()
	if p.maySend && !sent {
		p.beginNow(w)
	}
}

// play is Play, in the worker.
func (p *Port) play(w *worker, b *Playback) {
	p.stopPlayback()
	p.playback = b
	b.encode(p.codec)
	p.beginNow(w)
}

func (p *Port) stopPlayback() {
	if p.playback != nil {
		p.playback.finish(false)
		p.playback = nil
		p.inTalkspurt = false
	}
}

// beginNow sends the first packet of what waits to be sent, or a sign of life,
// and moves the port to the slot from which the second follows one packet time
// later.
func (p *Port) beginNow(w *worker) {
	at := w.now()
	now := int64(at / tick)
	waiting := p.playback != nil || (p.digitSender.pending() && p.digitSender.step == 0 && p.digitTone == nil)
	if !p.maySend || !(waiting || now-p.lastSent >= keepalive) {
		return
	}
	w.slots.remove(p)
	w.slots.add(p, now, p.pacer.period)
	shift := p.pacer.at - now - p.pacer.period
	p.pacer.at = now
	p.serve(w, now, at)
	p.pacer.at += shift
}
