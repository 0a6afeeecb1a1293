package media

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"ringflow/media/sdp"
)

// digitBuffer is how many digits wait for a reader before the oldest is dropped.
const digitBuffer = 64

// Port is the RTP end of one leg: a UDP port that sends one stream and receives one. Any
// goroutine may call its methods; they take effect in the order of the calls, and none does
// after Close. That of Negotiate and SendDigits, which wait for nothing, comes soon after they
// return; that of any other is complete then.
//
// An answered port without a prompt and a bridge sends one packet of silence a second.
// While the far end holds the call it sends nothing, and a prompt waits.
type Port struct {
	plane       *Plane
	epoch       time.Time // of the plane's clock
	number      uint16
	sockets     portSockets
	digits      chan Digit
	firstPacket chan struct{}
	released    chan struct{} // closed when the worker no longer owns the port
	sendsEvents atomic.Bool   // see SendsEvents; set by the worker

	mu      sync.Mutex // guards what follows; held while a task is queued
	worker  *worker
	moving  bool            // a Join is under way, which posts what waits at its end
	waiting []func(*worker) // tasks
	closed  bool
	agreed  encoding // by the last Negotiate

	final PortStats // valid once released

	// The rest belongs to the worker, the fields of sending first.
	pacer       pacer
	maySend     bool // negotiated, and the far end receives
	inTalkspurt bool // the last packet was of the playback
	relaying    bool // the last packet was relayed
	sending     encoding
	silent      []byte // a packet of silence in it, if it is framed
	relayed     bool   // the far end takes the payloads that another has of its codec
	payloadType uint8  // of the codec, in the far end's description
	eventPT     uint8
	eventClock  int // Hz, of the events that are sent
	events      eventReceiver
	playback    *Playback
	digitSender digitSender
	remote      endpoint
	fd          int // the socket of remote's IP version
	stream      stream
	srtp        portSRTP
	lastSent    int64     // tick
	announcing  int       // packets that are still to follow a negotiation soon
	stats       PortStats // what is counted; snapshot fills in the rest

	formats     []format // other formats that the far end may send
	decoder     decoder  // of decoded; nil until one is needed
	decoded     *codec
	decodedSSRC uint32  // of the packets that were decoded
	decodedSeq  uint16  // the highest number of them
	recovered   uint64  // bit n: the packet n before that was recovered
	encoder     encoder // of sending; nil until one is needed
	hasEvents   bool    // the far end accepts telephone events
	eventTypes  eventTypes
	digitTone   *Playback
	slotEntries []slotEntry
	negotiated  bool
	local       netip.AddrPort // of our description

	latch       latch
	latchStable bool // as the filter was set for: an unstable latch needs every packet
	audioLimit  rateLimit
	otherLimit  rateLimit
	reception   reception
	filterOn    bool
	filterTypes []uint8 // payload types that the filter passes
	bridge      *Bridge
	peer        *Port
	rewriter    rewriter // of the relayed packets that are sent here
	recording   *Recording
	taps        []*Tap
}

// LocalAddr is the address for offers and answers: that of IPv4, if the port has it.
func (p *Port) LocalAddr() netip.AddrPort {
	if p.sockets.has(ipv4) {
		return p.localAddr(ipv4)
	}
	return p.localAddr(ipv6)
}

// LocalAddrFor is LocalAddr in the IP version of another address; it is not valid if the
// port has none of that.
func (p *Port) LocalAddrFor(remote netip.Addr) netip.AddrPort {
	v := versionOf(remote)
	if !p.sockets.has(v) {
		return netip.AddrPort{}
	}
	return p.localAddr(v)
}

func (p *Port) localAddr(v ipVersion) netip.AddrPort {
	return netip.AddrPortFrom(p.plane.local.addrs[v].advertise, p.number)
}

// Digits are the DTMF digits of the far end, in order, each once. The channel is closed
// with the port. A slow reader loses the oldest beyond 64.
func (p *Port) Digits() <-chan Digit { return p.digits }

// SendsEvents says whether the far end sends digits as telephone events: it has agreed to, or
// has sent one. It does not block.
func (p *Port) SendsEvents() bool { return p.sendsEvents.Load() }

