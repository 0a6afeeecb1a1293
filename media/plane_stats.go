package media

import (
	"net/netip"
	"slices"
	"time"

	"ringflow/media/sdp"
)

// PortStats are the counters of one port. Times are zero until the event.
type PortStats struct {
	Sent, Received              uint64 // RTP packets; of those that no bridge, recording or tap reads, the kernel passes few
	SentBytes                   uint64 // RTP payload and header
	Inserted                    uint64 // frames dropped after a stall of the machine: gaps for the far end
	Discarded                   uint64 // packets dropped unread: Refused and Unauthenticated ones, and those that are no RTP
	Refused                     uint64 // RTP packets of a source that the SourcePolicy does not accept
	Unauthenticated             uint64 // packets of those that SRTP does not authenticate, or that came before
	Excess                      uint64 // packets dropped since they carried more than a second of audio a second
	FirstReceived, LastReceived time.Time
	Local                       netip.AddrPort // the address of our SDP; not valid before negotiation
	Stated                      netip.AddrPort // the address of the far end's SDP; not valid before negotiation
	Remote                      netip.AddrPort // where packets are sent; not valid before negotiation
	RefusedFrom                 netip.AddrPort // the source of the last Refused packet; not valid without one
	Codec                       string         // encoding name; empty before negotiation
	Suite                       sdp.Suite      // of SRTP; empty: plain RTP
	Quality
}

// Lateness counts packets by how long after their tick they were sent.
type Lateness [len(latenessBounds) + 1]uint64

// latenessBounds are those of LatenessBounds.
var latenessBounds = [...]time.Duration{
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond,
	10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
}

// LatenessBounds are the upper bounds of all buckets of a Lateness but the last.
func LatenessBounds() []time.Duration { return slices.Clone(latenessBounds[:]) }

func (l *Lateness) add(late time.Duration, n uint64) {
	bucket, _ := slices.BinarySearch(latenessBounds[:], late)
	l[bucket] += n
}

// PlaneStats sums what all ports of a plane have done, closed ones included.
type PlaneStats struct {
	Open, Lingering, Free   int // ports
	Sent, SentBytes         uint64
	Received, ReceivedBytes uint64
	Relayed                 uint64 // of the sent ones, those of bridges
	Dropped                 uint64 // packets that the kernel did not accept
	Inserted                uint64 // frames dropped after stalls of the machine
	Discarded               uint64
	Unauthenticated         uint64   // packets that SRTP does not authenticate, or that came before
	Excess                  uint64   // packets that carried more than a second of audio a second
	Late                    Lateness // of paced packets, which are those of prompts, tones and digits
	LateMax                 time.Duration
	LateSum                 time.Duration // over all paced packets
}

// sum adds the counters of another worker.
func (s *PlaneStats) sum(o PlaneStats) {
	s.Sent, s.SentBytes = s.Sent+o.Sent, s.SentBytes+o.SentBytes
	s.Received, s.ReceivedBytes = s.Received+o.Received, s.ReceivedBytes+o.ReceivedBytes
	s.Relayed, s.Dropped = s.Relayed+o.Relayed, s.Dropped+o.Dropped
	s.Inserted, s.Discarded, s.Excess = s.Inserted+o.Inserted, s.Discarded+o.Discarded, s.Excess+o.Excess
	s.Unauthenticated += o.Unauthenticated
	for i, n := range o.Late {
		s.Late[i] += n
	}
	s.LateMax = max(s.LateMax, o.LateMax)
	s.LateSum += o.LateSum
}
