package media

import (
	"net/netip"
	"time"
)

// maxGap is how many packets in a row may be lost of those that a candidate shows.
const maxGap = 10

// candidate is a source that may be the far end, and the packets that it has shown
// so far: of one SSRC, with rising sequence numbers.
type candidate struct {
	source  netip.AddrPort
	ssrc    uint32
	seq     uint16        // of the last packet
	packets int           // packets
	since   time.Duration // when the first of them came
}

// add takes a packet and returns how many have been shown. A packet that does not
// continue those before it begins anew.
func (c *candidate) add(now time.Duration, source netip.AddrPort, ssrc uint32, seq uint16) int {
	step := seq - c.seq
	if c.packets == 0 || source != c.source || ssrc != c.ssrc || step == 0 || step > 1+maxGap {
		*c = candidate{source: source, ssrc: ssrc, since: now}
	}
	c.seq = seq
	c.packets++
	return c.packets
}
