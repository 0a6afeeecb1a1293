package media

import "encoding/binary"

const (
	// eventDigits are the digits by event code (RFC 4733 §3.2).
	eventDigits = "0123456789*#ABCD"
	// reportSize is the length of one event in the payload of a packet.
	reportSize = 4
	// maxReports bounds how many events of one packet are read.
	maxReports = 8
	// maxDuration is the longest duration of one report (RFC 4733 §2.5.1.3).
	maxDuration = 0xFFFF
)

// eventReport is one event of a telephone-event packet (RFC 4733 §2.3).
type eventReport struct {
	ssrc, ts     uint32 // ts is the beginning of the event
	seq          uint16
	marker       bool
	end          bool
	continuation bool // it follows the end of an event in the same packet
	code         uint8
	duration     uint16 // from ts on, in units of the clock
}

// eventReports reads the events of a packet, which follow one another without a pause (RFC
// 4733 §2.5.1.5), and returns how many there are, without events that are no digits. A
// first one without duration is a press that begins; a later one is padding.
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
