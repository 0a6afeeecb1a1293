package phone

import (
	"time"

	"ringflow/internal/rig/rtp"
)

// DigitTiming says how a phone sends DTMF digits by RFC 4733. Durations are multiples of
// 20 ms; the end packet is repeated twice, the repeats falling into the gap.
type DigitTiming struct {
	Tone, Gap time.Duration
	// Twice sends every packet a second time, as a duplicating network does.
	Twice bool
	// NoMarker keeps the marker bit clear, NoEnd sends no packet with the end
	// bit, NoStart loses all but the end packets, OneEnd sends just one of them.
	NoMarker, NoEnd, NoStart, OneEnd bool
	// Stands gives every key the timestamp of the first, EndMoves the end packets that
	// of their sending, and Moves all packets.
	Stands, EndMoves, Moves bool
}

// scheduledPacket is what a phone sends in one 20-ms tick instead of its tone.
type scheduledPacket struct {
	event   rtp.Event
	silent  bool // the voice goes on
	marker  bool
	copies  int
	started int // ticks that the timestamp lies back: since the key went down
}

const tick = 20 * time.Millisecond

// script lays the keys out on the 20-ms grid.
func (p DigitTiming) script(keys string) []scheduledPacket {
	tone, gap := max(1, int(p.Tone/tick)), max(1, int(p.Gap/tick))
	copies := 1
	if p.Twice {
		copies = 2
	}
	var all []scheduledPacket
	for _, key := range keys {
		for i := range tone + gap {
			last := i >= tone-1
			s := scheduledPacket{started: i, copies: copies, marker: i == 0 && !p.NoMarker,
				event: rtp.Event{Key: key, End: last && !p.NoEnd, Duration: uint16(160 * min(i+1, tone))}}
			ends := i - (tone - 1) // 0 for the first end packet
			if p.Stands {
				s.started = len(all)
			}
			if p.Moves || p.EndMoves && s.event.End {
				s.started = 0
			}
			s.silent = last && (ends > 2 || ends > 0 && (p.OneEnd || p.NoEnd)) || !last && p.NoStart
			all = append(all, s)
		}
	}
	return all
}
