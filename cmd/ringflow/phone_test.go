package main_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/zaf/g711"
)

const (
	frame      = rate / 50 // samples of a packet, 20 ms
	eventType  = 101       // telephone-event, as the scenarios' SDP says
	eventTicks = 400       // how long a pressed key lasts, in samples
)

// packet is an RTP packet as it came.
type packet struct {
	at      time.Time
	from    netip.AddrPort
	kind    byte // payload type
	marker  bool
	seq     uint16
	ts      uint32
	ssrc    uint32
	payload []byte
}

// phone is the audio of a far end: a UDP socket that keeps what it hears and
// speaks as it is told. Two goroutines belong to it; both end with the test.
type phone struct {
	t    *testing.T
	conn *net.UDPConn

	mu     sync.Mutex
	peer   netip.AddrPort // where the last packet came from, or as told by call
	heard  []packet
	speech []byte // a second of G.711 that is spoken over and over
	kind   byte   // its payload type
	phase  int    // how much of it has been spoken
	keys   []rune // to press, after what is pressed now
}

// phone makes a phone that listens at the port and is silent.
func (w *world) phone(port uint16) *phone {
	w.t.Helper()
	return w.phoneAt(w.at(port))
}

func (w *world) phoneAt(at netip.AddrPort) *phone {
	w.t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		w.t.Fatal(err)
	}
	p := &phone{t: w.t, conn: conn}
	hung := make(chan struct{})
	var both sync.WaitGroup
	both.Go(p.listen)
	both.Go(func() { p.speak(hung) })
	w.t.Cleanup(func() { close(hung); conn.Close(); both.Wait() })
	return p
}