// FirstPacket is closed when the first RTP packet of the far end has arrived.
func (p *Port) FirstPacket() <-chan struct{} { return p.firstPacket }

// post has the worker run a task soon; it reports false on a closed port.
func (p *Port) post(task func(*worker)) bool {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return false
	}
	w := p.enqueue(task)
	p.mu.Unlock()
	w.attend()
	return true
}

// enqueue queues a task, which waits while a Join is under way. The caller holds mu, and has the
// worker attend to it then.
func (p *Port) enqueue(task func(*worker)) *worker {
	w := p.worker
	if p.moving {
		p.waiting = append(p.waiting, task)
		return w
	}
	w.queue(func() { task(w) })
	return w
}

// do is post, and waits until the task is done.
func (p *Port) do(task func(*worker)) bool {
	done := make(chan struct{})
	posted := p.post(func(w *worker) { task(w); close(done) })
	if posted {
		<-done
	}
	return posted
}

// Negotiate applies the result of offer and answer, and what is known of the far end's
// sources. A prompt that plays goes on in the codec agreed on; one that waits begins. One
// packet is sent at once, which opens address translators; none to an address of an IP version
// that the port has not, to 0.0.0.0 or ::. CheckRemote reports which addresses must not be
// negotiated.
func (p *Port) Negotiate(n sdp.Negotiated, s Sources) {
	c := codecFor(n.Codec.Name)
	if c == nil {
		c = pcmu
	}
	e := c.encodingFor(n.Codec, packetTicks(n.PTime))
	p.mu.Lock()
	p.agreed = e
	p.mu.Unlock()
	silent := e.silentPacket()
	p.post(func(w *worker) {
		p.silent = silent
		p.negotiate(w, n, e, s)
	})
}

// CheckRemote checks an address of a far end's SDP. It returns ErrLocalAddress if that is an
// open RTP port of the plane or one of PlaneConfig.LocalSockets, ErrNotUnicast for multicast
// and broadcast, ErrLinkLocal for a link-local one of IPv6, each wrapped with the address.
func (p *Port) CheckRemote(remote netip.AddrPort) error { return p.plane.local.check(remote) }

// Play sends a prompt instead of the one that plays. The first packet is sent before
// Play returns if the port may send, else as soon as it may. A nil prompt is over at once.
func (p *Port) Play(prompt *Prompt) *Playback {
	if prompt == nil {
		prompt = emptyPrompt()
	}
	p.mu.Lock()
	e := p.agreed
	p.mu.Unlock()
	prompt.encoded(e, p.plane) // may take long: not in the worker
	b := &Playback{port: p, prompt: prompt, done: make(chan struct{})}
	played := p.do(func(w *worker) {
		p.stopPlayback()
		p.playback = b
		b.encode(p.sending)
		p.beginNow(w)
	})
	if !played {
		b.finish(false)
	}
	return b
}

// SendDigits queues DTMF digits (0–9, *, #, A–D) and pauses of half a second (a comma);
// other characters are ignored. They are sent as telephone events, or as tones to a far end
// that accepts none, 100 ms each and 80 ms apart; the prompt waits meanwhile.
func (p *Port) SendDigits(s string) {
	p.post(func(w *worker) {
		p.digitSender.enqueue(s)
		p.beginNow(w)
	})
}

// Stats returns the port's counters, until now or until Close.
func (p *Port) Stats() (s PortStats) {
	if p.do(func(*worker) { s = p.snapshot() }) {
		return s
	}
	<-p.released
	return p.final
}

// Close ends playback, recording and bridge and closes the port. It may be called again.
func (p *Port) Close() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		<-p.released
		return
	}
	p.closed = true
	w := p.enqueue(p.shutdown)
	p.mu.Unlock()
	w.attend()
	<-p.released
	p.plane.linger(p)
}

// shutdown is Close, in the worker.
func (p *Port) shutdown(w *worker) {
	p.stopPlayback()
	p.unbridge()
	p.drain(w)
	if p.recording != nil {
		p.recording.finish(w.now())
	}
	w.removePort(p)
	p.taps = nil
	p.final = p.snapshot()
	close(p.digits)
	close(p.released)
}

