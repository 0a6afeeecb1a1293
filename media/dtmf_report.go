package media

import "encoding/binary"

const (
	// eventDigits are the keys by event code (RFC 4733 §3.2).
	eventDigits = "0123456789*#ABCD"
	// reportSize is the length of one event in the payload of a packet.
	reportSize = 4
	// maxReports bounds how many events of one packet are read.
	maxReports = 8
	// maxDuration is the longest that one report can say (RFC 4733 §2.5.1.3).
	maxDuration = 0xFFFF
)

// eventReport is what one telephone-event packet says of one event (RFC 4733 §2.3).
type eventReport struct {
	ssrc, ts     uint32 // ts is when the event began
	seq          uint16
	marker       bool
	end          bool
	continuation bool // an event that has ended stands before it in the same packet
	code         uint8
	duration     uint16 // from ts on, in the clock of the events
}

// eventReports reads the events of a packet, which follow one another without a
// pause (RFC 4733 §2.5.1.5), and returns how many there are. Events that are no keys
// are left out, and so is a second one without duration: some senders fill the
// payload up with zeros. A first one without duration is a press that has only begun.
func eventReports(k packet, payload []byte) (list [maxReports]eventReport, n int) {
	ts, follows := k.ts, false
	for i := 0; len(payload) >= reportSize && i < maxReports; i, payload = i+1, payload[reportSize:] {
		e := eventReport{
			ssrc: k.ssrc, ts: ts, seq: k.seq, marker: k.marker && i == 0, end: payload[1]&0x80 != 0, continuation: follows,
			code: payload[0], duration: binary.BigEndian.Uint16(payload[2:]),
		}
		ts += uint32(e.duration)
		follows = e.end
		if int(e.code) < len(eventDigits) && (i == 0 || e.duration > 0) {
			list[n], n = e, n+1
		}
	}
	return list, n
}
