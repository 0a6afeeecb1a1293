package media

import (
	"net/netip"
	"time"
)

const (
	// inOrderPackets is how many packets in sequence show that a source of a
	// trusted address is the far end.
	inOrderPackets = 3
	// trialPackets and trialTime are what a source of another address has to show:
	// eight packets fit into the time also at 60 ms a packet.
	trialPackets = 8
	trialTime    = 500 * time.Millisecond
	// quietTime is how long nothing may have come from the source that is taken
	// before another one may go on in its place.
	quietTime = 60 * time.Millisecond
	// reopenedTime is how long after a reopening the source that is taken may be
	// replaced: what it sends until then may be left over from before.
	reopenedTime = 500 * time.Millisecond
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

	taken    netip.AddrPort // not valid while the latch is open
	ssrc     uint32         // of the packet taken last
	seq      uint16         // the highest taken of this SSRC since its numbers began
	heard    time.Duration  // when it came
	reopened bool
	since    time.Duration // when it was reopened

	known      candidate // of a source with originHost
	unknown    candidate // of one that may be taken on trial
	continuing candidate // of one that continues the stream that is taken
}

// expect sets the negotiated address. The latch is open then if it is a new one.
func (l *latch) expect(now time.Duration, stated netip.AddrPort, s Sources) {
	if stated != l.stated {
		*l = latch{stated: stated}
	}
	l.policy, l.signalling = s.Policy, s.Signalling.Unmap()
	if s.Reopen && l.shut() {
		l.reopened, l.since = true, now
		l.known, l.unknown = candidate{}, candidate{}
	}
}

// shut reports whether a source has been taken.
func (l *latch) shut() bool { return l.taken.IsValid() }

// settled reports whether the latch needs to see only some of the packets: no
// other source is about to be taken.
func (l *latch) settled() bool {
	return l.shut() && !l.reopened && l.continuing.shown == 0 && l.known.shown == 0
}

// target is where to send.
func (l *latch) target() netip.AddrPort {
	if l.shut() {
		return l.taken
	}
	return l.stated
}

// follow notes a packet of the source that is taken. One that is far back has begun its
// numbers anew.
func (l *latch) follow(now time.Duration, ssrc uint32, seq uint16) {
	if ssrc != l.ssrc || int16(seq-l.seq) > 0 || jumped(seq, l.seq) {
		l.ssrc, l.seq = ssrc, seq
	}
	l.heard = now
	l.continuing.shown = 0
	if l.known.shown > 0 && now-l.known.began >= claimTime {
		l.known.shown = 0
	}
	if l.reopened && now-l.since >= reopenedTime {
		l.reopened = false
	}
}

// admit reports whether a packet of the source is the far end's.
func (l *latch) admit(now time.Duration, source netip.AddrPort, ssrc uint32, seq uint16) bool {
	if source == l.taken {
		l.follow(now, ssrc, seq)
		return true
	}
	if !l.stated.IsValid() || !l.convinced(now, source, ssrc, seq) {
		return false
	}
	l.taken, l.ssrc, l.seq, l.heard = source, ssrc, seq, now
	l.reopened = false
	l.known, l.unknown, l.continuing = candidate{}, candidate{}, candidate{}
	return true
}

// convinced reports whether a source that is not taken may be from this packet on.
func (l *latch) convinced(now time.Duration, source netip.AddrPort, ssrc uint32, seq uint16) bool {
	if l.shut() && l.continues(now, source, ssrc, seq) {
		return true
	}
	o := originOf(source, l.stated, l.signalling)
	better := o <= originHost && o < originOf(l.taken, l.stated, l.signalling)
	if l.shut() && !better && !l.reopened {
		return false
	}
	e := l.policy.evidenceOf(o)
	shown := e == atOnce
	switch e {
	case inOrder:
		shown = l.known.add(now, source, ssrc, seq) >= inOrderPackets
	case onTrial:
		shown = l.unknown.add(now, source, ssrc, seq) >= trialPackets && now-l.unknown.began >= trialTime
	}
	return shown && (!l.shut() || better || l.quiet(now))
}

// continues reports whether a source goes on with the stream of the one that is
// taken, which has fallen silent.
func (l *latch) continues(now time.Duration, source netip.AddrPort, ssrc uint32, seq uint16) bool {
	if l.policy == SourceSDP || ssrc != l.ssrc || ssrc == 0 { // some senders number nobody: 0 can be guessed
		return false
	}
	if ahead := seq - l.seq; ahead == 0 || ahead > maxDropout {
		return false
	}
	packets := l.continuing.add(now, source, ssrc, seq)
	return packets >= inOrderPackets && now-l.continuing.began >= quietTime
}

// quiet reports whether the source that is taken has been silent since the reopening,
// or fell silent after it.
func (l *latch) quiet(now time.Duration) bool { return now-max(l.heard, l.since) >= quietTime }