// drain reads what has arrived, within bounds, and reports the digit that is still pressed.
func (p *Port) drain(w *worker) {
	const most = 64
	for n, vain := 0, 0; n < most && vain < 2; n++ { // the first read may only return an ICMP error
		before := w.counters.Received
		for _, fd := range p.sockets {
			if fd >= 0 {
				p.receive(w, fd, w.now())
			}
		}
		if w.counters.Received == before {
			vain++
		}
	}
	if e, going := p.events.finish(); going {
		p.reportDigit(w, &e)
	}
}

func (p *Port) snapshot() PortStats {
	s := p.stats
	s.Received, s.Quality, s.Stated = p.reception.received, p.reception.quality(), p.latch.stated
	s.wideband = p.sending.wideband
	if s.Received > 0 {
		s.LastReceived = p.epoch.Add(p.reception.lastReceived)
	}
	if p.negotiated {
		s.Local, s.Remote, s.Codec, s.Suite = p.local, p.latch.target(), p.sending.Name, p.srtp.suite()
	}
	return s
}

// negotiate is Negotiate, in the worker.
func (p *Port) negotiate(w *worker, n sdp.Negotiated, e encoding, sources Sources) {
	if p.payloadType = n.Codec.PayloadType; e != p.sending {
		p.sending, p.encoder = e, nil
		for _, b := range [2]*Playback{p.playback, p.digitTone} {
			if b != nil {
				b.encode(e)
			}
		}
	}
	p.relayed = e.framed == nil || e.framed.relayed(n.Codec)
	if p.stream.setClock(int64(w.now()/tick), e.Rate) {
		p.inTalkspurt, p.relaying = false, false
	}
	p.formats = formatsOf(n.Receive)
	p.eventTypes.addNegotiated(n)
	p.eventPT, p.hasEvents, p.eventClock = n.EventPT, n.HasEvents, p.eventTypes.clock(n.EventPT)
	p.sendsEvents.Store(n.HasEvents || p.events.presses > 0)
	remote := netip.AddrPortFrom(n.Remote.Addr().Unmap(), n.Remote.Port())
	moved := false
	reachable := p.sockets.has(versionOf(remote.Addr())) && !remote.Addr().IsUnspecified() && remote.Port() != 0
	if reachable {
		moved = p.latch.stated.IsValid() && remote != p.latch.stated
		p.latch.setRemote(w.now(), remote, sources)
		p.sendToward(toEndpoint(p.latch.target()))
		p.latchStable = p.latch.stable()
	}
	p.srtp.negotiate(w.now(), n.SRTP, moved)
	sent := p.maySend
	p.maySend = reachable && n.Direction.Sends()
	if !p.maySend { // what is sent after the hold is a new talkspurt
		p.inTalkspurt, p.relaying = false, false
	}
	if period := packetTicks(n.PTime); !p.negotiated || period != p.pacer.period {
		w.slots.remove(p)
		p.pacer.period = period
		w.slots.add(p, int64(w.now()/tick), period)
		p.pacer.at -= period // due in its next slot
	}
	if p.announcing = 0; p.negotiated && !moved { // another party of a forked call may not be the one that answers
		p.announcing = announcement
	}
	p.negotiated, p.local = true, n.Local
	p.updateFilter()
	if p.maySend && !sent {
		p.beginNow(w)
		w.audioFollows(p)
	}
}

// sendToward has what is sent go to an endpoint, whose IP version the port has.
func (p *Port) sendToward(remote endpoint) {
	p.remote, p.fd = remote, p.sockets[ipv4]
	if remote.family == unix.AF_INET6 {
		p.fd = p.sockets[ipv6]
	}
}

func (p *Port) stopPlayback() {
	if p.playback != nil {
		p.playback.finish(false)
		p.playback = nil
		p.inTalkspurt = false
	}
}

// beginNow sends the first packet of what waits, or a keepalive, and moves the port to the
// slot of the packet after it.
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
