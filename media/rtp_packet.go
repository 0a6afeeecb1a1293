package media

import "encoding/binary"

// headerSize is the length of an RTP header without CSRC and extension.
const headerSize = 12

// packet is the header of a received RTP packet and the position of its payload.
type packet struct {
	marker      bool
	payloadType uint8
	seq         uint16
	ts, ssrc    uint32
	from, to    int // the payload is b[from:to]
}

// isPacket reports whether a datagram may be RTP (RFC 3550 §5.1), and no RTCP (RFC 5761 §4).
func isPacket(b []byte) bool {
	return len(b) >= headerSize && b[0]>>6 == 2 && (b[1]&0x7F < 64 || b[1]&0x7F > 95)
}

// parsePacket reads an RTP packet and skips CSRC, extension and padding. It reports false for
// anything else.
func parsePacket(b []byte) (p packet, ok bool) {
	if !isPacket(b) {
		return p, false
	}
	p.marker, p.payloadType = b[1]&0x80 != 0, b[1]&0x7F
	p.seq = binary.BigEndian.Uint16(b[2:])
	p.ts, p.ssrc = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
	p.from, p.to = headerSize+4*int(b[0]&0x0F), len(b)
	if b[0]&0x10 != 0 {
		if len(b) < p.from+4 {
			return p, false
		}
		p.from += 4 + 4*int(binary.BigEndian.Uint16(b[p.from+2:]))
	}
	if b[0]&0x20 != 0 {
		p.to -= int(b[len(b)-1])
	}
	return p, p.from <= p.to
}
