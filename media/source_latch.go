package media

import (
	"net/netip"
	"time"
)

const (
	// sequentialPackets is how many packets in sequence a source of a trusted address sends
	// before it is accepted.
	sequentialPackets = 3
	// probationPackets and probationTime are the same for other addresses; so many packets fit
	// into the time at 60 ms.
	probationPackets = 8
	probationTime    = 500 * time.Millisecond
	// silenceTime is how long the accepted source must be silent before another may succeed it.
	silenceTime = 60 * time.Millisecond
	// reopenTime is how long after a reopening the accepted source may be replaced: what it
	// sends until then may be left over.
	reopenTime = 500 * time.Millisecond
	// claimTime is how long after its first packet a more trusted source is waited for.
	claimTime = 2 * time.Second
)

// latch decides which source's packets a port accepts and where it sends: symmetric RTP
// (RFC 4961), bounded so that no third party can take over a stream or receive it.
//
// The latch is open until a packet is accepted. Its source is then replaced by one of a
// more trusted origin that shows the evidence of the policy, or by one that continues its
// SSRC and numbers after it has fallen silent (a new NAT binding). After a reopening any
// source of the policy replaces a silent one. docs/sip.md has the table. Times are since
// the worker's epoch.
type latch struct {
	stated     netip.AddrPort // of the SDP; not valid before negotiation
	signalling netip.Addr
	policy     SourcePolicy

	source     netip.AddrPort // not valid while the latch is open
	ssrc       uint32         // of the last packet
	seq        uint16         // the highest of this SSRC
	lastPacket time.Duration  // its arrival
	reopened   bool
	reopenedAt time.Duration

	trusted   candidate // of originHost
	untrusted candidate // on probation
	successor candidate // of one that continues the stream
}

// setRemote sets the negotiated address; a new one opens the latch.
func (l *latch) setRemote(now time.Duration, stated netip.AddrPort, s Sources) {
	if stated != l.stated {
		*l = latch{stated: stated}
	}
	l.policy, l.signalling = s.Policy, s.Signalling.Unmap().WithZone("")
	if s.Reopen && l.latched() {
		l.reopened, l.reopenedAt = true, now
		l.trusted, l.untrusted = candidate{}, candidate{}
	}
}

// latched reports whether a source has been accepted.
func (l *latch) latched() bool { return l.source.IsValid() }

// stable reports whether no other source is about to be accepted, so that the latch needs
// only some of the packets.
func (l *latch) stable() bool {
	return l.latched() && !l.reopened && l.successor.packets == 0 && l.trusted.packets == 0
}

// target is the address to send to.
func (l *latch) target() netip.AddrPort {
	if l.latched() {
		return l.source
	}
	return l.stated
}

// update notes a packet of the accepted source; one far back has begun its numbers anew.
func (l *latch) update(now time.Duration, ssrc uint32, seq uint16) {
	if ssrc != l.ssrc || int16(seq-l.seq) > 0 || isJump(seq, l.seq) {
		l.ssrc, l.seq = ssrc, seq
	}
	l.lastPacket = now
	l.successor.packets = 0
	if l.trusted.packets > 0 && now-l.trusted.since >= claimTime {
		l.trusted.packets = 0
	}
	if l.reopened && now-l.reopenedAt >= reopenTime {
		l.reopened = false
	}
}

// admit reports whether a packet is of the far end.
func (l *latch) admit(now time.Duration, source netip.AddrPort, ssrc uint32, seq uint16) bool {
	if source == l.source {
		l.update(now, ssrc, seq)
		return true
	}
	if !l.stated.IsValid() || !l.accepts(now, source, ssrc, seq) {
		return false
	}
	l.source, l.ssrc, l.seq, l.lastPacket = source, ssrc, seq, now
	l.reopened = false
	l.trusted, l.untrusted, l.successor = candidate{}, candidate{}, candidate{}
	return true
}

// accepts reports whether another source is accepted from this packet on.
func (l *latch) accepts(now time.Duration, source netip.AddrPort, ssrc uint32, seq uint16) bool {
	if l.latched() && l.continuesStream(now, source, ssrc, seq) {
		return true
	}
	o := originOf(source, l.stated, l.signalling)
	better := o <= originHost && o < originOf(l.source, l.stated, l.signalling)
	if l.latched() && !better && !l.reopened {
		return false
	}
	e := l.policy.evidenceFor(o)
	shown := e == atOnce
	switch e {
	case inSequence:
		shown = l.trusted.add(now, source, ssrc, seq) >= sequentialPackets
	case onProbation:
		shown = l.untrusted.add(now, source, ssrc, seq) >= probationPackets && now-l.untrusted.since >= probationTime
	}
	return shown && (!l.latched() || better || l.silent(now))
}

// continuesStream reports whether a source continues the stream of the accepted one, which
// has fallen silent.
func (l *latch) continuesStream(now time.Duration, source netip.AddrPort, ssrc uint32, seq uint16) bool {
	if l.policy == SourceSDP || ssrc != l.ssrc || ssrc == 0 { // an SSRC of 0 could be guessed
		return false
	}
	if ahead := seq - l.seq; ahead == 0 || ahead > maxDropout {
		return false
	}
	packets := l.successor.add(now, source, ssrc, seq)
	return packets >= sequentialPackets && now-l.successor.since >= silenceTime
}

// silent reports whether the accepted source has been silent, since the reopening or after.
func (l *latch) silent(now time.Duration) bool {
	return now-max(l.lastPacket, l.reopenedAt) >= silenceTime
}

// maxGap is how many packets in a row a candidate may lose.
const maxGap = 10

// candidate is a source that may be accepted, and its packets so far: of one SSRC, with
// rising sequence numbers.
type candidate struct {
	source  netip.AddrPort
	ssrc    uint32
	seq     uint16 // of the last packet
	packets int
	since   time.Duration // the first of them
}

// add counts a packet and returns how many there are; one that does not continue those
// before is the first again.
func (c *candidate) add(now time.Duration, source netip.AddrPort, ssrc uint32, seq uint16) int {
	step := seq - c.seq
	if c.packets == 0 || source != c.source || ssrc != c.ssrc || step == 0 || step > 1+maxGap {
		*c = candidate{source: source, ssrc: ssrc, since: now}
	}
	c.seq = seq
	c.packets++
	return c.packets
}
