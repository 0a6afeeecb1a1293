package phone

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"ringflow/internal/rig/audio"
	"ringflow/internal/rig/kernel"
	"ringflow/internal/rig/rtp"
)

// Settings of one phone.
type Settings struct {
	// Tone is what it sends, in Hz on the grid of audio.ToneStep; 0 is silence.
	Tone int
	// Codec is the codec of both directions, Event the payload type of DTMF digits.
	Codec audio.Codec
	Event uint8
	// Record is how much of what it hears it keeps, Trace whether it keeps
	// each packet's arrival.
	Record time.Duration
	Trace  bool
	// InSequence orders what it records by sequence number instead of by the
	// sender's clock, so that pauses do not move it.
	InSequence bool
}

// Phone sends and receives the audio of one telephone. Its methods may be called from
// anywhere; what they order happens within a millisecond or two.
type Phone struct {
	plane    *Plane
	socket   *kernel.Socket
	settings Settings
	id       uint16
	closed   chan struct{}

	// Of the exchange's thread alone:
	slot      int
	speaking  bool
	remote    kernel.Destination
	expected  netip.AddrPort
	overAt    int64
	recording *Recording
	sequence  uint16
	clock     uint32
	keyClock  uint32
	source    uint32
	count     uint16
	voice     []byte
	script    []scheduledPacket
	sentAt    [64]sent
	packet    [rtp.HeaderSize + audio.Frame]byte
	released  bool
}

type sent struct {
	count uint16
	at    int64
}

func newPhone(x *Plane, socket *kernel.Socket, id uint16, s Settings) *Phone {
	p := &Phone{plane: x, socket: socket, settings: s, id: id, closed: make(chan struct{}),
		sequence: uint16(rand.Uint32()), clock: rand.Uint32(), source: rand.Uint32()}
	p.recording = p.fresh(s.Record)
	return p
}

func (p *Phone) fresh(record time.Duration) *Recording {
	return &Recording{codec: p.settings.Codec, event: p.settings.Event, tracing: p.settings.Trace, inSequence: p.settings.InSequence,
		limit: int(record * audio.Rate / time.Second), expected: p.expected, overAt: p.overAt}
}

// ID tells this phone from the others of its plane, as in Recording.Voices.
func (p *Phone) ID() uint16 { return p.id }

// Local is where the phone listens.
func (p *Phone) Local() netip.AddrPort { return p.socket.Local() }

// Expect names the address from which RTP must come; other sources are a fault.
func (p *Phone) Expect(from netip.AddrPort) {
	p.plane.enqueue(func() { p.expected = from; p.recording.expected = from })
}

// Talk begins, or goes on, to say the tone to the address.
func (p *Phone) Talk(to netip.AddrPort) {
	p.plane.enqueue(func() {
		p.remote, p.speaking = kernel.NewDestination(to), to.Port() != 0
		p.voice = p.plane.tone(p.settings.Tone, p.settings.Codec)
	})
}

// StopSending sends no more audio.
func (p *Phone) StopSending() { p.plane.enqueue(func() { p.speaking = false }) }

// Over says that the call has ended now: it stops talking, and RTP that comes
// well after this is a fault.
func (p *Phone) Over() {
	at := time.Now().UnixNano()
	p.plane.enqueue(func() { p.speaking, p.overAt, p.recording.overAt = false, at, at })
}

// SendDigits sends DTMF digits instead of the tone.
func (p *Phone) SendDigits(keys string, how DigitTiming) {
	p.plane.enqueue(func() { p.script = append(p.script, how.script(keys)...) })
}

// Restart returns the recording so far and starts another one, which keeps the
// given length of audio.
func (p *Phone) Restart(record time.Duration) *Recording {
	var old *Recording
	done := make(chan struct{})
	p.plane.enqueue(func() {
		if !p.released {
			p.listen()
		}
		old, p.recording = p.recording, p.fresh(record)
		close(done)
	})
	p.plane.wait(done)
	if old == nil {
		return &Recording{}
	}
	return old
}

// Close frees the port; the recording stays.
func (p *Phone) Close() { p.plane.enqueue(p.release) }

// Recording waits until the phone is closed and returns all since the last Restart.
func (p *Phone) Recording() *Recording {
	p.plane.wait(p.closed)
	return p.recording
}

func (p *Phone) release() {
	if p.released {
		return
	}
	p.released, p.speaking = true, false
	p.listen()
	p.plane.remove(p)
	_ = p.socket.Close()
	close(p.closed)
}

// speak sends this tick's packet: of the scheduled digits, else of the tone.
func (p *Phone) speak() {
	if !p.speaking {
		return
	}
	if len(p.script) > 0 {
		s := p.script[0]
		p.script = p.script[1:]
		if !s.silent {
			p.sendKey(s)
			p.clock += audio.Frame
			return
		}
	}
	payload := p.packet[rtp.HeaderSize:]
	from := int(p.count) % (len(p.voice) / audio.Frame) * audio.Frame
	copy(payload, p.voice[from:from+audio.Frame])
	putTag(payload, p.id, p.count)
	p.send(p.packet[:], rtp.Packet{Type: uint8(p.settings.Codec), Timestamp: p.clock, Marker: p.count == 0})
	p.clock += audio.Frame
	p.count++
	p.recording.Sent++
}

// sendKey sends an event packet; its timestamp is that of the key's start.
func (p *Phone) sendKey(s scheduledPacket) {
	p.keyClock = p.clock - uint32(s.started)*audio.Frame
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
		got := p.plane.batch.Receive(p.socket)
		for _, a := range got {
			p.take(a)
		}
		if !p.plane.batch.Full(got) {
			return
		}
	}
}

func (p *Phone) take(a kernel.Arrival) {
	packet, audio := p.recording.receive(a)
	if !audio {
		return
	}
	id, count, marked := readTag(packet.Payload)
	if !marked {
		return
	}
	p.recording.voice(id, count)
	speaker := p.plane.byID[id]
	if speaker == nil {
		return
	}
	if s := speaker.sentAt[count%uint16(len(speaker.sentAt))]; s.count == count {
		p.recording.Delays = append(p.recording.Delays, int32((a.At-s.at)/1000))
	}
}
