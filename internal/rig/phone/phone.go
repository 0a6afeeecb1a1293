package phone

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"ringflow/internal/rig/kernel"
	"ringflow/internal/rig/rtp"
	"ringflow/internal/rig/sound"
)

// Settings of one phone.
type Settings struct {
	// Tone is what it says, in Hz on the grid of sound.ToneStep; 0 is silence.
	Tone int
	// Law is the codec of both directions, Event the payload type of keys.
	Law   sound.Law
	Event uint8
	// Record is how much of what it hears it keeps, Trace whether it keeps
	// each packet's arrival.
	Record time.Duration
	Trace  bool
	// InSequence places what it records by sequence number instead of by the
	// sender's clock, so that pauses do not move it.
	InSequence bool
}

// Phone is one telephone's ear and mouth. Its methods may be called from
// anywhere; what they order happens within a millisecond or two.
type Phone struct {
	exchange *Exchange
	socket   *kernel.Socket
	settings Settings
	id       uint16
	gone     chan struct{}

	// Of the exchange's thread alone:
	slot     int
	speaking bool
	remote   kernel.Destination
	expected netip.AddrPort
	overAt   int64
	heard    *Heard
	sequence uint16
	clock    uint32
	keyClock uint32
	source   uint32
	count    uint16
	voice    []byte
	script   []scripted
	sentAt   [64]sent
	packet   [rtp.HeaderSize + sound.Frame]byte
	released bool
}

type sent struct {
	count uint16
	at    int64
}

func newPhone(x *Exchange, socket *kernel.Socket, id uint16, s Settings) *Phone {
	p := &Phone{exchange: x, socket: socket, settings: s, id: id, gone: make(chan struct{}),
		sequence: uint16(rand.Uint32()), clock: rand.Uint32(), source: rand.Uint32()}
	p.heard = p.fresh(s.Record)
	return p
}

func (p *Phone) fresh(record time.Duration) *Heard {
	return &Heard{law: p.settings.Law, event: p.settings.Event, tracing: p.settings.Trace, inSequence: p.settings.InSequence,
		limit: int(record * sound.Rate / time.Second), expected: p.expected, overAt: p.overAt}
}

// ID tells this phone from the others of its exchange, as in Heard.Voices.
func (p *Phone) ID() uint16 { return p.id }

// Local is where the phone listens.
func (p *Phone) Local() netip.AddrPort { return p.socket.Local() }

// Expect names the address from which RTP must come; other sources are a fault.
func (p *Phone) Expect(from netip.AddrPort) {
	p.exchange.order(func() { p.expected = from; p.heard.expected = from })
}

// Talk begins, or goes on, to say the tone to the address.
func (p *Phone) Talk(to netip.AddrPort) {
	p.exchange.order(func() {
		p.remote, p.speaking = kernel.NewDestination(to), to.Port() != 0
		p.voice = p.exchange.tone(p.settings.Tone, p.settings.Law)
	})
}

// Hush stops saying anything.
func (p *Phone) Hush() { p.exchange.order(func() { p.speaking = false }) }

// Over says that the call has ended now: it stops talking, and RTP that comes
// well after this is a fault.
func (p *Phone) Over() {
	at := time.Now().UnixNano()
	p.exchange.order(func() { p.speaking, p.overAt, p.heard.overAt = false, at, at })
}

// Press sends keys in place of the voice.
func (p *Phone) Press(keys string, how Press) {
	p.exchange.order(func() { p.script = append(p.script, how.script(keys)...) })
}

// Restart returns what was heard so far and begins anew, keeping the given
// length of sound from here on.
func (p *Phone) Restart(record time.Duration) *Heard {
	var old *Heard
	done := make(chan struct{})
	p.exchange.order(func() {
		if !p.released {
			p.listen()
		}
		old, p.heard = p.heard, p.fresh(record)
		close(done)
	})
	p.exchange.wait(done)
	if old == nil {
		return &Heard{}
	}
	return old
}

// Close frees the port; what was heard remains for Heard.
func (p *Phone) Close() { p.exchange.order(p.release) }

// Heard waits until the phone is closed and returns all since the last Restart.
func (p *Phone) Heard() *Heard {
	p.exchange.wait(p.gone)
	return p.heard
}

func (p *Phone) release() {
	if p.released {
		return
	}
	p.released, p.speaking = true, false
	p.listen()
	p.exchange.dismiss(p)
	_ = p.socket.Close()
	close(p.gone)
}

// speak sends this tick's packet, or what the script has in its place.
func (p *Phone) speak() {
	if !p.speaking {
		return
	}
	if len(p.script) > 0 {
		s := p.script[0]
		p.script = p.script[1:]
		if !s.silent {
			p.sendKey(s)
			p.clock += sound.Frame
			return
		}
	}
	payload := p.packet[rtp.HeaderSize:]
	from := int(p.count) % (len(p.voice) / sound.Frame) * sound.Frame
	copy(payload, p.voice[from:from+sound.Frame])
	putMark(payload, p.id, p.count)
	p.send(p.packet[:], rtp.Packet{Type: uint8(p.settings.Law), Timestamp: p.clock, Marker: p.count == 0})
	p.clock += sound.Frame
	p.count++
	p.heard.Said++
}

// sendKey sends an event packet; its timestamp is that of the key's start.
func (p *Phone) sendKey(s scripted) {
	p.keyClock = p.clock - uint32(s.started)*sound.Frame
	payload := s.event.Payload()
	packet := append(make([]byte, rtp.HeaderSize), payload...)
	p.send(packet, rtp.Packet{Type: p.settings.Event, Timestamp: p.keyClock, Marker: s.marker})
	for range s.copies - 1 {
		_ = p.socket.Send(packet, &p.remote)
	}
}

func (p *Phone) send(packet []byte, header rtp.Packet) {
	header.Sequence, header.Source = p.sequence, p.source
	rtp.Put(packet, header)
	p.sequence++
	p.sentAt[p.count%uint16(len(p.sentAt))] = sent{p.count, time.Now().UnixNano()}
	_ = p.socket.Send(packet, &p.remote)
}

// listen takes all that lies on the socket.
func (p *Phone) listen() {
	for {
		got := p.exchange.batch.Receive(p.socket)
		for _, a := range got {
			p.take(a)
		}
		if !p.exchange.batch.Full(got) {
			return
		}
	}
}

func (p *Phone) take(a kernel.Arrival) {
	packet, audio := p.heard.take(a)
	if !audio {
		return
	}
	id, count, marked := readMark(packet.Payload)
	if !marked {
		return
	}
	p.heard.voice(id, count)
	speaker := p.exchange.byID[id]
	if speaker == nil {
		return
	}
	if s := speaker.sentAt[count%uint16(len(speaker.sentAt))]; s.count == count {
		p.heard.Delays = append(p.heard.Delays, int32((a.At-s.at)/1000))
	}
}
