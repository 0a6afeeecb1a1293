package phone

import (
	"net/netip"

	"ringflow/internal/rig/audio"
	"ringflow/internal/rig/kernel"
	"ringflow/internal/rig/rtp"
)

// Arrival is one audio packet as it came: the kernel's stamp in nanoseconds
// since 1970 and the sender's own clock.
type Arrival struct {
	At        int64
	Timestamp uint32
	Sequence  uint16
}

// Voice counts the packets of one phone, by their tags: how many distinct ones, and
// the first and last of its numbers.
type Voice struct {
	Packets     int
	First, Last uint16
}

// Recording is what a phone received. The plane's thread writes it; once returned it
// changes no more.
type Recording struct {
	Packets, Duplicates, Reordered int
	// Sent is how many packets of its voice the phone itself sent meanwhile.
	Sent int
	// Span is the number of packets that the sequence numbers say were sent.
	Span int
	// Pauses counts where the sender's clock moved otherwise than its sequence:
	// it went on without sending.
	Pauses int
	// Sources is the number of synchronisation sources met.
	Sources int
	// First and Last are the stamps of the first and last packet.
	First, Last int64
	// Faults counts rules broken, by name.
	Faults map[string]int
	// Trace has each audio packet, when asked for.
	Trace []Arrival
	// Audio is companded, as far as asked for, on the sender's clock
	// or in the order of its packets, as the phone's Settings say.
	Audio []byte
	// Voices are the sending phones, by their IDs in the plane.
	Voices map[uint16]*Voice
	// Delays are the microseconds that tagged packets took from their phone.
	Delays []int32

	codec   audio.Codec
	tracing bool
	limit   int // bytes of Audio
	// inSequence orders audio by the packets' numbers instead of their clock.
	inSequence bool
	source     uint32
	highest    int64
	base       int64 // sample position of the source's timestamp 0, unwrapped
	seen       [128]int64
	lowest     int64
	clock      uint32
	origin     int64 // extended sequence number of the source's first packet
	shift      int64 // samples by which its clock has left its sequence
	expected   netip.AddrPort
	event      uint8
	overAt     int64
}

// Lost is how many packets never came.
func (h *Recording) Lost() int { return max(0, h.Span-h.Packets) }

// PCM is the recorded audio in linear form.
func (h *Recording) PCM() []int16 { return h.codec.DecodeAll(h.Audio) }

func (h *Recording) fault(name string) {
	if h.Faults == nil {
		h.Faults = map[string]int{}
	}
	h.Faults[name]++
}

// receive adds one datagram and tells whether it is new audio.
func (h *Recording) receive(a kernel.Arrival) (rtp.Packet, bool) {
	p, err := rtp.Parse(a.Data)
	switch {
	case err != nil:
		h.fault("a datagram that is no RTP")
		return p, false
	case p.Type >= 72 && p.Type <= 76:
		return p, false // RTCP on the RTP port
	case p.Type == h.event:
		return p, false
	case p.Type != uint8(h.codec):
		h.fault("a payload type that was not negotiated")
		return p, false
	}
	if h.expected.IsValid() && a.From != h.expected {
		h.fault("RTP from another address than the SDP gives")
	}
	if h.overAt != 0 && a.At > h.overAt+int64(2*tick) {
		h.fault("RTP more than 40 ms after the call's end")
	}
	if len(p.Payload) != audio.Frame {
		h.fault("audio packet of another length than 20 ms")
	}
	if h.Packets == 0 || p.Source != h.source {
		h.begin(a.At, p)
	}
	return p, h.store(a.At, p)
}

// begin starts a new source at its offset in the recording, by arrival.
func (h *Recording) begin(at int64, p rtp.Packet) {
	if h.Packets == 0 {
		h.First = at
	}
	h.Sources++
	h.source, h.clock = p.Source, p.Timestamp
	h.base = (at - h.First) * audio.Rate / 1e9
	h.highest = int64(p.Sequence) + 1<<20
	h.lowest, h.origin, h.shift = h.highest, h.highest, 0
	h.highest--
	clear(h.seen[:])
}

// store puts a packet of the current source at the offset of its sequence and clock.
func (h *Recording) store(at int64, p rtp.Packet) bool {
	extended := h.highest + int64(int16(p.Sequence-uint16(h.highest)))
	cell := &h.seen[extended&int64(len(h.seen)-1)]
	if *cell == extended {
		h.Duplicates++
		return false
	}
	*cell = extended
	switch {
	case extended > h.highest:
		h.Span += int(extended - h.highest)
		h.highest = extended
	case extended < h.lowest:
		h.Span += int(h.lowest - extended)
		h.lowest = extended
		h.Reordered++
	default:
		h.Reordered++
	}
	h.Packets++
	h.Last = at
	if h.tracing {
		h.Trace = append(h.Trace, Arrival{at, p.Timestamp, p.Sequence})
	}
	clock := int64(int32(p.Timestamp - h.clock))
	number := (extended - h.origin) * audio.Frame
	if clock-number != h.shift {
		h.shift = clock - number
		h.Pauses++
	}
	if h.inSequence {
		clock = number
	}
	h.record(h.base+clock, p.Payload)
	return true
}

// record writes the payload at the sample position and fills gaps with silence.
func (h *Recording) record(at int64, payload []byte) {
	if at < 0 || at+int64(len(payload)) > int64(h.limit) {
		return
	}
	for silence := h.codec.Encode(0); int64(len(h.Audio)) < at; {
		h.Audio = append(h.Audio, silence)
	}
	overwritten := copy(h.Audio[at:], payload)
	h.Audio = append(h.Audio, payload[overwritten:]...)
}

// voice counts a tagged packet.
func (h *Recording) voice(id, count uint16) {
	v := h.Voices[id]
	if v == nil {
		if h.Voices == nil {
			h.Voices = map[uint16]*Voice{}
		}
		v = &Voice{First: count}
		h.Voices[id] = v
	}
	v.Packets++
	v.Last = count
}
