package media

import (
	"net/netip"
	"time"
)

const (
	// sequentialPackets is how many packets in sequence show that a source of a
	// trusted address is the far end.
	sequentialPackets = 3
	// probationPackets and probationTime are what a source of another address has to show:
	// eight packets fit into the time also at 60 ms a packet.
	probationPackets = 8
	probationTime    = 500 * time.Millisecond
	// silenceTime is how long nothing may have come from the source that is taken
	// before another one may go on in its place.
	silenceTime = 60 * time.Millisecond
	// reopenTime is how long after a reopening the source that is taken may be
	// replaced: what it sends until then may be left over from before.
	reopenTime = 500 * time.Millisecond
	// claimTime is for how long after its first packet a more trusted source is given
	// the chance to show more, before the latch is settled again.
	claimTime = 2 * time.Second
)

// latch decides whose packets a port takes and where it sends: symmetric RTP
// (RFC 4961), bounded so that nobody else can take a stream over or listen in.
//
// The latch is open until a packet is taken. The source is then replaced by one of a
// more trusted origin that shows the evidence which the policy asks for, or by one
// that continues its SSRC and its sequence numbers after it has fallen silent (a new
// binding of an address translator). After a reopening, any source that the policy
// takes replaces one that has fallen silent. The table is in docs/sip.md.
//
// Instants are times since the worker's epoch.
type latch struct {
	stated     netip.AddrPort // of the SDP; not valid before one was negotiated
	signalling netip.Addr
	policy     SourcePolicy

	source     netip.AddrPort // not valid while the latch is open
	ssrc       uint32         // of the packet taken last
	seq        uint16         // the highest taken of this SSRC since its numbers began
	lastPacket time.Duration  // when it came
	reopened   bool
	reopenedAt time.Duration // when it was reopened

	trusted   candidate // of a source with originHost
	untrusted candidate // of one that may be taken on trial
	successor candidate // of one that continues the stream that is taken
}

// setRemote sets the negotiated address. The latch is open then if it is a new one.
func (l *latch) setRemote(now time.Duration, stated netip.AddrPort, s Sources) {
	if stated != l.stated {
		*l = latch{stated: stated}
	}
	l.policy, l.signalling = s.Policy, s.Signalling.Unmap()
	if s.Reopen && l.latched() {
		l.reopened, l.reopenedAt = true, now
		l.trusted, l.untrusted = candidate{}, candidate{}
	}
}

// latched reports whether a source has been taken.
func (l *latch) latched() bool { return l.source.IsValid() }

// stable reports whether the latch needs to see only some of the packets: no
// other source is about to be taken.
func (l *latch) stable() bool {
	return l.latched() && !l.reopened && l.successor.packets == 0 && l.trusted.packets == 0
}

// target is where to send.
func (l *latch) target() netip.AddrPort {
	if l.latched() {
		return l.source
	}
	return l.stated
}

// update notes a packet of the source that is taken. One that is far back has begun its
// numbers anew.
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

// admit reports whether a packet of the source is the far end's.
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

// accepts reports whether a source that is not taken may be from this packet on.
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

// continuesStream reports whether a source goes on with the stream of the one that is
// taken, which has fallen silent.
func (l *latch) continuesStream(now time.Duration, source netip.AddrPort, ssrc uint32, seq uint16) bool {
	if l.policy == SourceSDP || ssrc != l.ssrc || ssrc == 0 { // some senders number nobody: 0 can be guessed
		return false
	}
	if ahead := seq - l.seq; ahead == 0 || ahead > maxDropout {
		return false
	}
	packets := l.successor.add(now, source, ssrc, seq)
	return packets >= sequentialPackets && now-l.successor.since >= silenceTime
}

// silent reports whether the source that is taken has been silent since the reopening,
// or fell silent after it.
func (l *latch) silent(now time.Duration) bool {
	return now-max(l.lastPacket, l.reopenedAt) >= silenceTime
}

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
