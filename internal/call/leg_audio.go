package call

import (
	"math"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/trace"
	"ringflow/media"
)

// legAudio is the journal's record of the audio of an answered leg.
func legAudio(s media.PortStats) *record.LegAudio {
	a := &record.LegAudio{Codec: s.Codec, PacketsSent: int64(s.Sent), Reception: record.ReceptionNone, Excess: int64(s.Excess),
		SRTP: string(s.Suite), Unauthenticated: int64(s.Unauthenticated)}
	if s.Refused > 0 {
		a.Refused = &record.RefusedAudio{Packets: int64(s.Refused), From: s.RefusedFrom.String(), Stated: s.Stated.String()}
	}
	switch {
	case s.Received == 0:
		return a
	case s.Counted == 0:
		a.Reception = record.ReceptionSampled
		return a
	}
	a.Reception = record.ReceptionMeasured
	a.Quality = &record.AudioQuality{
		Received: int64(s.Counted), Lost: int64(s.Lost), Duplicated: int64(s.Duplicated), OutOfOrder: int64(s.Reordered),
		Late: int64(s.Late), Short: int64(s.Short),
		LossPercent: round2(100 * s.Loss()), JitterMS: millis(s.Jitter), JitterMaxMS: millis(s.JitterMax),
	}
	if mos, known := s.MOS(); known {
		mos = round2(mos)
		a.Quality.MOS = &mos
	}
	return a
}

// rtp is the summary of the audio of the leg for its trace.
func (l *Leg) rtp() *trace.RTP {
	s := l.port.Stats()
	r := &trace.RTP{Local: s.Local, Stated: s.Stated, Remote: s.Remote}
	if at := l.offered.Load(); at != nil && !r.Local.IsValid() {
		r.Local = *at
	}
	if s.Codec != "" {
		r.Audio = legAudio(s)
	}
	return r
}

// round2 rounds to hundredths, the precision of the measurement.
func round2(x float64) float64 { return math.Round(100*x) / 100 }

func millis(d time.Duration) float64 { return round2(float64(d) / float64(time.Millisecond)) }