// at is where the phone listens.
func (p *phone) at() netip.AddrPort { return p.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

func (p *phone) listen() {
	buf := make([]byte, 2048)
	for {
		n, from, err := p.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if n < 12 || buf[0]>>6 != 2 {
			p.t.Errorf("no RTP from %s: % x", from, buf[:n])
			continue
		}
		p.mu.Lock()
		p.peer = from
		p.heard = append(p.heard, packet{
			at: time.Now(), from: from, kind: buf[1] & 0x7f, marker: buf[1]>>7 == 1,
			seq: binary.BigEndian.Uint16(buf[2:]), ts: binary.BigEndian.Uint32(buf[4:]), ssrc: binary.BigEndian.Uint32(buf[8:]),
			payload: slices.Clone(buf[12:n]),
		})
		p.mu.Unlock()
	}
}

// talk makes the phone speak a tone of whole hertz without end from now on.
func (p *phone) talk(hz float64, payloadType byte) {
	encode := g711.EncodeUlawFrame
	if payloadType == 8 {
		encode = g711.EncodeAlawFrame
	}
	var speech []byte
	for _, sample := range tone(hz, time.Second) {
		speech = append(speech, encode(sample))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.speech, p.kind = speech, payloadType
}

// call tells the phone where its peer listens; else it learns that from what it hears.
func (p *phone) call(peer netip.AddrPort) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.peer = peer
}

// press makes the phone send keys as telephone events, one after the other.
func (p *phone) press(keys string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = append(p.keys, []rune(keys)...)
}

// speak sends a packet for every 20 ms once the phone knows its peer and has
// something to say. After a late wake-up it sends what has fallen due.
func (p *phone) speak(hung <-chan struct{}) {
	out := rtpOut{conn: p.conn, ssrc: 0x70686f6e, seq: 65530, ts: 4294960000} // both wrap soon
	clock := time.NewTicker(20 * time.Millisecond)
	defer clock.Stop()
	began, sent := time.Now(), 0
	for {
		select {
		case <-hung:
			return
		case <-clock.C:
		}
		for ; sent < int(time.Since(began)/(20*time.Millisecond)); sent++ {
			p.say(&out)
			out.ts += frame
		}
	}
}

// say sends the packet of one 20 ms.
func (p *phone) say(out *rtpOut) {
	p.mu.Lock()
	defer p.mu.Unlock()
	out.peer = p.peer
	switch {
	case !out.peer.IsValid():
	case len(p.keys) > 0:
		if out.event(p.keys[0]) {
			p.keys = p.keys[1:]
		}
	case p.speech != nil:
		out.send(p.kind, out.ts, p.speech[p.phase:p.phase+frame])
		p.phase = (p.phase + frame) % len(p.speech)
	}
}

// rtpOut is the sending side of a phone's RTP stream.
type rtpOut struct {
	conn *net.UDPConn
	peer netip.AddrPort
	ssrc uint32
	seq  uint16
	ts   uint32

	eventStart uint32 // timestamp of the key being pressed
	eventTime  uint16 // for how long it is down; 0: none is
}

func (o *rtpOut) send(kind byte, ts uint32, payload []byte) {
	b := make([]byte, 12, 12+len(payload))
	b[0], b[1] = 0x80, kind
	binary.BigEndian.PutUint16(b[2:], o.seq)
	binary.BigEndian.PutUint32(b[4:], ts)
	binary.BigEndian.PutUint32(b[8:], o.ssrc)
	o.seq++
	o.conn.WriteToUDPAddrPort(append(b, payload...), o.peer) // a peer that is gone is the server's matter
}

// event sends the next packet of a pressed key (RFC 4733), the last one three
// times as the RFC asks, then a pause, and says when the key is done. There is
// never a marker bit: carriers lose it.
func (o *rtpOut) event(key rune) (done bool) {
	if o.eventTime == 0 {
		o.eventStart = o.ts
	}
	o.eventTime += frame
	payload := []byte{byte(slices.Index([]rune("0123456789*#ABCD"), key)), 10, 0, 0}
	switch {
	case o.eventTime < eventTicks:
		binary.BigEndian.PutUint16(payload[2:], o.eventTime)
		o.send(eventType, o.eventStart, payload)
	case o.eventTime < eventTicks+frame:
		payload[1] |= 0x80
		binary.BigEndian.PutUint16(payload[2:], eventTicks)
		for range 3 {
			o.send(eventType, o.eventStart, payload)
		}
	case o.eventTime > 3*eventTicks:
		o.eventTime = 0
		return true
	}
	return false
}

// packets returns what was heard so far.
func (p *phone) packets() []packet {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.heard)
}

// pcm puts the audio packets where their timestamps say: a hole in time is
// silence, a new SSRC or a leap of timestamps follows on.
func (p *phone) pcm() []int16 {
	var out []int16
	var ssrc, first uint32
	base := 0
	for i, k := range p.audio() {
		at := base + int(int32(k.ts-first))
		if i == 0 || k.ssrc != ssrc || at < 0 || at > len(out)+60*rate {
			ssrc, first, base = k.ssrc, k.ts, len(out)
			at = base
		}
		if grow := at + len(k.payload) - len(out); grow > 0 {
			out = append(out, make([]int16, grow)...)
		}
		copy(out[at:], k.pcm())
	}
	return out
}

// spoken is the content of the audio packets, one after the other. A sender
// that comes late on a busy machine leaves holes in time, which pcm has; what it
// says must be whole all the same.
func (p *phone) spoken() []int16 {
	var out []int16
	for _, k := range p.audio() {
		out = append(out, k.pcm()...)
	}
	return out
}

// audio returns the packets of G.711, keys left out.
func (p *phone) audio() []packet {
	return slices.DeleteFunc(p.packets(), func(k packet) bool { return k.kind != 0 && k.kind != 8 })
}

func (k packet) pcm() []int16 {
	out := make([]int16, len(k.payload))
	for i, b := range k.payload {
		if k.kind == 8 {
			out[i] = g711.DecodeAlawFrame(b)
		} else {
			out[i] = g711.DecodeUlawFrame(b)
		}
	}
	return out
}
